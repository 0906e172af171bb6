import math

import pytest

from liftstream import experiment
from tests.oracles.formulas import kolmogorov, mixtures, planout
from tests.oracles.formulas.quantile_sequence import double_stitching_radius, lil_radius


@pytest.mark.parametrize(("n", "alpha"), [(5, 0.2), (100, 0.05), (141, 0.5), (1_000, 0.001), (5_000, 0.05)])
def test_the_kolmogorov_distance_is_that_of_scipy(n: int, alpha: float) -> None:
    from scipy.stats import kstwo

    assert kolmogorov.critical_distance(n, alpha) == pytest.approx(kstwo.isf(alpha, n), rel=1e-9)


def test_planout_spreads_units_evenly() -> None:
    draws = [planout.planout_uniform("salt", "arm", unit) for unit in range(2_000)]
    assert kolmogorov.distance(draws) < kolmogorov.critical_distance(2_000, 1e-6)


def test_the_msprt_is_the_normal_mixture() -> None:
    found = experiment.msprt(0.7, 5678, sd=15, tau=0.7)
    v = 5678 / (2 * 15**2)  # the sum of differences in units of its variance
    assert found.log_lambda == pytest.approx(mixtures.log_normal_mixture(0.7 * v, v, 1 / 0.7**2), rel=1e-12)


def test_mixture_bounds_are_crossed_exactly_at_their_threshold() -> None:
    rho = mixtures.rho_for(100, 0.05, one_sided=True)
    s = mixtures.normal_mixture_bound(70, 0.01, rho, one_sided=True)
    assert mixtures.log_normal_mixture(s, 70, rho, one_sided=True) == pytest.approx(math.log(100))
    s = mixtures.gamma_exponential_bound(70, 0.01, rho, 2)
    assert mixtures.log_gamma_exponential(s, 70, rho, 2) == pytest.approx(math.log(100))


def test_quantile_radii_shrink_with_clients_and_refuse_what_is_too_early() -> None:
    radii = [lil_radius(n, n_min=100) for n in (100, 1_000, 10_000)]
    assert radii == sorted(radii, reverse=True)
    shares = [double_stitching_radius(0.5, n, n_opt=100) / n for n in (100, 1_000, 10_000)]
    assert shares == sorted(shares, reverse=True)
    with pytest.raises(ValueError, match="n must be at least n_min"):
        lil_radius(50, n_min=100)
