"""The binomial distribution where it is needed: ranks of quantiles, and bands for simulated error rates."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from scipy import special

from liftstream.experiment.arguments import fraction, whole
from liftstream.experiment.record import Record

FAR: Final = 1e-200
"""Of smaller tails `special.betainc` loses digits, and finds 0 where it is not."""
ENOUGH: Final = 1e-17
"""Terms of a series below this share of its sum change nothing."""


def cdf(k: int, n: int, p: float) -> float:
    """P(X <= k), with all its digits (`special.bdtr` loses half of them where n is a million)."""
    if k < 0:
        return 0.0
    found = float(special.betaincc(k + 1, n - k, p)) if k < n else 1.0
    return _far_tail(k, n, p, -1) if found < FAR and 0 < p < 1 else found


def upper_tail(k: int, n: int, p: float) -> float:
    """P(X >= k), with all its digits."""
    if k <= 0 or k > n:
        return float(k <= 0)
    found = float(special.betainc(k, n - k + 1, p))
    return _far_tail(k, n, p, 1) if found < FAR and 0 < p < 1 else found


def log_pmf(k: int, n: int, p: float) -> float:
    """The logarithm of P(X = k)."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(p) + (n - k) * math.log1p(-p)


def _far_tail(k: int, n: int, p: float, step: int) -> float:
    """P(X = k) and of all further numbers, upwards (step 1) or downwards (-1), far from the mean: a series that falls fast."""
    first, odds, term, total = math.exp(log_pmf(k, n, p)), p / (1 - p), 1.0, 1.0
    while term > ENOUGH * total and 0 <= k + step <= n:
        term *= (n - k) / (k + 1) * odds if step > 0 else k / (n - k + 1) / odds
        total += term
        k += step
    return first * total


def smallest(probability: float, n: int, p: float) -> int:
    """The smallest k with P(X <= k) >= probability."""
    enough = probability * (1 - 1e-12)
    return bisect_left(range(n + 1), enough, key=lambda k: cdf(k, n, p))


@dataclass(frozen=True, repr=False)
class Band(Record):
    """How many rejections simulations may give by chance."""

    min_rejections: int
    max_rejections: int
    min_rate: float
    max_rate: float
    simulations: int
    level: float

    def __contains__(self, rejections: object) -> bool:
        return isinstance(rejections, int) and self.min_rejections <= rejections <= self.max_rejections


def acceptance_band(simulations: int, rate: float = 0.05, level: float = 0.999) -> Band:
    """Central interval of the rejections among `simulations` whose true rate is `rate`."""
    simulations = whole("simulations", simulations, 1)
    fraction("rate", rate)
    tail = (1 - fraction("level", level)) / 2
    low, high = smallest(tail, simulations, rate), smallest(1 - tail, simulations, rate)
    return Band(low, high, low / simulations, high / simulations, simulations, level)
