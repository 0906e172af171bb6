"""Student's t, central and not, from the standard library.

`scipy.special` has both, but its import takes 0.6 s, more than `liftstream sample-size` may take in all.
T = (Z + ncp) / X with X^2 = chi-square / df, so P(T > t) is the mean of P(Z > t x - ncp) over X.
In log x the integrand is smooth and dies off at both ends, where the trapezoid rule converges exponentially.
"""

import math

from liftstream.experiment.numerics.normal import upper_tail as normal_tail
from liftstream.experiment.numerics.normal import z_of_tail
from liftstream.experiment.numerics.root import find_root

SHARP = 2e3
"""Noncentrality from which Z is so small beside it that a larger one, scaled with t, changes nothing (to 1e-6)."""

UNDERFLOW = 39.0
"""P(Z > 39) is 0 in a double."""

FARTHEST = 353.0
"""Area hyperbolic sine of a t whose square is a number."""


def upper_tail(t: float, df: float, ncp: float = 0.0) -> float:
    """P(T > t) for df degrees of freedom and noncentrality `ncp`, to about 1e-13 relative."""
    if t < 0:
        return 1.0 - upper_tail(-t, df, -ncp)
    if ncp > 80 and 20 * t < ncp:
        return 1.0  # P(X > 10) and P(Z < -40) are 0 to all digits
    if ncp < -UNDERFLOW:
        return 0.0
    if ncp > SHARP:
        t, ncp = t * SHARP / ncp, SHARP
    width = 1 / math.sqrt(2 * df)
    step = min(width, 1 / max(1.0, abs(ncp))) / 5
    # The integrand is largest at the x where df (1 - x^2) = t x (t x - ncp), at most 1; P(X < x) falls like x^df.
    square, against = df + t * t, max(0.0, -ncp) * t
    peak = (math.sqrt(against * against + 4 * square * df) - against) / (2 * square)
    low = math.log(peak) - 9 * width - 40 / df
    high = 9 * width
    total = weight_sum = 0.0
    for i in range(math.floor(low / step), math.ceil(high / step) + 1):
        u = i * step
        exponent = df * (u - math.expm1(2 * u) / 2)
        if exponent > -745:
            weight = math.exp(exponent)
            weight_sum += weight
            total += weight * normal_tail(t * math.exp(u) - ncp)
    return total / weight_sum


def t_of_tail(tail: float, df: float) -> float:
    """The t with P(T > t) = tail, for central T; searched by its area hyperbolic sine, in which heavy tails are straight."""
    if tail > 0.5:
        return -t_of_tail(1 - tail, df)
    start = math.asinh(max(z_of_tail(tail), 0.0))
    log_tail = math.log(tail)

    def surplus(u: float) -> float:
        beyond = upper_tail(math.sinh(u), df)
        return log_tail - math.log(beyond) if beyond > 0 else math.inf

    return math.sinh(find_root(surplus, start, start + 1, FARTHEST))
