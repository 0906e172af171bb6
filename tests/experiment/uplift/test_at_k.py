"""Uplift@k against numbers worked out by hand."""

import numpy as np
import pytest

from liftstream import experiment

Y = np.array([1, 0, 1, 1, 0, 1, 0, 0])
TREATMENT = np.array([1, 1, 0, 1, 0, 0, 1, 0])
SCORE = np.array([8, 7, 6, 5, 4, 3, 2, 1])


def test_overall_takes_the_best_clients_and_by_group_the_best_of_each_arm() -> None:
    overall = experiment.uplift_at_k(Y, TREATMENT, SCORE, 0.5, ranking="overall")
    assert (overall.value, overall.n_t, overall.n_c) == (pytest.approx(2 / 3 - 1), 3, 1)
    by_group = experiment.uplift_at_k(Y, TREATMENT, SCORE, 0.5)
    assert (by_group.value, by_group.n_t, by_group.n_c) == (pytest.approx(1 / 2 - 1 / 2), 2, 2)


def test_clients_of_equal_score_share_the_places_that_are_left() -> None:
    score = np.array([8, 7, 6, 5, 5, 5, 2, 1])
    found = experiment.uplift_at_k(Y, TREATMENT, score, 4, ranking="overall")
    # one place for three clients of score 5, of whom one was influenced: a third each
    assert found.value == pytest.approx((1 + 0 + 1 / 3) / (2 + 1 / 3) - (1 + 0 / 3 + 1 / 3) / (1 + 2 / 3))
    order = np.array([3, 5, 4, 0, 7, 6, 2, 1])
    mixed = experiment.uplift_at_k(Y[order], TREATMENT[order], score[order], 4, ranking="overall")
    assert mixed.value == pytest.approx(found.value)


def test_the_interval_is_that_of_a_difference_of_means() -> None:
    rng = np.random.default_rng(3)
    y, treatment = rng.random(1_000), rng.integers(0, 2, 1_000)
    found = experiment.uplift_at_k(y, treatment, rng.random(1_000), 1_000, ranking="overall")
    error = np.sqrt(sum(y[treatment == arm].var(ddof=1) / (treatment == arm).sum() for arm in (0, 1)))
    assert found.ci_high - found.value == pytest.approx(1.959964 * error, rel=1e-6)


def test_a_k_that_leaves_an_arm_without_clients_is_refused() -> None:
    with pytest.raises(ValueError, match="clients that were left alone, got 0.25"):
        experiment.uplift_at_k(Y, TREATMENT, SCORE, 0.25, ranking="overall")
    with pytest.raises(ValueError, match="k must be between 0 and 1, got 1.5"):
        experiment.uplift_at_k(Y, TREATMENT, SCORE, 1.5)
