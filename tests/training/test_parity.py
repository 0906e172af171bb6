"""A model that scores differently from its file never leaves training."""

import numpy as np
import pytest

from liftstream.contracts.errors import ModelError
from training import parity
from training.cross_selling.dataset import LabelledClients, simulate
from training.cross_selling.models import MODELS, Trained, fit


@pytest.fixture(scope="module")
def rule() -> tuple[Trained, LabelledClients]:
    rows = simulate(1000, 1).train
    (model,) = (model for model in MODELS if model.is_rule)
    return fit(model, rows, 1), rows


@pytest.mark.parametrize(("wrong", "by"), [("pypmml", 2e-9), ("liftstream", 2e-9), ("liftstream", np.nan)])
def test_a_scorer_that_differs_is_named(
    rule: tuple[Trained, LabelledClients], monkeypatch: pytest.MonkeyPatch, wrong: str, by: float
) -> None:
    trained, rows = rule
    exact = trained.score(rows)
    other = exact.copy()
    other[500] += by
    monkeypatch.setattr(parity, "score_with_pypmml", lambda *_: [other if wrong == "pypmml" else exact])
    monkeypatch.setattr(parity, "score_with_ours", lambda *_: other if wrong == "liftstream" else exact)
    with pytest.raises(ModelError, match=f"original: {wrong} scores .* away"):
        parity.compare(["original"], [b""], [exact], rows.columns())


def test_scorers_that_agree_are_reported_with_their_largest_difference(
    rule: tuple[Trained, LabelledClients], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, rows = rule
    exact = trained.score(rows)
    monkeypatch.setattr(parity, "score_with_pypmml", lambda *_: [exact + 1e-12])
    monkeypatch.setattr(parity, "score_with_ours", lambda *_: exact)
    (found,) = parity.compare(["original"], [b""], [exact], rows.columns())
    assert found.rows == 1000
    assert found.pypmml == pytest.approx(1e-12, rel=1e-3)
    assert found.liftstream == 0


def test_a_file_that_pypmml_cannot_read_is_one_line(rule: tuple[Trained, LabelledClients]) -> None:
    with pytest.raises(ModelError, match="pypmml cannot score the exported models: .") as caught:
        parity.compare(["original"], [b"<PMML/>"], [rule[0].score(rule[1])], rule[1].columns())
    assert "\n" not in str(caught.value)
