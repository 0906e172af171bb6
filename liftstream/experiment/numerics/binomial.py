"""The binomial distribution where it is needed: ranks of quantiles, and bands for simulated error rates."""

from bisect import bisect_left
from dataclasses import dataclass

from scipy import special

from liftstream.experiment.arguments import fraction, whole
from liftstream.experiment.record import Record


def cdf(k: int, n: int, p: float) -> float:
    """P(X <= k), with all its digits (`special.bdtr` loses half of them where n is a million)."""
    if k < 0:
        return 0.0
    return float(special.betaincc(k + 1, n - k, p)) if k < n else 1.0


def upper_tail(k: int, n: int, p: float) -> float:
    """P(X >= k), with all its digits."""
    if k <= 0:
        return 1.0
    return float(special.betainc(k, n - k + 1, p)) if k <= n else 0.0


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
