"""Uplift and Qini curves against a loop over clients, and what must hold of every curve."""

import re

import numpy as np
import pytest

from liftstream import experiment
from tests.experiment.uplift.drawn_clients import draw


def by_hand(y: np.ndarray, treatment: np.ndarray, score: np.ndarray, kind: str) -> list[float]:
    """The definition, one threshold at a time."""
    heights = [0.0]
    for threshold in sorted(set(score), reverse=True):
        best = score >= threshold
        n_t, n_c = (treatment[best] == 1).sum(), (treatment[best] == 0).sum()
        y_t, y_c = y[best & (treatment == 1)].sum(), y[best & (treatment == 0)].sum()
        mean_c = y_c / n_c if n_c else 0.0
        if kind == "qini":
            heights.append(y_t - mean_c * n_t)
        else:
            heights.append(((y_t / n_t if n_t else 0.0) - mean_c) * best.sum())
    return heights


@pytest.mark.parametrize("kind", ["uplift", "qini"])
@pytest.mark.parametrize("distinct", [None, 20])
def test_a_curve_is_its_definition_at_every_distinct_score(kind: str, distinct: int | None) -> None:
    y, treatment, score, _ = draw(300, distinct=distinct)
    curve = experiment.uplift_curve(y, treatment, score, kind=kind)
    assert curve.gain == pytest.approx(by_hand(y, treatment, score, kind), abs=1e-12)
    assert curve.clients[0] == 0
    assert curve.clients[-1] == 300


def test_every_score_ends_in_the_same_point_the_effect_times_the_clients() -> None:
    y, treatment, score, _ = draw()
    effect = y[treatment == 1].mean() - y[treatment == 0].mean()
    for other in (score, -score, np.zeros(len(score))):
        uplift = experiment.uplift_curve(y, treatment, other)
        assert uplift.gain[-1] == pytest.approx(effect * len(y))
        assert experiment.uplift_curve(y, treatment, other, kind="qini").gain[-1] == pytest.approx(
            effect * treatment.sum()
        )


@pytest.mark.parametrize("kind", ["uplift", "qini"])
def test_the_perfect_curve_is_that_of_a_score_that_knows_every_outcome(kind: str) -> None:
    y, treatment, _, _ = draw(500)
    if kind == "qini":
        score = y * treatment - y * (1 - treatment)
    else:
        wasted_last = ((y == 1) & (treatment == 0)).sum() > ((y == 0) & (treatment == 1)).sum()
        score = 2 * (y == treatment) + (y if wasted_last else treatment)
    known, perfect = (
        experiment.uplift_curve(y, treatment, score, kind=kind),
        experiment.perfect_curve(y, treatment, kind=kind),
    )
    assert np.allclose(np.interp(known.clients, perfect.clients, perfect.gain), known.gain)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"treatment": [0, 1, 2]}, "treatment must be 0 or 1 in every row, got 2.0"),
        ({"treatment": [1, 1, 1]}, "treatment must be 0 in some rows and 1 in others, got 1"),
        ({"y": [0, 1]}, "score must be as long as y (2) and treatment (3), got 3"),
        ({"y": [0, 1, 1e200]}, "y must be at most 1e+100 in size, as outcomes are squared, got 1e+200"),
        ({"score": [0, float("nan"), 1]}, "score must be a finite number in every row, got no number"),
    ],
)
def test_rows_that_make_no_sense_are_refused_by_name(change: dict[str, list[float]], said: str) -> None:
    rows = {"y": [0, 1, 1], "treatment": [0, 1, 1], "score": [1, 2, 3], **change}
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        experiment.uplift_curve(**rows)
