"""One step of the loop: the users that the model classifies correctly, at the threshold with the largest F1."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]


class SelectionQuality(NamedTuple):
    """How well probabilities fit labels, and which users are classified correctly.

    Attributes:
        roc_auc: probability that an engaged user scores higher than another, ties half; NaN with one class only.
        threshold: the probability from which F1 is largest; of several the largest.
        f1: at the threshold.
        right: users whose side of the threshold is that of their label.
    """

    roc_auc: float
    threshold: float
    f1: float
    right: Bits


def select_right(label: NDArray[np.generic], probability: Floats) -> SelectionQuality:
    """Chooses the threshold with the largest F1 among the probabilities that occur.

    Args:
        label: 1 for engaged, else 0.
        probability: of being engaged.

    Raises:
        ValueError: there is nobody, or lengths differ.
    """
    engaged = np.asarray(label) == 1
    probability = np.asarray(probability, dtype=np.float64)
    if not len(engaged) or engaged.shape != probability.shape:
        raise ValueError(
            f"{len(engaged)} labels and {len(probability)} probabilities; one of each a user is needed"
        )
    if not np.isfinite(probability).all():
        raise ValueError(f"{int((~np.isfinite(probability)).sum())} probabilities are no finite numbers")
    threshold, f1 = _best_threshold(engaged, probability)
    return SelectionQuality(
        _roc_auc(engaged, probability), threshold, f1, (probability >= threshold) == engaged
    )


def f1_at(label: NDArray[np.generic], probability: Floats, threshold: float) -> float:
    """F1 = 2 TP / (2 TP + FP + FN) if users from `threshold` on are called engaged; 0 if nobody is engaged or called
    so."""
    engaged, called = np.asarray(label) == 1, np.asarray(probability) >= threshold
    both = int(engaged.sum()) + int(called.sum())
    return 2 * int((engaged & called).sum()) / both if both else 0.0


def _best_threshold(engaged: Bits, probability: Floats) -> tuple[float, float]:
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    last = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])  # of each group of equal probabilities
    hits = np.cumsum(engaged[order])[last]
    f1 = 2 * hits / (last + 1 + int(engaged.sum()))
    best = int(np.argmax(f1))  # the first of equal ones: the largest threshold
    return float(ordered[last[best]]), float(f1[best])


def _roc_auc(engaged: Bits, probability: Floats) -> float:
    from scipy.stats import rankdata

    positives, negatives = int(engaged.sum()), int((~engaged).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(probability)[engaged].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))
