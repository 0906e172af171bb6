"""The figures of a model against scikit-learn's, and their intervals against simulation."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from liftstream.evaluation.classification import area_under_curve, calibrate, evaluate


def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and scores that are their true probabilities, with ties."""
    score = np.round(rng.beta(2, 2, count), 2).clip(0.01, 0.99)
    return (rng.random(count) < score).astype(np.uint8), score


def test_figures_are_those_of_scikit_learn() -> None:
    label, score = draw(np.random.default_rng(1), 3_000)
    found = evaluate(label, score)
    assert found["accuracy"].value == pytest.approx(accuracy_score(label, score >= 0.5), abs=1e-12)
    assert found["auc"].value == pytest.approx(roc_auc_score(label, score), abs=1e-12)
    assert found["log_loss"].value == pytest.approx(log_loss(label, score), abs=1e-12)
    assert found["brier"].value == pytest.approx(brier_score_loss(label, score), abs=1e-12)


def test_a_rule_has_no_log_loss() -> None:
    assert "log_loss" not in evaluate(np.array([0, 1, 1], np.uint8), np.array([0.0, 1.0, 0.0]))


def test_the_standard_error_of_the_area_is_what_repetition_shows() -> None:
    rng = np.random.default_rng(2)
    found = [area_under_curve(*draw(rng, 400)) for _ in range(400)]
    errors = [(one.high - one.low) / 2 / 1.96 for one in found]
    # The spread of 400 repetitions is known to about 3.5 %.
    assert np.mean(errors) == pytest.approx(np.std([one.value for one in found]), rel=0.12)


def test_true_probabilities_are_calibrated_and_squared_ones_are_not() -> None:
    label, score = draw(np.random.default_rng(3), 40_000)
    within = [b.observed.low <= b.predicted <= b.observed.high for b in calibrate(label, score)]
    assert sum(within) >= 16  # of 20, at 95 % each
    assert sum(b.rows for b in calibrate(label, score)) == 40_000
    wrong = [b.observed.low <= b.predicted <= b.observed.high for b in calibrate(label, score**2)]
    assert sum(wrong) <= 4
