"""From clients to a tree: most of them grow it, the others prune it, and all of them say what its leaves are worth."""

from typing import Final

import numpy as np

from training.uplift.binning import Floats, cut
from training.uplift.clients import classes_of, split
from training.uplift.pruning import prune
from training.uplift.tree import Bits, Growth, Tree, estimate, grow

VALIDATION: Final = 0.3
"""Share of the rows that prunes."""


def fit_tree(columns: list[Floats], treatment: Bits, outcome: Floats, growth: Growth, seed: int) -> Tree:
    """Grows on 70 % of the rows, prunes on 30 %, and estimates the leaves on all of them.

    Args:
        columns: the matrix, see `features.encode`.
        treatment, outcome: of the rows.
        growth: how the tree grows.
        seed: chooses the rows that prune.
    """
    classes = classes_of(outcome)
    strata = treatment.astype(np.int64) * (int(classes.max()) + 1) + classes
    growing, pruning = split(strata, (1 - VALIDATION, VALIDATION), seed)
    grown = [column[growing] for column in columns]
    tree = grow(cut(grown), treatment[growing], classes[growing], growth)
    tree = estimate(tree, tree.leaf_of(grown), treatment[growing], outcome[growing], growth.shrinkage)
    del grown
    held = [column[pruning] for column in columns]
    tree = prune(tree, tree.leaf_of(held), treatment[pruning], outcome[pruning])
    return estimate(tree, tree.leaf_of(columns), treatment, outcome, growth.shrinkage)
