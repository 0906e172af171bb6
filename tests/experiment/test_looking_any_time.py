"""Intervals that hold at all times together, and where a sequential experiment stands."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import RunningSequence, always_valid
from liftstream.experiment.anytime import mixtures
from liftstream.experiment.anytime.confidence_sequence import (
    margin,
    one_sided_margin,
    price_in_clients,
    rho2_exact,
)
from liftstream.experiment.anytime.quantile_sequence import double_stitching_radius, lil_radius
from liftstream.experiment.anytime.rate_sequence import log_beta_mixture
from liftstream.experiment.numerics.binomial import acceptance_band
from liftstream.experiment.sequential.alpha_spending import Spending
from liftstream.experiment.sequential.sequential_bounds import spending_bounds


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-3, 3),
    st.floats(0.05, 2),
    st.floats(10, 1e5),
    st.floats(0.01, 0.3),
    st.sampled_from(["two-sided", "one-sided", "less"]),
)
def test_the_sequence_excludes_zero_exactly_when_p_is_below_alpha(effect, se, n, alpha, alternative) -> None:
    found = always_valid(effect, se, n, tuned_at=10_000, alpha=alpha, alternative=alternative)
    above = found.ci_low is not None and found.ci_low > 0
    below = found.ci_high is not None and found.ci_high < 0
    assert (above or below) == (found.pvalue < alpha) or math.isclose(found.pvalue, alpha, rel_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(-3, 3), st.integers(2, 100_000), st.floats(0.1, 3), st.floats(0.01, 0.3))
def test_the_msprt_and_its_interval_are_one_inversion(effect, n, tau, alpha) -> None:
    found = experiment.msprt(effect, n, sd=15, tau=tau, alpha=alpha)
    out = found.ci_low > 0 or found.ci_high < 0
    assert out == (found.pvalue < alpha) or math.isclose(found.pvalue, alpha, rel_tol=1e-9)


def test_the_msprt_is_the_normal_mixture() -> None:
    found = experiment.msprt(0.7, 5678, sd=15, tau=0.7)
    v = 5678 / (2 * 15**2)  # the sum of differences in units of its variance
    assert found.log_lambda == pytest.approx(mixtures.log_normal_mixture(0.7 * v, v, 1 / 0.7**2), rel=1e-12)


@pytest.mark.parametrize("money", ["normal", "gamma"])
def test_the_sequence_covers_the_truth_at_all_times_together(money: str) -> None:
    rng = np.random.default_rng(17)
    runs, most = 2_000, 4_000
    looks = np.unique(np.geomspace(100, most, 60).astype(int))
    shape = (runs, most)
    both = [
        (rng.normal(0, 1, shape) if money == "normal" else rng.standard_gamma(1.86, shape)) for _ in range(2)
    ]
    covered = np.ones(runs, dtype=bool)
    sums = [np.cumsum(arm, axis=1)[:, looks - 1] for arm in both]
    squares = [np.cumsum(arm**2, axis=1)[:, looks - 1] for arm in both]
    means = [total / looks for total in sums]
    square = sum((s - looks * m**2) / (looks - 1) / looks for s, m in zip(squares, means, strict=True))
    rho2 = rho2_exact(2 * most, 0.05)
    reach = np.sqrt(square * 2 * looks) * [margin(2 * n, rho2, 0.05) for n in looks]
    covered = (np.abs(means[1] - means[0]) <= reach).all(axis=1)
    misses = int((~covered).sum())
    assert misses <= acceptance_band(runs, 0.05).max_rejections


def test_the_running_sequence_only_learns() -> None:
    running = RunningSequence()
    for effect in (1.0, 0.2, 0.6):
        now = always_valid(effect, 0.2, 5_000, tuned_at=10_000)
        after = running.then(now)
        assert after.ci_low >= running.ci_low
        assert after.ci_high <= running.ci_high
        assert after.pvalue <= running.pvalue
        running = after
    assert running.pvalue == always_valid(1.0, 0.2, 5_000, tuned_at=10_000).pvalue


def test_being_always_right_costs_about_twice_the_clients() -> None:
    assert price_in_clients(0.05, 0.8) == pytest.approx(1.9, abs=0.05)


def test_the_tuning_is_best_where_it_is_tuned() -> None:
    best = margin(1000, rho2_exact(1000, 0.05), 0.05)
    assert all(best < margin(1000, rho2_exact(n, 0.05), 0.05) for n in (300, 900, 1100, 4000))
    assert one_sided_margin(1000, rho2_exact(1000, 0.1), 0.05) < best


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


def test_conditional_power_is_how_often_simulated_paths_get_there() -> None:
    design = experiment.group_sequential(4)
    rng = np.random.default_rng(19)
    look, z = 2, 1.2
    found = experiment.chances(design, look, z)
    for drift, expected in ((design.drift, found.at_plan), (0.0, found.at_null)):
        steps = rng.normal(size=(100_000, 2)) * math.sqrt(0.25) + drift * 0.25
        walk = z * math.sqrt(0.5) + np.cumsum(steps, axis=1)
        crossed = (walk / np.sqrt(design.times[2:]) >= design.z_upper[2:]).any(axis=1)
        assert crossed.mean() == pytest.approx(expected, abs=0.006)
    assert found.at_null < found.predictive < found.at_plan
    with pytest.raises(ValueError, match="look must be in 1..3"):
        experiment.chances(design, 4, z)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1, 4), min_size=1, max_size=4), st.sampled_from(["obf", "pocock"]))
def test_the_sequential_p_value_is_the_level_at_which_a_bound_is_just_crossed(z, name) -> None:
    times = tuple((i + 1) / 4 for i in range(len(z)))
    rule = Spending(name)
    p = experiment.sequential_p(z, times, rule)
    if not 1e-9 < p < 0.5:
        return
    for level, crosses in ((p * 1.001, True), (p * 0.999, False)):
        bounds = spending_bounds(times, tuple(rule.spent(t, level) for t in times), False)
        assert any(value >= bound for value, bound in zip(z, bounds, strict=True)) == crosses
