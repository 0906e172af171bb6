"""Conversion rates: the pooled z test, and the intervals that people ask for by name.

The intervals of Wilson, Agresti-Coull, Newcombe and Wald are functions of their own: none of them is the inversion of
the pooled test, so none is shown with its p-value.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from liftstream.experiment.arguments import fraction, one_of, refuse, whole
from liftstream.experiment.compare.comparison import ALTERNATIVES
from liftstream.experiment.numerics import normal
from liftstream.experiment.record import Record


class Interval(NamedTuple):
    """Ends of an interval."""

    low: float
    high: float


@dataclass(frozen=True, repr=False)
class RateTest(Record):
    """A test of two rates, without an interval."""

    effect: float
    """Candidate's rate minus the original's."""
    statistic: float
    pvalue: float
    alternative: str
    method: str
    rate_original: float
    rate_candidate: float


def pooled_z(
    converted_original: int,
    n_original: int,
    converted_candidate: int,
    n_candidate: int,
    *,
    alternative: str = "one-sided",
) -> RateTest:
    """z test of two rates with the variance they would share under the null hypothesis.

    Raises:
        ValueError: nobody or everybody converted, so nothing can be compared.
    """
    one_of("alternative", alternative, ALTERNATIVES)
    original, candidate = rate(converted_original, n_original), rate(converted_candidate, n_candidate)
    pooled = (converted_original + converted_candidate) / (n_original + n_candidate)
    if pooled in {0.0, 1.0}:
        refuse("converted", pooled, "some of the clients, neither none nor all")
    z = (candidate - original) / math.sqrt(pooled * (1 - pooled) * (1 / n_original + 1 / n_candidate))
    p = normal.pvalue(z, alternative)
    return RateTest(candidate - original, z, p, alternative, "z, pooled", original, candidate)


def rate(converted: int, n: int) -> float:
    """Share of clients that converted."""
    whole("n", n, 1)
    if not 0 <= whole("converted", converted, 0) <= n:
        refuse("converted", converted, f"at most the {n} clients")
    return converted / n


def wilson(converted: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's (1927) interval of a rate: the inversion of its score test."""
    p, z2 = rate(converted, n), _z(level) ** 2
    reach = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    upper = p + z2 / (2 * n) + reach
    # the product of both ends is p^2 / (1 + z^2 / n): without cancellation, and 0 where nobody converted
    if p <= 0.5:
        return Interval(p * p / upper, upper / (1 + z2 / n))
    mirrored = wilson(n - converted, n, level)
    return Interval(1 - mirrored.high, 1 - mirrored.low)


def agresti_coull(converted: int, n: int, level: float = 0.95) -> Interval:
    """Agresti & Coull's (1998) interval of a rate: Wald's, after z^2 / 2 clients more of either kind."""
    rate(converted, n)
    z = _z(level)
    more = n + z * z
    p = (converted + z * z / 2) / more
    reach = z * math.sqrt(p * (1 - p) / more)
    return Interval(max(0.0, p - reach), min(1.0, p + reach))


def newcombe(
    converted_original: int, n_original: int, converted_candidate: int, n_candidate: int, level: float = 0.95
) -> Interval:
    """Newcombe's (1998, method 10) interval of a difference of rates, candidate minus original, from Wilson's."""
    original, candidate = rate(converted_original, n_original), rate(converted_candidate, n_candidate)
    low_o, high_o = wilson(converted_original, n_original, level)
    low_c, high_c = wilson(converted_candidate, n_candidate, level)
    effect = candidate - original
    return Interval(
        effect - math.hypot(candidate - low_c, high_o - original),
        effect + math.hypot(high_c - candidate, original - low_o),
    )


def wald(
    converted_original: int, n_original: int, converted_candidate: int, n_candidate: int, level: float = 0.95
) -> Interval:
    """Wald's interval of a difference of rates; too narrow for small samples and rare events."""
    original, candidate = rate(converted_original, n_original), rate(converted_candidate, n_candidate)
    square = original * (1 - original) / n_original + candidate * (1 - candidate) / n_candidate
    reach = _z(level) * math.sqrt(square)
    return Interval(candidate - original - reach, candidate - original + reach)


def _z(level: float) -> float:
    return normal.z_of_tail((1 - fraction("level", level)) / 2)
