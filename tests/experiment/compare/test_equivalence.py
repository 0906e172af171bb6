import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream import experiment
from testbed.examples import examples

values = st.lists(st.floats(1, 100), min_size=3, max_size=30).filter(lambda v: np.std(v) > 0.1)


@examples(40)
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
