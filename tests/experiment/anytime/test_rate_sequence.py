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
