import math

import numpy as np
import pytest
import tea_tasting as tt

from liftstream import experiment
from liftstream.experiment import PairMoments
from liftstream.experiment.compare.ratio_metrics import linearised
from tests.experiment.against_tea_tasting import LEVEL, halves, theirs


def test_ratio_of_means() -> None:
    arms = [PairMoments.of(*half) for half in halves("revenue", "orders")]
    ours = experiment.ratio_welch(*arms, **LEVEL)
    other = theirs(tt.RatioOfMeans("revenue", "orders"))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue) == pytest.approx(
        (other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue), rel=1e-8
    )


def test_a_ratio_has_the_variance_that_resampling_clients_shows() -> None:
    rng = np.random.default_rng(12)
    orders = rng.poisson(2, 2000) + 1.0
    money = orders * rng.gamma(2, 5, 2000)
    found = linearised(PairMoments.of(money, orders))
    draws = rng.integers(0, 2000, (2000, 2000))
    ratios = money[draws].sum(axis=1) / orders[draws].sum(axis=1)
    assert found.mean == pytest.approx(money.sum() / orders.sum())
    assert math.sqrt(found.variance / found.n) == pytest.approx(ratios.std(), rel=0.08)
    with pytest.raises(ValueError, match="denominators must not sum to 0"):
        linearised(PairMoments.of([1.0, 2.0], [0.0, 0.0]))
