"""Ranking quality: the rank correlation, and the share of the money from the top."""

import math
from typing import Final

import numpy as np

from liftstream.forecast.history import Floats

TOP: Final = 0.2


def spearman(predicted: Floats, spent: Floats) -> float:
    """The correlation of ranks (Spearman 1904), ties at their mean rank; NaN if all predictions are equal."""
    from scipy.stats import rankdata

    first, second = rankdata(predicted), rankdata(spent)
    if first.std() == 0 or second.std() == 0:
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


def top_share(predicted: Floats, spent: Floats, top: float = TOP) -> float:
    """The share of all money that comes from the `top` share of users with the highest predictions.

    Users with the same prediction share the places that are left for them.
    """
    places, total = max(round(top * len(predicted)), 1), float(spent.sum())
    if not total:
        return math.nan
    order = np.argsort(-predicted, kind="stable")
    last = predicted[order[places - 1]]
    above, level = predicted > last, predicted == last
    left = (places - np.count_nonzero(above)) / np.count_nonzero(level)
    return float((spent[above].sum() + left * spent[level].sum()) / total)
