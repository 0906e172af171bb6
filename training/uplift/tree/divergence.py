"""Measures how well a split separates clients by their uplift: Kullback-Leibler divergence between the arms,
normalised.

Counts of clients have the shape (..., 2, classes): arms in the order left alone, influenced; classes of the outcome.
Rates are the same, divided. The criterion is Rzepakowski and Jaroszewicz's (2012), in natural logarithms.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CONTROL, TREATED = 0, 1
CAUSALML_MORE: Final = 0.1
"""causalml adds it to an arm before it divides by it."""


class SplitQuality(NamedTuple):
    """The quality of splits, in nats; one value, or one per split.

    Attributes:
        before: divergence of the arms in the node.
        left, right: the same in its children.
        gain: the children's, weighted by their clients, less the node's.
        normalizer: what the gain is divided by: large where the test tells the arms apart, or cuts them finely.
    """

    before: Floats
    left: Floats
    right: Floats
    gain: Floats
    normalizer: Floats

    @property
    def criterion(self) -> Floats:
        """Gain by normaliser."""
        return self.gain / self.normalizer


def kl_divergence(p: Floats, q: Floats) -> Floats:
    """sum p ln(p / q) over the last axis; infinite if q is 0 where p is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    found: Floats = terms.sum(axis=-1)
    return found


def entropy(p: Floats) -> Floats:
    """-sum p ln p over the last axis."""
    return -kl_divergence(p, np.ones_like(p))


def shrink(counts: Floats, toward: Floats, weight: float) -> Floats:
    """m-estimates of the rates: as if `weight` more clients had come with the rates `toward` (Cestnik 1990)."""
    clients = counts.sum(axis=-1, keepdims=True) + weight
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(clients > 0, (counts + weight * toward) / clients, toward)
    return found


def judge_splits(
    node: Floats,
    left: Floats,
    *,
    rates: Floats | None = None,
    shrinkage: float = 0.0,
    normalization: str = "rzepakowski",
) -> SplitQuality:
    """Gain and normaliser of splits of one node.

    Args:
        node: counts, shape (2, classes).
        left: counts of the left child, shape (..., 2, classes), one for each split.
        rates: the node's, shape (2, classes); default: its raw ones.
        shrinkage: clients' worth of the node's rates in each arm of a child.
        normalization: `rzepakowski`, `causalml` or `none`.
    """
    right = node - left
    own = shrink(node, np.zeros_like(node), 0.0) if rates is None else rates
    before = kl_divergence(own[TREATED], own[CONTROL])
    inside = [
        kl_divergence(child[..., TREATED, :], child[..., CONTROL, :])
        for child in (shrink(left, own, shrinkage), shrink(right, own, shrinkage))
    ]
    share = left.sum(axis=(-1, -2)) / node.sum()
    with np.errstate(invalid="ignore"):  # a node and a child both infinitely far apart: no number says more
        gain = share * inside[0] + (1 - share) * inside[1] - before
    normalizer = normalizer_of(node.sum(axis=-1), left.sum(axis=-1), normalization)
    return SplitQuality(before, inside[0], inside[1], gain, normalizer)


def normalizer_of(node: Floats, left: Floats, normalization: str) -> Floats:
    """The divisor of the gain, from clients per arm: shapes (2,) and (..., 2).

    H(N^T/N, N^C/N) KL(P^T(A) : P^C(A)) + N^T/N H(P^T(A)) + N^C/N H(P^C(A)) + 1/2, where A is the test. causalml takes
    the share of the right child alone, and of every entropy one term.
    """
    arms = node / node.sum()
    if normalization == "none":
        return np.ones(left.shape[:-1])
    if normalization == "causalml":
        right = (node - left) / (node + CAUSALML_MORE)
        both = np.stack([right, 1 - right], axis=-1)
        mixed = (
            -arms[TREATED]
            * np.log(arms[CONTROL])
            * kl_divergence(both[..., TREATED, :], both[..., CONTROL, :])
        )
        alone: Floats = mixed + entropy(right[..., np.newaxis]) @ arms + 0.5
        return alone
    went = left / node
    test = np.stack([went, 1 - went], axis=-1)
    apart = entropy(arms) * kl_divergence(test[..., TREATED, :], test[..., CONTROL, :])
    whole: Floats = apart + entropy(test) @ arms + 0.5
    return whole
