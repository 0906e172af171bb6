"""The density of log odds, against sixty digits."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liftstream.experiment.numerics.beta import log_density
from testbed.examples import examples

powers = st.floats(-9, 9)


def in_sixty_digits(alpha: float, beta: float, off: float) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        a, b = Decimal(alpha), Decimal(beta)
        mode = (a / b).ln()

        def log_of(x: Decimal) -> Decimal:
            return a * x - (a + b) * (1 + x.exp()).ln()

        return log_of(mode + Decimal(off)) - log_of(mode)


@examples(300)
@example(-4.0, -1.0, 3.0, 1)
@given(powers, powers, st.floats(-3, 4), st.sampled_from([-1, 1]))
def test_the_density_keeps_its_digits_for_large_and_for_uneven_parameters(a, b, far, side) -> None:
    alpha, beta, off = 10.0**a, 10.0**b, side * 10.0**far
    found = float(log_density(alpha, beta, np.array([off]))[0])
    exact = float(in_sixty_digits(alpha, beta, off))
    if exact > -700:
        assert found == pytest.approx(exact, rel=1e-6, abs=1e-6)
    else:
        assert found < -690
