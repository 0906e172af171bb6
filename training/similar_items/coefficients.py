"""Computes how much a user likes a title, as one number, and the matrix of these numbers, with premieres
weighed down."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.similar_items.watching import Bits, Dates, Floats, Places, Watching


class Weights(NamedTuple):
    """The weight of each sign of liking; `dislike` is subtracted."""

    watched: float = 1.0
    favourite: float = 1.0
    like: float = 0.5
    dislike: float = 1.0


PREMIERE_LAMBDA: Final = 1.0


def median_shares(item: Places, share: NDArray[np.float32], items: int) -> Floats:
    """The median watched share of each title; NaN where nobody watched it."""
    order = np.lexsort((share, item))
    ordered = share[order].astype(np.float64)
    count = np.bincount(item, minlength=items)
    start = np.cumsum(count) - count
    middle = np.full(items, np.nan)
    seen = count > 0
    low, high = start[seen] + (count[seen] - 1) // 2, start[seen] + count[seen] // 2
    middle[seen] = (ordered[low] + ordered[high]) / 2
    return middle


def base_coefficients(watching: Watching, medians: Floats, weights: Weights) -> Floats:
    """max(0, 1[share >= median of the title] watched x share + favourite + like - dislike), one a row.

    Args:
        watching: one row a user and title.
        medians: by title, see `median_shares`.
        weights: of the four signs.
    """
    share = watching.share.astype(np.float64)
    far_enough = share >= medians[watching.item]
    liked = weights.watched * share * far_enough
    liked += weights.favourite * watching.favourite
    liked += weights.like * watching.like
    liked -= weights.dislike * watching.dislike
    return np.maximum(liked, 0.0)


def premieres(released: Dates, threshold: np.datetime64) -> Bits:
    """Titles released on the day `threshold` or later."""
    return np.asarray(released >= threshold)


def premiere_weights(premiere: Bits, premiere_lambda: float) -> Floats:
    """exp(-lambda) for premieres, 1 for all others."""
    return np.where(premiere, np.exp(-premiere_lambda), 1.0)


def build_matrix(watching: Watching, coefficients: Floats, items: int, item_weights: Floats) -> Any:
    """The sparse matrix item x user (scipy CSR, float64) of coefficients times the weight of the title."""
    from scipy import sparse

    kept = coefficients > 0
    item = watching.item[kept]
    values = coefficients[kept] * item_weights[item]
    return sparse.csr_array(
        (values, (item, watching.user[kept])), shape=(items, len(watching.users)), dtype=np.float64
    )
