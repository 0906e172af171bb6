"""Fits a tree to clients: its size and shrinkage are those that predict uplift best on validation parts."""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from training.uplift.clients import classes_of, cut_in_parts
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.binning import Binned, cut
from training.uplift.tree.pruning import keep_splits, splits_worth, squared_error, stand_ins, sum_over_leaves
from training.uplift.tree.tree import Growth, Tree, estimate, grow

FOLDS: Final = 5
SHRINKAGES: Final = (100.0, 300.0, 1_000.0, 3_000.0)
"""How many clients the parent's rates count for. On real e-mail data the best is a fifth of the clients of an arm, on
strong effects the least."""
LEAST: Final = np.concatenate([[0.0], np.geomspace(1e-6, 1e-2, 17)])
"""What each further leaf must add, in squared uplift per client."""


class TreeSize(NamedTuple):
    """The choice of the validation: the shrinkage, and what each further leaf must add."""

    shrinkage: float
    least: float


def fit_tree(part: TrainingRows, growth: Growth, seed: int) -> Tree:
    """A tree of all rows, with the size and shrinkage that are best on the validation parts of five folds.

    Args:
        part: the rows.
        growth: how the tree grows; its shrinkage is chosen here.
        seed: cuts the folds.
    """
    binned = cut(part.columns)
    return tree_of_size(binned, part, growth, choose_size(binned, part, growth, seed))


def choose_size(binned: Binned, part: TrainingRows, growth: Growth, seed: int) -> TreeSize:
    """The size with the smallest squared error of the uplift over the folds; of equal ones the smallest and most
    shrunken tree."""
    columns, treatment, outcome = part.columns, part.treatment, part.outcome
    classes = classes_of(outcome)
    leasts = np.ptp(outcome) ** 2 * LEAST
    error = np.zeros((len(SHRINKAGES), len(leasts)))
    stands = stand_ins(outcome, treatment)
    for validation in cut_in_parts(treatment.astype(np.int64) * 256 + classes, FOLDS, seed):
        growing = np.setdiff1d(np.arange(len(outcome)), validation, assume_unique=True)
        some = binned.take(growing)
        for number, shrinkage in enumerate(SHRINKAGES):
            own_growth = replace(growth, shrinkage=shrinkage)
            tree = grow(some, treatment[growing], classes[growing], own_growth)
            tree = estimate(
                tree, tree.leaf_of(columns, growing), treatment[growing], outcome[growing], shrinkage
            )
            own = squared_error(tree, tree.leaf_of(columns, validation), stands[validation])
            error[number] += [sum_over_leaves(tree, splits_worth(tree, least), own) for least in leasts]
    number, place = np.argwhere(error <= error.min())[-1]
    return TreeSize(SHRINKAGES[number], float(leasts[place]))


def tree_of_size(binned: Binned, part: TrainingRows, growth: Growth, size: TreeSize) -> Tree:
    """A tree of all rows, pruned and shrunken as was chosen."""
    tree = grow(binned, part.treatment, classes_of(part.outcome), replace(growth, shrinkage=size.shrinkage))
    tree = estimate(tree, tree.leaf_of(part.columns), part.treatment, part.outcome, size.shrinkage)
    tree = keep_splits(tree, splits_worth(tree, size.least))
    return estimate(tree, tree.leaf_of(part.columns), part.treatment, part.outcome, size.shrinkage)
