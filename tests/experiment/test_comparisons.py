"""Tests that answer with a p-value, beside second opinions; intervals that go with them."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion

from liftstream import experiment
from liftstream.experiment import Moments, PairMoments
from liftstream.experiment.compare.ratio_metrics import linearised

values = st.lists(st.floats(1, 100), min_size=3, max_size=30).filter(lambda v: np.std(v) > 0.1)
alternatives = st.sampled_from(["one-sided", "two-sided", "less"])


def excluded(result, null: float = 0.0) -> bool:
    above, below = result.ci_low > null, result.ci_high < null
    return {"one-sided": above, "less": below, "two-sided": above or below}[result.alternative]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([experiment.relative_delta, experiment.relative_log]),
    values,
    values,
    alternatives,
    st.floats(0.01, 0.4),
)
def test_relative_intervals_exclude_no_difference_exactly_when_p_is_below_alpha(
    test, original, candidate, alternative, alpha
) -> None:
    result = test(original, candidate, alternative=alternative, alpha=alpha)
    assert excluded(result) == result.significant or math.isclose(result.pvalue, alpha, rel_tol=1e-9)


@settings(max_examples=40, deadline=None)
@given(values, values, st.floats(0.8, 0.99))
def test_fieller_excludes_no_difference_exactly_when_the_z_test_rejects(original, candidate, level) -> None:
    z = experiment.z_test(original, candidate, alternative="two-sided", alpha=1 - level)
    a = Moments.of(original)
    assume(a.mean / math.sqrt(a.variance / a.n) > 4)
    low, high = experiment.fieller(original, candidate, level)
    assert (low > 0 or high < 0) == z.significant or math.isclose(z.pvalue, 1 - level, rel_tol=1e-9)


def test_fieller_refuses_an_original_that_may_be_zero() -> None:
    with pytest.raises(ValueError, match=r"must differ from 0 at level 0.95 \(its p is"):
        experiment.fieller([-1.0, 1.2, 0.3], [2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match="mean that is not 0"):
        experiment.relative_delta([-1.0, 1.0], [2.0, 3.0])


@settings(max_examples=40, deadline=None)
@given(values, values, st.floats(0.1, 10), st.floats(0.1, 10))
def test_equivalence_is_shown_exactly_when_the_interval_lies_between_the_margins(a, b, low, high) -> None:
    result = experiment.tost(a, b, -low, high)
    inside = -low < result.ci_low and result.ci_high < high
    assert inside == result.equivalent == (result.pvalue < 0.05)


def test_non_inferiority_is_a_test_against_the_margin() -> None:
    rng = np.random.default_rng(3)
    original, candidate = rng.normal(20, 15, 3000), rng.normal(19.9, 15, 3000)
    assert experiment.non_inferior(original, candidate, 2.0).significant
    assert not experiment.welch(original, candidate).significant
    with pytest.raises(ValueError, match="margin must be above 0"):
        experiment.non_inferior(original, candidate, -2.0)


@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize("alternative", ["one-sided", "two-sided", "less"])
def test_the_rank_test_is_that_of_scipy_with_ties(alternative: str, correction: bool) -> None:
    rng = np.random.default_rng(6)
    original, candidate = rng.integers(0, 12, 70), rng.integers(1, 13, 55)
    word = {"one-sided": "greater", "two-sided": "two-sided", "less": "less"}[alternative]
    theirs = stats.mannwhitneyu(
        candidate, original, use_continuity=correction, alternative=word, method="asymptotic"
    )
    ours = experiment.mann_whitney(original, candidate, alternative=alternative, correction=correction)
    assert (ours.u, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    assert not hasattr(ours, "ci_low")


@given(st.integers(0, 60), st.integers(61, 200), st.floats(0.5, 0.999))
def test_wilson_and_agresti_coull_are_those_of_statsmodels(converted: int, n: int, level: float) -> None:
    for ours, name in ((experiment.wilson, "wilson"), (experiment.agresti_coull, "agresti_coull")):
        theirs = proportion.proportion_confint(converted, n, 1 - level, name)
        assert tuple(ours(converted, n, level)) == pytest.approx(theirs, abs=1e-9)


def test_rates_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="converted must be at most the 10 clients, got 11"):
        experiment.wilson(11, 10)
    with pytest.raises(ValueError, match="neither none nor all"):
        experiment.pooled_z(0, 10, 0, 10)


def test_regression_with_a_covariate_is_least_squares() -> None:
    rng = np.random.default_rng(9)
    before = rng.gamma(2, 10, 300)
    arm = rng.integers(0, 2, 300)
    money = 0.7 * before + arm + rng.normal(0, 5, 300)
    fit = sm.OLS(money, sm.add_constant(np.column_stack([arm, before]))).fit()
    ours = experiment.ancova(*[(money[arm == i], before[arm == i]) for i in (0, 1)], alternative="two-sided")
    low, high = fit.conf_int()[1]
    found = ours.comparison
    assert (found.effect, found.se, found.pvalue, found.ci_low, found.ci_high) == pytest.approx(
        (fit.params[1], fit.bse[1], fit.pvalues[1], low, high), rel=1e-8
    )
    assert ours.se_hc1 == pytest.approx(fit.HC1_se[1], rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.95, 0.95), alternatives)
def test_cuped_never_widens_and_agrees_with_its_p_value(seed: int, rho: float, alternative: str) -> None:
    rng = np.random.default_rng(seed)
    arms = []
    for _ in range(2):
        before = rng.normal(20, 15, 400)
        arms.append(PairMoments.of(rho * before + math.sqrt(1 - rho**2) * rng.normal(0, 15, 400), before))
    result = experiment.cuped(*arms, alternative=alternative)
    plain = experiment.welch(arms[0].y, arms[1].y, alternative=alternative)
    assert result.comparison.se <= plain.se * 1.001
    assert excluded(result.comparison) == result.comparison.significant
    assert result.saving.reduction == pytest.approx(result.saving.correlation**2)


def test_a_covariate_that_does_not_vary_changes_nothing() -> None:
    arms = [
        PairMoments.of([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]),
        PairMoments.of([2.0, 3.0, 4.5], [5.0, 5.0, 5.0]),
    ]
    result = experiment.cuped(*arms)
    assert result.theta == 0
    assert result.comparison.pvalue == experiment.welch(arms[0].y, arms[1].y).pvalue


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


def test_groups_are_weighted_by_their_clients_and_a_paradox_is_undone() -> None:
    rng = np.random.default_rng(14)
    original = {"new": rng.normal(10, 2, 900), "old": rng.normal(30, 2, 100)}
    candidate = {"new": rng.normal(11, 2, 100), "old": rng.normal(31, 2, 900)}
    found = experiment.post_stratified(original, candidate)
    assert found.naive > 10
    assert found.comparison.effect == pytest.approx(1.0, abs=0.5)
    assert found.comparison.ci_low < 1 < found.comparison.ci_high
    assert experiment.heterogeneity(original, candidate).pvalue > 1e-4
    with pytest.raises(ValueError, match="the same groups in both arms"):
        experiment.post_stratified(original, {"new": candidate["new"]})


def test_different_effects_in_groups_are_found() -> None:
    rng = np.random.default_rng(15)
    original = {"men": rng.normal(20, 5, 2000), "women": rng.normal(20, 5, 2000)}
    candidate = {"men": rng.normal(21, 5, 2000), "women": rng.normal(19, 5, 2000)}
    found = experiment.interaction(original, candidate)
    assert found.effect == pytest.approx(-2, abs=0.7)
    assert found.pvalue < 1e-6
    several = experiment.heterogeneity(original, candidate)
    assert several.pvalue == pytest.approx(found.pvalue, rel=1e-6)
