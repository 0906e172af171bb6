"""examples/card_risk*: data, model with texts, a date and a boolean, and answers that are those of scikit-learn."""

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from liftstream import scoring
from liftstream.scoring.reference import ReferenceProcess, is_installed

EXAMPLES = Path(__file__).parents[1] / "examples"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("card-risk")


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    """The fitted pipeline; its files are in the folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["card_risk_files.py", "payments"])
        runpy.run_path(str(EXAMPLES / "card_risk_files.py"))
        return runpy.run_path(str(EXAMPLES / "card_risk_model.py"))["model"]


def held_out(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "payments" / "X_test.csv", index_col="idx", parse_dates=["issued_on"])


def test_the_exported_model_scores_as_scikit_learn_does(folder: Path, model: Any) -> None:
    rows = held_out(folder)
    scores = scoring.load(folder / "pmml" / "card_risk.pmml").score(rows)
    assert scores.problems is None
    np.testing.assert_allclose(scores["probability(1)"], model.predict_proba(rows)[:, 1], rtol=1e-12)


def test_a_date_is_the_same_as_a_timestamp_and_as_text(folder: Path, model: Any) -> None:
    rows = held_out(folder)[:2_000]
    scorer = scoring.load(folder / "pmml" / "card_risk.pmml")
    text = scorer.score(rows.assign(issued_on=rows["issued_on"].dt.strftime("%Y-%m-%d")))
    np.testing.assert_array_equal(text["probability(1)"], scorer.score(rows)["probability(1)"])
    older = scorer.score(rows.assign(issued_on="2001-01-01"))
    assert (older["probability(1)"] != text["probability(1)"]).mean() > 0.1


def test_a_text_that_was_never_seen_scores_as_scikit_learn_has_it(folder: Path, model: Any) -> None:
    rows = held_out(folder)[:500].assign(country="ZZ", shop="zoo", channel="pigeon", home="ZZ", kind="gift")
    scores = scoring.load(folder / "pmml" / "card_risk.pmml").score(rows)
    np.testing.assert_allclose(scores["probability(1)"], model.predict_proba(rows)[:, 1], rtol=1e-12)


def test_the_model_tells_fraud_nearly_as_well_as_the_truth_could(folder: Path, model: Any) -> None:
    from sklearn.metrics import roc_auc_score

    from liftstream.simulation.payments.payments import draw_payments

    payments = draw_payments(np.random.default_rng(99), 40_000)
    scores = scoring.load(folder / "pmml" / "card_risk.pmml").scores(payments.columns())
    best = roc_auc_score(payments.fraud, payments.chance)
    assert best > 0.78
    assert roc_auc_score(payments.fraud, scores) > best - 0.05


@pytest.mark.skipif(not is_installed(), reason="pypmml is not installed")
def test_pypmml_agrees_where_it_reads_the_columns(folder: Path, model: Any) -> None:
    """It takes every date for a missing one, so dates are left out on both sides."""
    file = folder / "pmml" / "card_risk.pmml"
    rows = held_out(folder)[:200].drop(columns="issued_on")
    cells = {
        name: [None if cell is None or cell != cell else cell for cell in rows[name].tolist()]
        for name in rows.columns
    }
    with ReferenceProcess(file) as reference:
        theirs = reference.ask(cells)["probability(1)"]
    ours = scoring.load(file).score(rows)["probability(1)"]
    np.testing.assert_allclose(ours, np.array(theirs, dtype=float), rtol=1e-9)


def test_the_definition_reads_from_the_records_what_the_model_was_trained_on(
    folder: Path, model: Any
) -> None:
    from collections import Counter

    from liftstream.contracts.settings import PipelineSettings, Settings
    from liftstream.simulation.payments.payments import draw_payments
    from liftstream.simulation.payments.wire import card_records, encode, payment_records
    from liftstream.streams.loading import load_stream
    from liftstream.streams.record_reader import RecordReader

    stream = load_stream(Settings(pipeline=PipelineSettings(stream=EXAMPLES / "card_risk.yaml")))
    payments = draw_payments(np.random.default_rng(5), 2_000)
    records = (
        payment_records(payments, 1_780_000_000_000, 7),
        card_records(payments.cards, 1_780_000_000_100, 7),
    )
    oddities: Counter[str] = Counter()
    said = [
        [RecordReader(side).read(None, encode(record), oddities) for record in of_side]
        for side, of_side in zip(stream.sides, records, strict=True)
    ]
    assert +oddities == {}
    for row, (payment, card) in enumerate(zip(*said, strict=True)):
        assert payment.id == card.id == payments.cards.card[row]
        assert (payment.time_ms, card.time_ms) == (1_780_000_000_000 + 7 * row, 1_780_000_000_100 + 7 * row)
    rows = [payment.values + card.values for payment, card in zip(*said, strict=True)]
    frame = pd.DataFrame(rows, columns=list(stream.feature_names))
    frame["pin"] = frame["pin"].astype(bool)
    scores = scoring.load(folder / "pmml" / "card_risk.pmml").score(frame)
    offline = model.predict_proba(pd.DataFrame(payments.columns()))[:, 1]
    np.testing.assert_allclose(scores["probability(1)"], offline, rtol=1e-12)
