"""The normal distribution from the standard library: exact in both tails, and free to import."""

import math
from functools import lru_cache
from statistics import NormalDist

_STANDARD = NormalDist()


def upper_tail(z: float) -> float:
    """P(Z > z), to full relative precision: `1 - cdf` would be 0 from z = 8.3 on."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def cdf(z: float) -> float:
    """P(Z <= z)."""
    return upper_tail(-z)


def density(z: float) -> float:
    """The density at z."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@lru_cache(maxsize=4096)
def z_of_tail(tail: float) -> float:
    """The z with P(Z > z) = tail, for 0 < tail < 1 (Wichura 1988, AS 241)."""
    return -_STANDARD.inv_cdf(tail)


def quantile(probability: float) -> float:
    """The z with P(Z <= z) = probability."""
    return -z_of_tail(probability)


def two_sided_p(z: float) -> float:
    """P(|Z| > |z|)."""
    return 2 * upper_tail(abs(z))


def pvalue(z: float, alternative: str) -> float:
    """The p-value of z by one of `comparison.ALTERNATIVES`."""
    return (
        two_sided_p(z) if alternative == "two-sided" else upper_tail(z if alternative == "one-sided" else -z)
    )
