import math

from hypothesis import given
from hypothesis import strategies as st

from liftstream import experiment
from testbed.examples import examples


@examples(60)
@given(st.floats(-3, 3), st.integers(2, 100_000), st.floats(0.1, 3), st.floats(0.01, 0.3))
def test_the_msprt_and_its_interval_are_one_inversion(effect, n, tau, alpha) -> None:
    found = experiment.msprt(effect, n, sd=15, tau=tau, alpha=alpha)
    out = found.ci_low > 0 or found.ci_high < 0
    assert out == (found.pvalue < alpha) or math.isclose(found.pvalue, alpha, rel_tol=1e-9)
