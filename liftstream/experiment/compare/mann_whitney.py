"""Mann-Whitney's rank test: whether a client of the candidate tends to bring more. It says nothing about means."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liftstream.experiment.arguments import one_of
from liftstream.experiment.compare.comparison import ALTERNATIVES
from liftstream.experiment.numerics import normal
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class RankTest(Record):
    """A rank test; an interval of means would not belong to it."""

    u: float
    """Pairs in which the candidate's client brought more, ties counted half."""
    superiority: float
    """u over all pairs: probability that a candidate's client brings more."""
    statistic: float
    pvalue: float
    alternative: str
    method: str


def mann_whitney(
    original: ArrayLike, candidate: ArrayLike, *, alternative: str = "one-sided", correction: bool = True
) -> RankTest:
    """Normal approximation with ties (Mann & Whitney 1947; Lehmann 1975), with a correction for continuity.

    Raises:
        ValueError: an empty arm, a value that is not a number, or all values equal.
    """
    one_of("alternative", alternative, ALTERNATIVES)
    a, b = _values("original", original), _values("candidate", candidate)
    ranks, ties = average_ranks(np.concatenate([b, a]))
    n, m = b.size, a.size
    total, pairs = n + m, float(n) * m
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    variance = pairs / 12 * (total + 1 - float(((ties**3 - ties) / (total * (total - 1.0))).sum()))
    if variance <= 0:
        raise ValueError("all values are equal, nothing can be compared")
    distance = u - pairs / 2
    z = (distance - _shift(distance, alternative) * correction) / math.sqrt(variance)
    method = "Mann-Whitney, normal approximation" + (", corrected for continuity" if correction else "")
    return RankTest(u, u / pairs, z, min(1.0, normal.pvalue(z, alternative)), alternative, method)


def average_ranks(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ranks from 1, equal values sharing their mean rank; and how many share each value."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse], counts.astype(np.float64)


def _shift(distance: float, alternative: str) -> float:
    """Half a pair towards the null hypothesis."""
    if alternative == "two-sided":
        return math.copysign(0.5, distance) if distance else 0.0
    return 0.5 if alternative == "one-sided" else -0.5


def _values(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size == 0:
        raise ValueError(f"{name} must have at least 1 client, got 0")
    if not np.isfinite(array).all():
        bad = np.flatnonzero(~np.isfinite(array))
        raise ValueError(f"{name} must be finite numbers; {bad.size} are not, the first at position {bad[0]}")
    return array
