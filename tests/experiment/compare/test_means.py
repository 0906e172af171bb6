import math

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from liftstream import experiment
from liftstream.experiment import Moments
from testbed.examples import examples
from tests.experiment.against_tea_tasting import LEVEL, halves, theirs
from tests.experiment.alternatives import alternatives, excluded

values = st.lists(st.floats(-100, 100), min_size=2, max_size=30).filter(lambda v: np.std(v) > 1e-3)


tests = st.sampled_from([experiment.welch, experiment.student, experiment.z_test])


def test_welch() -> None:
    (a,), (b,) = halves("revenue")
    ours = experiment.welch(a, b, **LEVEL)
    other = theirs(tt.Mean("revenue", use_t=True, equal_var=False))
    assert (ours.effect, ours.ci_low, ours.ci_high, ours.pvalue, ours.statistic) == pytest.approx(
        (
            other.effect_size,
            other.effect_size_ci_lower,
            other.effect_size_ci_upper,
            other.pvalue,
            other.statistic,
        ),
        rel=1e-9,
    )


@examples(40)
@given(tests, values, values, alternatives, st.floats(0.001, 0.4), st.floats(-1, 1))
def test_the_interval_excludes_the_null_exactly_when_p_is_below_alpha(
    test, original, candidate, alternative, alpha, null
) -> None:
    result = test(original, candidate, alternative=alternative, alpha=alpha, null=null)
    assert excluded(result, null) == result.significant or math.isclose(result.pvalue, alpha, rel_tol=1e-9)


@examples(40)
@given(tests, values, values, st.floats(0.1, 10), st.floats(-50, 50))
def test_scale_and_shift_behave(test, original, candidate, scale, shift) -> None:
    before = test(original, candidate)
    after = test(np.multiply(original, scale) + shift, np.multiply(candidate, scale) + shift)
    assert after.effect == pytest.approx(before.effect * scale, rel=1e-6, abs=1e-9)
    assert after.pvalue == pytest.approx(before.pvalue, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("alternative", ["one-sided", "two-sided", "less"])
def test_statsmodels_finds_the_same(alternative: str) -> None:
    rng = np.random.default_rng(5)
    original, candidate = rng.gamma(2, 10, 200), rng.gamma(2, 11, 150)
    compared = CompareMeans(DescrStatsW(candidate), DescrStatsW(original))
    word = {"one-sided": "larger", "two-sided": "two-sided", "less": "smaller"}[alternative]
    for test, usevar in ((experiment.welch, "unequal"), (experiment.student, "pooled")):
        ours = test(original, candidate, alternative=alternative)
        t, p, df = compared.ttest_ind(alternative=word, usevar=usevar)
        assert (ours.statistic, ours.pvalue, ours.df) == pytest.approx((t, p, df), rel=1e-9)


def test_a_one_sided_result_has_a_finite_interval_and_its_bound() -> None:
    result = experiment.welch(Moments.from_summary(5678, 20, 15), Moments.from_summary(5678, 20.7, 15))
    assert math.isfinite(result.ci_high)
    assert result.bound == result.ci_low == pytest.approx(0.23690375917244139, rel=1e-9)
    two_sided = experiment.welch(
        Moments.from_summary(5678, 20, 15),
        Moments.from_summary(5678, 20.7, 15),
        alternative="two-sided",
        alpha=0.1,
    )
    assert (two_sided.ci_low, two_sided.ci_high) == (result.ci_low, result.ci_high)


def test_a_far_tail_is_not_zero() -> None:
    result = experiment.welch(Moments.from_summary(10**6, 20, 15), Moments.from_summary(10**6, 20.5, 15))
    assert 0 < result.pvalue < 1e-120


@pytest.mark.parametrize(
    ("original", "candidate", "said"),
    [
        ([1.0], [1.0, 2.0], "original must have at least 2 clients, got 1"),
        ([1.0, 2.0], [], "candidate must have at least 2 clients, got 0"),
        ([3.0, 3.0], [3.0, 3.0], "all values are equal"),
        ([1.0, math.nan, math.nan], [1.0, 2.0], "2 of them are not, the first at position 1"),
    ],
)
def test_arms_that_cannot_be_compared_are_refused(original, candidate, said) -> None:
    with pytest.raises(ValueError, match=said):
        experiment.welch(original, candidate)


def test_a_pair_of_infinite_values_is_refused_as_what_it_is() -> None:
    with pytest.raises(ValueError, match="1 of them are not, the first at position 1, got inf"):
        experiment.paired([1.0, math.inf, 2.0], [1.0, math.inf, 2.0])


def test_arguments_are_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match="alternative must be one of one-sided, two-sided, less, got 'greater'"
    ):
        experiment.welch([1, 2], [2, 3], alternative="greater")
    with pytest.raises(ValueError, match="alpha must be below 0.5 in a one-sided test"):
        experiment.welch([1, 2], [2, 3], alpha=0.6)


@pytest.mark.parametrize("unit", [1e-100, 1e-6, 1e6, 1e100])
def test_the_unit_of_the_money_changes_nothing(unit: float) -> None:
    original, candidate = [1.0, 2.5, 4.0, 7.0], [2.0, 2.5, 6.0, 9.5]
    scaled = [unit * x for x in original], [unit * x for x in candidate]
    for test in (experiment.welch, experiment.relative_delta, experiment.relative_log):
        ours, theirs = test(original, candidate), test(*scaled)
        assert (theirs.pvalue, theirs.df) == pytest.approx((ours.pvalue, ours.df), rel=1e-12)
    low, high = experiment.fieller([10.0, 11, 12, 9], candidate)
    scaled_low, scaled_high = experiment.fieller([10 * unit, 11 * unit, 12 * unit, 9 * unit], scaled[1])
    assert (scaled_low, scaled_high) == pytest.approx((low, high), rel=1e-12)


@pytest.mark.parametrize("candidate", [[1e200, 3e200], [1e200, 2e200, 3e200, 1e199]])
def test_values_too_large_for_their_squares_are_called_so(candidate: list[float]) -> None:
    with pytest.raises(ValueError, match="the standard error is inf: the values are too large"):
        experiment.welch([1.0, 2.0], candidate)
    with pytest.raises(ValueError, match="sd must be so small that its square is a number"):
        experiment.Moments.from_summary(10, 1.0, 1e200)


@pytest.mark.parametrize("test", [experiment.welch, experiment.student])
def test_arms_whose_values_differ_by_rounding_alone_are_not_compared(test) -> None:
    original, candidate = [0.3, 0.1 + 0.2, 0.3], [0.6, 0.6, 0.1 + 0.2 + 0.3]
    with pytest.raises(ValueError, match="all values are equal"):
        test(original, candidate)
    assert test([0.3, 0.3 + 1e-12, 0.3], candidate).pvalue < 0.05
