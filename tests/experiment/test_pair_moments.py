import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment import PairMoments


def test_pairs_merge_and_retract_like_single_moments() -> None:
    rng = np.random.default_rng(13)
    y, x = rng.normal(1e6, 1, 500), rng.normal(-1e5, 3, 500)
    whole = PairMoments.of(y, x)
    parts = experiment.merge_pairs(PairMoments.of(y[i::7], x[i::7]) for i in range(7))
    one_by_one = PairMoments()
    for a, b in zip(y, x, strict=True):
        one_by_one = one_by_one.add(a, b)
    back = PairMoments.of([*y, 5.0], [*x, 7.0]).retract(5.0, 7.0)
    expected = np.cov(y, x)[0, 1]
    for other in (whole, parts, one_by_one):
        assert other.covariance == pytest.approx(expected, rel=1e-7)
    assert back.covariance == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("slope", [2.0, -3.0, 0.1, 1 / 3])
def test_a_number_that_follows_from_the_other_has_no_variation_left(slope: float) -> None:
    x = np.random.default_rng(6).exponential(1, 100_000)
    pair = PairMoments.of(slope * x + 5, x)
    assert pair.combine(1.0, -pair.cross / pair.m2_x).m2 == 0
    almost = PairMoments.of(slope * x + 1e-5 * x**2, x)
    assert almost.combine(1.0, -almost.cross / almost.m2_x).m2 > 0
