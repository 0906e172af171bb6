"""The figures of a model against scikit-learn's, and their intervals against simulation."""

import numpy as np
import pytest
from scipy.stats import norm, ttest_1samp
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from liftstream.evaluation.classification import Estimate, area_under_curve, calibrate, evaluate


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


@pytest.mark.parametrize(("few", "area"), [(5, 0.9), (10, 0.98), (25, 0.7)])
def test_the_interval_of_the_area_holds_it_with_few_interested_clients(few: int, area: float) -> None:
    rng, apart = np.random.default_rng(few), norm.ppf(area) * np.sqrt(2)
    label = np.r_[np.ones(few), np.zeros(9 * few)].astype(np.uint8)
    found = [area_under_curve(label, rng.normal(apart * label)) for _ in range(500)]
    assert np.mean([one.low <= area <= one.high for one in found]) > 0.91  # 95 %, within its 500 draws
    assert all(0 < one.low <= one.value <= one.high <= 1 for one in found)


def test_scores_that_separate_twenty_clients_do_not_prove_that_they_separate_all() -> None:
    label = np.repeat([0, 1], 10).astype(np.uint8)
    found = evaluate(label, np.linspace(0.1, 0.9, 20))
    assert (found["auc"].value, found["accuracy"].value) == (1, 1)
    assert found["auc"].low < 0.95
    assert found["accuracy"].low == pytest.approx(proportion_confint(20, 20, method="wilson")[0])


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.array([1.0, 2.0, 4.0])
    found = Estimate.of_mean(values)
    assert (found.low, found.high) == pytest.approx(ttest_1samp(values, 0).confidence_interval(0.95))


def test_a_calibration_does_not_depend_on_the_order_of_rows_with_equal_scores() -> None:
    rng = np.random.default_rng(5)
    score = rng.choice([0.2, 0.5, 0.8], 3_000)
    label = (rng.random(3_000) < score).astype(np.uint8)
    by_label = np.argsort(label, kind="stable")
    found = calibrate(label[by_label], score[by_label])
    assert found == calibrate(label, score)
    assert [(round(b.predicted, 9), b.rows) for b in found] == [
        (value, int((score == value).sum())) for value in (0.2, 0.5, 0.8)
    ]
