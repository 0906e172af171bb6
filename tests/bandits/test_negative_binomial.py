"""The negative binomial against 50 digits, from one trial to a thousand million, for priors of any width."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.bandits.negative_binomial import log_probability
from testbed.examples import examples

HALF_LOG_2_PI = Decimal("0.91893853320467274178032973640561763986139747363778")
STIRLING = ((1, 12), (-1, 360), (1, 1260), (-1, 1680), (1, 1188), (-691, 360_360), (1, 156))


def log_gamma(x: Decimal) -> Decimal:
    """Stirling's series, after the recurrence has led to where it gives 25 digits."""
    shift = Decimal(0)
    while x < 200:
        shift += x.ln()
        x += 1
    series = sum(Decimal(a) / b / x ** (2 * k + 1) for k, (a, b) in enumerate(STIRLING))
    return (x - Decimal("0.5")) * x.ln() - x + HALF_LOG_2_PI + series - shift


def exact(r: int, n: int, shape: float, rate: float) -> float:
    with localcontext() as context:
        context.prec = 50
        a, b, all_r, all_n = Decimal(shape), Decimal(rate), Decimal(r), Decimal(n)
        found = log_gamma(all_r + a) - log_gamma(a) - log_gamma(all_r + 1) + a * (b / (b + all_n)).ln()
        return float(found + (all_r * (all_n / (b + all_n)).ln() if r else 0))


@given(
    n=st.sampled_from([1, 7, 100, 10**4, 10**6, 10**9]),
    off=st.floats(0, 3),
    log_mu=st.floats(-12, -0.1),
    log_width=st.floats(-6, 1),
)
@examples(150)
def test_it_has_all_digits_whatever_the_prior_weighs(
    n: int, off: float, log_mu: float, log_width: float
) -> None:
    mu = 10**log_mu
    shape, rate = 10 ** (-2 * log_width), 10 ** (-2 * log_width) / mu
    r = min(n, round(n * mu * off))
    assert float(log_probability(r, n, shape, rate)) == pytest.approx(
        exact(r, n, shape, rate), rel=1e-9, abs=1e-9
    )


def test_the_probabilities_of_all_counts_sum_to_one() -> None:
    every = np.exp(
        log_probability(np.arange(4_000), 300, [[0.4], [3.0], [900.0]], [[2.0], [30.0], [9_000.0]])
    )
    assert every.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-12)


def test_no_trials_bring_no_success() -> None:
    assert log_probability([0, 1], [0, 0], 2.0, 20.0).tolist() == [0, -np.inf]
