"""The card of a model for any stream: its golden rows are scored again, texts, dates and gaps included."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream
from liftstream.contracts.errors import ModelError, ModelUnfit
from liftstream.contracts.model_card import hash_of, read_card
from liftstream.evaluation.money import Stakes
from liftstream.scoring import load
from liftstream.scoring.decision import check_for_files
from liftstream.streams.definition import Stream
from liftstream.streams.definition_file import read_definition
from tests.streams.definitions import REFERENCES
from training.stream.card import judge_stream_model, match_stream
from training.stream.rows import StreamRows

DEFINITION = """
name: cards
sides:
  payment:
    topic: a
    id: {path: card, type: uuid}
    features:
      sum: {type: number, missing: null}
      country: {type: text, missing: null}
      issued_on: {type: date, missing: null}
      unused: {type: number, missing: 0}
model: {amount: sum}
answer:
  fields: {card: id, value: decision}
"""
TREE = """<?xml version="1.0"?>
<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>
<DataField name="y" optype="categorical" dataType="integer"><Value value="0"/><Value value="1"/></DataField>
<DataField name="amount" optype="continuous" dataType="double"/>
<DataField name="country" optype="categorical" dataType="string"/>
<DataField name="issued_on" optype="ordinal" dataType="date"/></DataDictionary>
<TransformationDictionary><DerivedField name="days" optype="continuous" dataType="integer">
<Apply function="dateDaysSinceYear"><FieldRef field="issued_on"/><Constant dataType="integer">2000</Constant></Apply>
</DerivedField></TransformationDictionary>
<TreeModel functionName="classification" missingValueStrategy="defaultChild"><MiningSchema>
<MiningField name="y" usageType="target"/><MiningField name="amount"/><MiningField name="country"/>
<MiningField name="issued_on"/></MiningSchema>
<Node id="1" score="0" defaultChild="2"><True/>
<Node id="2" score="0" recordCount="10" defaultChild="4"><SimplePredicate field="country" operator="equal" value="DE"/>
<Node id="4" score="0" recordCount="10"><SimplePredicate field="days" operator="lessOrEqual" value="9000"/>
<ScoreDistribution value="0" recordCount="9"/><ScoreDistribution value="1" recordCount="1"/></Node>
<Node id="5" score="0" recordCount="10"><SimplePredicate field="days" operator="greaterThan" value="9000"/>
<ScoreDistribution value="0" recordCount="6"/><ScoreDistribution value="1" recordCount="4"/></Node></Node>
<Node id="3" score="1" recordCount="10" defaultChild="6"><SimplePredicate field="country" operator="notEqual" value="DE"/>
<Node id="6" score="1" recordCount="10"><SimplePredicate field="amount" operator="lessOrEqual" value="50"/>
<ScoreDistribution value="0" recordCount="3"/><ScoreDistribution value="1" recordCount="7"/></Node>
<Node id="7" score="1" recordCount="10"><SimplePredicate field="amount" operator="greaterThan" value="50"/>
<ScoreDistribution value="0" recordCount="1"/><ScoreDistribution value="1" recordCount="9"/></Node></Node>
</Node></TreeModel></PMML>"""
DAYS = np.array(["2003-05-06", "2025-06-01", None], dtype=object)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "tree.pmml"
    file.write_text(TREE)
    return file


def stream(text: str = DEFINITION) -> Stream:
    return read_definition(text, "cards.yaml", REFERENCES)


def rows(count: int = 4_000) -> StreamRows:
    rng = np.random.default_rng(1)
    amount = np.where(rng.random(count) < 0.1, np.nan, np.round(rng.uniform(0, 100, count), 2))
    country = np.array(["DE", "FR", None], dtype=object)[rng.integers(0, 3, count)]
    columns = {"sum": amount, "country": country, "issued_on": DAYS[rng.integers(0, 3, count)]}
    chance = np.where(country == "FR", 0.8, 0.2)
    label = (rng.random(count) < chance).astype(np.uint8)
    return StreamRows(columns, label, Stakes(3, 1).of_showing(label), "rows of a test", "money of a test")


def test_the_golden_rows_are_scored_again_by_the_file_and_by_no_other(model: Path, tmp_path: Path) -> None:
    content = model.read_bytes()
    judged = judge_stream_model(match_stream(content, model, stream()), rows(), stream(), "now")
    (tmp_path / "tree.json").write_bytes(judged.card_bytes())
    card = read_card(model, content)
    assert card is not None
    assert card.sha256 == hash_of(content)
    assert set(card.texts) == {"country", "issued_on"}
    assert card.texts["country"] == ["DE", "FR"]
    assert [one.name for one in card.features] == ["amount"]  # by the model's inputs
    told = [one.inputs for one in card.golden_rows]
    assert {type(inputs.get("issued_on")) for inputs in told} == {str, type(None)}
    check_for_files(load(model), card)
    other = tmp_path / "other.pmml"
    other.write_text(TREE.replace('recordCount="7"', 'recordCount="5"').replace('"9000"', '"9999"'))
    with pytest.raises(ModelError, match="golden row"):
        check_for_files(load(other), card)


def test_the_threshold_is_the_one_that_earns_most_and_gains_are_over_deciding_nothing(model: Path) -> None:
    known = rows()
    served = match_stream(model.read_bytes(), model, stream())
    judged = judge_stream_model(served, known, stream(), "now")
    score = served.scores(known)
    earned = {at: known.worth[score >= at].sum() / len(known) for at in np.unique(score)}
    best = max(earned.values())
    assert judged.card.metrics["gain_per_client"]["value"] == pytest.approx(best, abs=1e-6)
    assert known.worth[score >= judged.card.threshold].sum() / len(known) == pytest.approx(best)
    assert "cards" in judged.card.about
    assert judged.notice is not None
    assert "unused" in judged.notice


def test_a_model_that_asks_for_what_the_stream_does_not_give_is_refused(model: Path) -> None:
    with pytest.raises(ModelUnfit, match="amount"):
        match_stream(model.read_bytes(), model, stream(DEFINITION.replace("model: {amount: sum}\n", "")))


def test_a_row_without_a_score_is_named(model: Path) -> None:
    never = TREE.replace('missingValueStrategy="defaultChild"', 'missingValueStrategy="nullPrediction"')
    model.write_text(never)
    served = match_stream(model.read_bytes(), model, stream())
    with pytest.raises(ModelUnfit, match=r"no score for [\d,]+ of 4,000 rows, row \d+ first"):
        judge_stream_model(served, rows(), stream(), "now")


def test_the_command_writes_the_card_beside_the_model(model: Path, tmp_path: Path) -> None:
    known = rows()
    lines = [
        f"{n},{'' if a != a else a},{c or ''},{d or ''}"
        for n, (a, c, d) in enumerate(zip(*known.columns.values(), strict=True))
    ]
    (tmp_path / "X_test.csv").write_text("idx,sum,country,issued_on\n" + "\n".join(lines) + "\n")
    labels = "\n".join(f"{n},{one}" for n, one in enumerate(known.label.tolist()))
    (tmp_path / "y_test.csv").write_text(f"idx,label\n{labels}\n")
    (tmp_path / "cards.yaml").write_text(DEFINITION)
    line = ["model", "card", str(model), "--data", str(tmp_path), "--stream", str(tmp_path / "cards.yaml")]
    refused = CliRunner().invoke(liftstream, line)
    assert (refused.exit_code, "give --gain and --loss, or --money" in refused.output) == (2, True)
    done = CliRunner().invoke(liftstream, [*line, "--gain", "3", "--loss", "1", "--json"])
    assert done.exit_code == 0, done.output
    said = msgspec.json.decode(done.stdout)
    assert said["golden_rows"] == 16
    assert (
        said["threshold"]
        == judge_stream_model(
            match_stream(model.read_bytes(), model, stream()), known, stream(), "now"
        ).card.threshold
    )
    assert (tmp_path / "tree-profit.png").read_bytes().startswith(b"\x89PNG")
