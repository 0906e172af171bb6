"""Chooses how far the scores of premieres are lowered: the weight that reduces them to a share of the places in
lists."""

from typing import Final

import numpy as np

from training.similar_items.coefficients import premiere_weights
from training.similar_items.neighbours import Lists, Rules, rank_candidates
from training.similar_items.watching import Bits

MOST_LAMBDA: Final = 8.0
"""Largest lambda: with exp(-8) a premiere is behind every other title that is similar at all."""
HALVINGS: Final = 16


def premiere_share(lists: Lists, premiere: Bits) -> float:
    """The share of all places that premieres hold."""
    named = lists.neighbour[lists.filled]
    return float(premiere[named].mean()) if len(named) else 0.0


def choose_score_lambda(candidates: Lists, premiere: Bits, rules: Rules, most_share: float) -> float:
    """The smallest lambda (to 0.0002) with which premieres hold at most `most_share` of the places.

    MOST_LAMBDA where none does: then lists are so short that premieres fill what nothing else does.

    Args:
        candidates: with enough titles of both kinds, see `find_candidates`.
        premiere: by title.
        rules: of the lists.
        most_share: of the places.
    """

    def holds(score_lambda: float) -> bool:
        weight = premiere_weights(premiere, score_lambda)
        return premiere_share(rank_candidates(candidates, weight, rules), premiere) <= most_share

    if holds(0.0):
        return 0.0
    low, high = 0.0, MOST_LAMBDA
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return float(np.round(high, 4))
