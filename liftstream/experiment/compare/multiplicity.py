"""Several tests at once: p-values corrected for their number.

Holm for decisions, Benjamini-Hochberg for exploration; the others on request.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import fraction, number, one_of, refuse
from liftstream.experiment.record import Record

Array = NDArray[np.float64]
METHODS = (
    "holm", "bonferroni", "sidak", "holm-sidak", "hochberg", "hochberg-sidak", "hommel", "benjamini-hochberg", "benjamini-yekutieli",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class AdjustedPValues(Record):
    """Adjusted p-values in the order of the questions."""

    pvalues: tuple[float, ...]
    reject: tuple[bool, ...]
    """Adjusted p at or below alpha."""
    alpha: float
    method: str
    controls: str
    """`family-wise error`: no false discovery with probability 1 - alpha; or `false discovery rate`."""


def adjust(pvalues: Sequence[float], method: str = "holm", alpha: float = 0.05) -> AdjustedPValues:
    """Adjusted p-values, each to be compared with alpha itself.

    Raises:
        ValueError: no p-values, one outside 0..1, or an unknown method.
    """
    one_of("method", method, METHODS)
    fraction("alpha", alpha)
    for p in pvalues:
        if not 0 <= number("pvalues", p) <= 1:
            refuse("pvalues", p, "in 0..1")
    if len(pvalues) == 0:
        refuse("pvalues", list(pvalues), "at least one")
    given = np.asarray(pvalues, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(1.0, _ADJUST[method](given[order]))
    rate = "false discovery rate" if method.startswith("benjamini") else "family-wise error"
    told = tuple(float(p) for p in adjusted)
    return AdjustedPValues(told, tuple(p <= alpha for p in told), alpha, method, rate)


def _bonferroni(p: Array) -> Array:
    return p * p.size


def _sidak(p: Array) -> Array:
    """1 - (1 - p)^m, without cancellation for small p (Sidak 1967)."""
    return np.asarray(-np.expm1(p.size * _log1m(p)))


def _holm(p: Array) -> Array:
    """Holm (1979)."""
    return np.asarray(np.maximum.accumulate(p * np.arange(p.size, 0, -1)))


def _holm_sidak(p: Array) -> Array:
    return np.asarray(np.maximum.accumulate(-np.expm1(np.arange(p.size, 0, -1) * _log1m(p))))


def _hochberg(p: Array) -> Array:
    """Hochberg (1988)."""
    return _from_above(p * np.arange(p.size, 0, -1))


def _hochberg_sidak(p: Array) -> Array:
    """Hochberg's steps with Sidak's levels (as tea-tasting, for independent p-values)."""
    return _from_above(-np.expm1(np.arange(p.size, 0, -1) * _log1m(p)))


def _hommel(p: Array) -> Array:
    """Hommel (1988), by Wright's (1992) algorithm."""
    n = p.size
    rank = np.arange(1, n + 1)
    adjusted = np.full(n, np.min(n * p / rank))
    for m in range(n - 1, 1, -1):
        split = n - m + 1
        least = np.min(m * p[split:] / np.arange(2, m + 1))
        candidate = np.minimum(m * p[:split], least)
        adjusted[:split] = np.maximum(adjusted[:split], candidate)
        adjusted[split:] = np.maximum(adjusted[split:], candidate[-1])
    return np.maximum(adjusted, p)


def _benjamini_hochberg(p: Array) -> Array:
    """Benjamini & Hochberg (1995)."""
    return _from_above(p * p.size / np.arange(1, p.size + 1))


def _benjamini_yekutieli(p: Array) -> Array:
    """Benjamini & Yekutieli (2001): under any dependence."""
    return _benjamini_hochberg(p) * math.fsum(1 / k for k in range(1, p.size + 1))


def _from_above(p: Array) -> Array:
    return np.asarray(np.minimum.accumulate(p[::-1])[::-1])


def _log1m(p: Array) -> Array:
    with np.errstate(divide="ignore"):  # p = 1 becomes minus infinity, and 1 again
        return np.asarray(np.log1p(-p))


_ADJUST = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "sidak": _sidak,
    "holm-sidak": _holm_sidak,
    "hochberg": _hochberg,
    "hochberg-sidak": _hochberg_sidak,
    "hommel": _hommel,
    "benjamini-hochberg": _benjamini_hochberg,
    "benjamini-yekutieli": _benjamini_yekutieli,
}
