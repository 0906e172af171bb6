import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special

from liftstream.experiment.numerics import noncentral_t
from testbed.examples import examples


@examples(40)
@given(st.floats(-8, 30), st.floats(2, 1e6), st.floats(-3, 8))
def test_the_noncentral_t_is_that_of_scipy(t, df, ncp) -> None:
    theirs = special.nctdtr(df, ncp, t)
    assume(not math.isnan(theirs))  # scipy gives up in some far tails
    assert 1 - noncentral_t.upper_tail(t, df, ncp) == pytest.approx(theirs, abs=1e-10, rel=1e-8)


@examples(40)
@given(st.floats(1e-12, 0.49), st.floats(2, 1e6))
def test_the_quantile_of_t_is_that_of_scipy(tail, df) -> None:
    ours = noncentral_t.t_of_tail(tail, df)
    assert special.stdtr(df, -ours) == pytest.approx(tail, rel=1e-8)
