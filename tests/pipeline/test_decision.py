"""What is answered: by threshold, by class or not at all; every field of the template; and what the model cannot score."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from liftstream import scoring
from liftstream.contracts.errors import ModelUnfit
from liftstream.contracts.fetch import Partition
from liftstream.contracts.places import model_named
from liftstream.contracts.settings import PipelineSettings, Settings
from liftstream.scoring.fields.cells import read_codes
from liftstream.streams.loading import load_stream
from pipeline.decision import OutcomeRule, load_scorer
from pipeline.model import served_model
from pipeline.records.stream_decoder import StreamDecoder
from pipeline.worker import Worker
from testbed.task_stream import TASK
from tests.pipeline.offline import Kept, Record, nothing_lost, polled
from tests.scoring.documents import NUMBER, WORD, document, schema

IDS = [f"{number:08X}-0000-4000-8000-00000000000A" for number in range(40)]
STREAM = """
name: one
window_s: 3
sides:
  visit:
    topic: visits
    id: {path: id, type: uuid}
    time: {path: at, unit: iso}
    features:
      amount: {type: number, missing: null}
      where: {path: shop.country, type: text, missing: ""}
      on: {type: date, missing: null}
decision: %s
answer: {topic: answers, key: %s, fields: {%s}}
"""
MODEL = document(
    "<RegressionModel functionName='classification' normalizationMethod='softmax'>"
    + schema("t", "amount", "where", "on")
    + "<Output><OutputField name='Best' feature='predictedValue'/><OutputField name='Sure' feature='probability' value='b'/></Output>"
    "<RegressionTable intercept='0' targetCategory='a'/>"
    "<RegressionTable intercept='-1' targetCategory='b'><NumericPredictor name='amount' coefficient='0.5'/></RegressionTable>"
    "<RegressionTable intercept='-2' targetCategory='c'><CategoricalPredictor name='where' value='É: t' coefficient='4'/>"
    "<CategoricalPredictor name='on' value='2024-02-29' coefficient='9'/></RegressionTable></RegressionModel>",
    t="a|b|c",
    amount=NUMBER,
    where=WORD,
    on="optype='ordinal' dataType='date'",
)
AMOUNTS = [float(number % 7) for number in range(40)]
WHERE = ["É: t" if number % 3 == 0 else "" if number % 5 == 0 else f"w{number}" for number in range(40)]
DAYS = ["2024-02-29" if number % 11 == 0 else "2023-01-01" for number in range(40)]


def records() -> list[Record]:
    rows = zip(IDS, AMOUNTS, WHERE, DAYS, strict=True)
    return [
        Record(
            offset,
            10**12,
            None,
            json.dumps(
                {"id": uuid, "at": "2024-03-01T00:00:00Z", "amount": amount, "on": day}
                | {"shop": {"country": where}}
            ).encode(),
        )
        for offset, (uuid, amount, where, day) in enumerate(rows)
    ]


class Run:
    """A worker of one side without a broker."""

    def __init__(self, folder: Path, decision: str, fields: str, key: str = "id", model: str = MODEL) -> None:
        (folder / "three.pmml").write_text(model, encoding="utf-8")
        (folder / "one.yaml").write_text(STREAM % (decision, key, fields))
        chosen: dict[str, Any] = {
            "token": "a-token",
            "model": folder / "three.pmml",
            "state": folder / "state",
        }
        self.settings = Settings(pipeline=PipelineSettings(**chosen))
        self.decoder = StreamDecoder(load_stream(self.settings, folder / "one.yaml"))
        self.model = served_model(self.settings.pipeline, self.decoder)
        self.kept: Any = Kept()
        self.path = folder / "three.pmml"

    def answers(self, records: list[Record]) -> list[tuple[bytes | None, dict[str, Any]]]:
        async def run() -> None:
            worker = Worker(self.settings, self.model, self.kept, self.kept, self.decoder)
            worker.open({Partition("visits", 0): 0}, {})
            await worker.take({Partition("visits", 0): polled(*records)}, nothing_lost)
            await worker.settle(5)

        asyncio.run(run())
        return [(key, json.loads(value)) for key, value in self.kept.predictions]

    def scored(self) -> scoring.Scores:
        """By the model outside of any pipeline."""
        columns = {"amount": AMOUNTS, "where": np.array(WHERE, object), "on": np.array(DAYS, object)}
        return scoring.load(self.path).score(columns)


def test_every_field_of_an_answer_says_what_the_model_says_and_the_id_is_the_key(tmp_path: Path) -> None:
    fields = "card: id, is: decision, b: probability(b), best: output(Best), sure: output(Sure), m: model, h: sha256, t: token"
    run = Run(tmp_path, "class", fields)
    answers, scored = run.answers(records()), run.scored()
    assert [key for key, _ in answers] == [uuid.encode() for uuid in IDS]
    assert [list(one) for _, one in answers] == [["card", "is", "b", "best", "sure", "m", "h", "t"]] * 40
    assert [one["card"] for _, one in answers] == IDS
    assert [one["is"] for _, one in answers] == scored["t"].tolist() == [one["best"] for _, one in answers]
    assert len(set(scored["t"].tolist())) == 3
    assert (
        [one["b"] for _, one in answers]
        == scored["probability(b)"].tolist()
        == [one["sure"] for _, one in answers]
    )
    assert {(one["m"], one["h"], one["t"]) for _, one in answers} == {
        ("three", run.model.scorer.sha256, "a-token")
    }


def test_without_a_decision_and_a_key_there_is_the_probability_only(tmp_path: Path) -> None:
    run = Run(tmp_path, "none", "card: id, c: probability(c)", key="none")
    answers = run.answers(records())
    assert {key for key, _ in answers} == {None}
    assert [one["c"] for _, one in answers] == run.scored()["probability(c)"].tolist()


def test_a_row_that_the_model_gives_nothing_for_is_put_aside_and_the_others_are_answered(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, "class", "card: id, is: decision")
    polled = records()
    polled[7] = polled[7]._replace(
        value=(polled[7].value or b"").replace(b'"amount": 0.0', b'"amount": null')
    )
    answers = run.answers(polled)
    assert [one["card"] for _, one in answers] == [uuid for uuid in IDS if uuid != IDS[7]]
    ((aside),) = run.kept.aside
    assert (aside.reason, aside.offset, aside.timestamp_ms) == ("invalid", 7, 10**12)


def test_rows_on_which_the_model_raises_are_put_aside_and_the_others_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, "class", "card: id, is: decision, b: probability(b)")
    score_all: Any = run.model.scorer.score_all  # type: ignore[attr-defined]

    def fail(matrix: Any) -> Any:
        if (matrix[:, 0] == 6).any():
            raise RuntimeError("no")
        return score_all(matrix)

    monkeypatch.setattr(run.model.scorer, "score_all", fail)
    answers = run.answers(records())
    expected = [at for at in range(40) if AMOUNTS[at] != 6]
    assert [one["card"] for _, one in answers] == [IDS[at] for at in expected]
    assert [one["b"] for _, one in answers] == run.scored()["probability(b)"][expected].tolist()
    assert run.model.failures == 40 - len(expected)


def test_a_threshold_needs_a_score_and_is_refused_for_three_classes(tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match="name the class to show 1"):
        Run(tmp_path, "threshold", "card: id, is: decision")


def test_a_model_that_asks_for_what_no_topic_has_is_refused_with_the_field(tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match="asks for amnt, and no side of one provides it"):
        Run(tmp_path, "class", "card: id, is: decision", model=MODEL.replace("'amount'", "'amnt'"))


def test_without_a_stream_only_the_decision_is_told() -> None:
    class Half:
        default_threshold, sha256 = 0.5, "0" * 64

        def score(self, matrix: Any) -> Any:
            return matrix[:, 0]

    outcome = OutcomeRule(Half(), 0.5).judge(np.array([[0.5], [0.4], [np.nan]]))
    assert (outcome.values.tolist(), outcome.columns) == ([1, 0, -1], {})


@pytest.mark.parametrize("others", [0, 1000])
def test_codes_are_the_words_that_texts_are_read_as_empty_ones_missing(others: int) -> None:
    words = ["b", "", "a", *(f"w{number}" for number in range(others))]
    found = read_codes(np.array([2.0, 0.0, np.nan, 1.0, 2.0]), words)
    assert found.objects().tolist() == ["a", "b", None, None, "a"]


def test_what_a_model_does_not_use_is_said_when_it_is_loaded() -> None:
    with capture_logs() as logged:
        load_scorer(model_named("original"), TASK)
        load_scorer(model_named("cross_selling"), TASK)
    (said,) = [line for line in logged if line["event"] == "notice"]
    assert said["what"] == "the model does not use age, woman, cat0, cat1, cat2 and 107 more"
