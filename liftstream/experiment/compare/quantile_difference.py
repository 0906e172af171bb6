"""Difference of a quantile between two arms, for money of any shape: no density is estimated, nothing is drawn.

The quantile of a bootstrap sample is an order statistic whose rank is binomial(n + 1, q) (Schultzberg & Ankargren 2022,
"Resampling-free bootstrap inference for quantiles"). So the bootstrap distribution of each arm's quantile is known, and
that of the difference is the pairs of both; interval and p-value are one inversion of it.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from liftstream.experiment.arguments import fraction, refuse
from liftstream.experiment.compare.comparison import Comparison, check_levels

Array = NDArray[np.float64]
ATOMS = 120
"""Values that stand for the distribution of an arm's quantile."""
FAR = 9.0
"""Standard deviations of the rank beyond which nothing is left."""
LEAST = 1e-18
"""What is left beyond `FAR` in both arms: no p-value is smaller."""
FEW = 10
"""Clients that must be expected on either side of the quantile."""


def quantile_difference(
    original: ArrayLike,
    candidate: ArrayLike,
    q: float = 0.5,
    *,
    alpha: float = 0.05,
    alternative: str = "one-sided",
    null: float = 0.0,
    unit: str = "difference of quantiles",
) -> Comparison:
    """The candidate's quantile minus the original's.

    Raises:
        ValueError: too few clients in an arm for a quantile so far out.
    """
    check_levels(alpha, alternative)
    arms = [np.sort(np.asarray(values, dtype=np.float64).ravel()) for values in (original, candidate)]
    for name, values in zip(("original", "candidate"), arms, strict=True):
        if values.size * min(fraction("q", q), 1 - q) < FEW:
            least = math.ceil(FEW / min(q, 1 - q))
            refuse(name, values.size, f"at least {least:,} clients for the quantile {q:g}")
    at = [float(np.quantile(values, q)) for values in arms]
    (x, w), (y, v) = (quantile_atoms(values, q) for values in arms)
    differences, weights = (y[:, None] - x[None, :]).ravel(), (v[:, None] * w[None, :]).ravel()
    order = np.argsort(differences, kind="stable")
    differences, weights = differences[order], weights[order]
    # ties with the null count on both sides: where both quantiles are one value, nothing is found
    up_to, from_on = np.cumsum(weights), np.cumsum(weights[::-1])[::-1]
    tail = alpha / 2 if alternative == "two-sided" else alpha
    low = float(differences[np.searchsorted(up_to, tail)])
    high = float(differences[differences.size - 1 - np.searchsorted(from_on[::-1], tail)])
    p = _pvalue(differences, up_to, from_on, null, alternative)
    effect = at[1] - at[0]
    se = math.sqrt(float(weights @ (differences - weights @ differences) ** 2))
    return Comparison(
        effect=effect,
        ci_low=low,
        ci_high=high,
        pvalue=p,
        statistic=(effect - null) / se if se > 0 else 0.0,
        se=se,
        df=None,
        alpha=alpha,
        alternative=alternative,
        method=f"quantile {q:g}, binomial ranks",
        bound={"one-sided": low, "less": high}.get(alternative),
        null=null,
        unit=unit,
        n_original=arms[0].size,
        n_candidate=arms[1].size,
        mean_original=at[0],
        mean_candidate=at[1],
    )


def _pvalue(differences: Array, up_to: Array, from_on: Array, null: float, alternative: str) -> float:
    """Share of the bootstrapped differences that are not beyond the null, all ordered; of two sides twice the smaller."""
    at_most = int(np.searchsorted(differences, null, "right"))
    at_least = int(np.searchsorted(differences, null, "left"))
    not_above = float(up_to[at_most - 1]) if at_most else 0.0
    not_below = float(from_on[at_least]) if at_least < differences.size else 0.0
    tails = {"one-sided": not_above, "less": not_below, "two-sided": 2 * min(not_above, not_below)}
    return min(1.0, max(LEAST, tails[alternative]))


def quantile_atoms(ordered: Array, q: float) -> tuple[Array, Array]:
    """Values of an arm's bootstrapped quantile and their probabilities, at most `ATOMS` of them.

    Args:
        ordered: values of the arm, sorted.
    """
    n = ordered.size
    spread = math.sqrt((n + 1) * q * (1 - q))
    first = max(1, math.floor((n + 1) * q - FAR * spread))
    last = min(n, math.ceil((n + 1) * q + FAR * spread))
    edges = np.unique(np.linspace(first, last + 1, min(ATOMS, last - first + 1) + 1).astype(np.int64))
    below = special.betaincc(edges, n + 2 - edges, q)  # P(rank < edge)
    below[0], below[-1] = 0.0, 1.0
    middle = (edges[:-1] + edges[1:] - 1) / 2
    return np.interp(middle, np.arange(1, n + 1), ordered), np.diff(below)
