import math

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment.anytime.rate_sequence import log_beta_mixture
from liftstream.experiment.numerics.binomial import acceptance_band


@pytest.mark.parametrize("rate", [0.02, 0.3])
def test_a_rate_is_covered_at_all_times_together(rate: float) -> None:
    rng = np.random.default_rng(18)
    runs, most = 400, 1_000
    converted = np.cumsum(rng.random((runs, most)) < rate, axis=1)
    misses = 0
    for path in converted:
        # the interval excludes the truth exactly when the mixture at the truth exceeds 1 / alpha
        misses += any(
            log_beta_mixture(int(path[n - 1]), n, rate, 500, 0.05) > math.log(20) for n in range(10, most, 10)
        )
    assert misses <= acceptance_band(runs, 0.05).max_rejections
    low, high = experiment.rate_sequence(int(converted[0, -1]), most, tuned_at=500)
    assert log_beta_mixture(int(converted[0, -1]), most, low, 500, 0.05) == pytest.approx(
        math.log(20), rel=1e-6
    )
    assert 0 < low < converted[0, -1] / most < high < 1


@pytest.mark.parametrize(("n", "tuned_at", "alpha"), [(2, 10_000, 0.1), (10, 10, 0.001), (100, 1_000, 0.05)])
def test_those_who_converted_and_those_who_did_not_have_mirrored_intervals(n, tuned_at, alpha) -> None:
    for converted in (0, 1, n // 2, n - 1, n):
        low, high = experiment.rate_sequence(converted, n, tuned_at=tuned_at, alpha=alpha)
        mirrored = experiment.rate_sequence(n - converted, n, tuned_at=tuned_at, alpha=alpha)
        assert (low, high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-11)
        assert low <= converted / n <= high


def test_an_alpha_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha must be between 0 and 1, got 2"):
        experiment.rate_sequence(5, 10, tuned_at=10, alpha=2)
