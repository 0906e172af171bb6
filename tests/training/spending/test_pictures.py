"""The calibration of spending: its intervals count users, not their months."""

import numpy as np
import pytest
from scipy import stats

from training.spending.pictures import calibrate


def test_months_of_one_user_that_are_alike_count_once() -> None:
    rng = np.random.default_rng(1)
    predicted, spent = rng.gamma(2, 100, (200, 1)), rng.gamma(2, 100, (200, 1))
    once = calibrate(predicted, spent)
    four_times = calibrate(np.repeat(predicted, 4, axis=1), np.repeat(spent, 4, axis=1))
    for (score, mean), (same_score, same_mean) in zip(once, four_times, strict=True):
        assert same_score == pytest.approx(score)
        assert same_mean == pytest.approx(mean)
    lowest = spent[np.argsort(predicted, axis=0)[:20, 0], 0]
    expected = stats.ttest_1samp(lowest, 0).confidence_interval(0.95)
    assert once[0][1] == pytest.approx((lowest.mean(), *expected))
