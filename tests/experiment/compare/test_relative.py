import math

import numpy as np
import pytest
import tea_tasting as tt
from hypothesis import assume, given
from hypothesis import strategies as st

from liftstream import experiment
from liftstream.experiment import Moments
from testbed.examples import examples
from tests.experiment.against_tea_tasting import LEVEL, halves, theirs
from tests.experiment.alternatives import alternatives, excluded

values = st.lists(st.floats(1, 100), min_size=3, max_size=30).filter(lambda v: np.std(v) > 0.1)


def test_relative_effect_on_the_logarithm() -> None:
    (a,), (b,) = halves("revenue")
    ours = experiment.relative_log(a, b, **LEVEL)
    other = theirs(tt.Mean("revenue"))
    assert (ours.effect, ours.ci_low, ours.ci_high) == pytest.approx(
        (other.rel_effect_size, other.rel_effect_size_ci_lower, other.rel_effect_size_ci_upper), rel=1e-9
    )


@examples(60)
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


@examples(40)
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


def test_an_unknown_critical_value_is_refused() -> None:
    with pytest.raises(ValueError, match="method must be one of z, t, got 'normal'"):
        experiment.fieller([10, 11, 12], [10, 12, 13], method="normal")
