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


@pytest.mark.parametrize("tail", [0.3, 1e-9, 1e-100, 1e-200, 1e-300])
def test_far_quantiles_of_heavy_tails_are_found_in_few_steps(
    tail: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, upper_tail = [], noncentral_t.upper_tail
    monkeypatch.setattr(noncentral_t, "upper_tail", lambda *at: asked.append(at) or upper_tail(*at))
    exact = (1 - 2 * tail) / math.sqrt(2 * tail * (1 - tail))  # of two degrees of freedom
    assert noncentral_t.t_of_tail(tail, 2) == pytest.approx(exact, rel=1e-12)
    assert len(asked) < 60
    assert upper_tail(noncentral_t.t_of_tail(tail, 1_000), 1_000) == pytest.approx(tail, rel=1e-10)
