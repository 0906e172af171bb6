"""A model that scores differently from its file never leaves training."""

from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import ModelError
from training import parity
from training.dataset import Rows, simulate
from training.models import MODELS, Trained, fit


@pytest.fixture(scope="module")
def rule() -> tuple[Trained, Rows]:
    rows = simulate(1000, 1).train
    (model,) = (model for model in MODELS if model.is_rule)
    return fit(model, rows, 1), rows


@pytest.mark.parametrize(("wrong", "by"), [("pypmml", 2e-9), ("ours", 2e-9), ("ours", np.nan)])
def test_a_scorer_that_differs_is_named(
    rule: tuple[Trained, Rows], monkeypatch: pytest.MonkeyPatch, wrong: str, by: float
) -> None:
    trained, rows = rule
    exact = trained.score(rows)
    for name in ("pypmml", "ours"):
        scores = exact.copy()
        scores[500] += by if name == wrong else 0.0
        monkeypatch.setattr(parity, f"score_with_{name}", lambda *_, scores=scores: scores)
    with pytest.raises(
        ModelError, match=f"original: {'liftstream' if wrong == 'ours' else wrong} scores .* away"
    ):
        parity.compare(trained, Path("original.pmml"), rows)


def test_scorers_that_agree_are_reported_with_their_largest_difference(
    rule: tuple[Trained, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, rows = rule
    exact = trained.score(rows)
    monkeypatch.setattr(parity, "score_with_pypmml", lambda *_: exact + 1e-12)
    monkeypatch.setattr(parity, "score_with_ours", lambda *_: exact)
    found = parity.compare(trained, Path("original.pmml"), rows)
    assert found.rows == 1000
    assert found.pypmml == pytest.approx(1e-12, rel=1e-3)
    assert found.liftstream == 0
