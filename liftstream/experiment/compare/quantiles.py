"""Medians and other quantiles, and money whose largest values are cut."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from liftstream.experiment.arguments import fraction, number, positive, refuse, whole
from liftstream.experiment.moments import Moments
from liftstream.experiment.numerics.binomial import cdf, smallest
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class QuantileRanks(Record):
    """The ordered clients between which a quantile lies."""

    lower_rank: int
    upper_rank: int
    """Counted from 1; 0 and n + 1 mean that the interval is open."""
    coverage: float
    """True level, at least the one that was asked for."""


@dataclass(frozen=True, repr=False)
class QuantileInterval(Record):
    """A quantile with its interval, free of any distribution."""

    quantile: float
    ci_low: float | None
    ci_high: float | None
    coverage: float
    method: str = "order statistics"


@dataclass(frozen=True, repr=False)
class Winsorized(Record):
    """Capped money, and the raw money for comparison."""

    low: float
    high: float
    """Values outside are replaced by these."""
    capped: Moments
    raw: Moments
    changed: int
    """Clients that were cut."""


def quantile_ranks(n: int, q: float = 0.5, level: float = 0.95) -> QuantileRanks:
    """Ranks of the ordered clients that enclose the quantile q with at least `level` (David & Nagaraja 2003)."""
    n = whole("n", n, 1)
    tail = (1 - fraction("level", level)) / 2
    low = smallest(tail, n, fraction("q", q))
    high = smallest(1 - tail, n, q) + 1
    return QuantileRanks(low, high, cdf(high - 1, n, q) - cdf(low - 1, n, q))


def quantile_interval(values: ArrayLike, q: float = 0.5, level: float = 0.95) -> QuantileInterval:
    """The quantile q of an arm's money."""
    ordered = np.sort(_finite(values))
    ranks = quantile_ranks(ordered.size, q, level)
    low = float(ordered[ranks.lower_rank - 1]) if ranks.lower_rank >= 1 else None
    high = float(ordered[ranks.upper_rank - 1]) if ranks.upper_rank <= ordered.size else None
    return QuantileInterval(float(np.quantile(ordered, q)), low, high, ranks.coverage)


def winsorize(
    values: ArrayLike, lower: float = 0.0, upper: float = 0.95, *, non_zero: bool = False
) -> Winsorized:
    """Values beyond two percentiles are replaced by them (linear percentiles, R's type 7).

    Args:
        non_zero: percentiles of the values that are not 0: most clients buy nothing, and would hide the others.
    """
    data = _finite(values)
    if not 0 <= number("lower", lower) < number("upper", upper) <= 1:
        refuse("upper", upper, f"above lower ({lower:g}), both in 0..1")
    counted = data[data != 0] if non_zero else data
    low, high = (float(x) for x in np.quantile(counted if counted.size else data, [lower, upper]))
    return _cut(data, min(low, 0.0) if non_zero else low, high)


def cap(values: ArrayLike, most: float) -> Winsorized:
    """Values above a cap that was fixed in the plan are replaced by it."""
    return _cut(_finite(values), -np.inf, positive("cap", most))


def _cut(data: "np.ndarray[tuple[int], np.dtype[np.float64]]", low: float, high: float) -> Winsorized:
    capped = np.clip(data, low, high)
    return Winsorized(low, high, Moments.of(capped), Moments.of(data), int((capped != data).sum()))


def _finite(values: ArrayLike) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    data = np.asarray(values, dtype=np.float64).ravel()
    if data.size == 0 or not np.isfinite(data).all():
        refuse("values", int((~np.isfinite(data)).sum()), "at least one number, and all of them finite")
    return data
