"""From clients to a tree: its size and its shrinkage are what predicts uplift best on validation parts."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.uplift.binning import Binned, Floats, cut
from training.uplift.clients import classes_of, cut_in_parts
from training.uplift.pruning import keep_splits, splits_worth, squared_error, stand_ins, sum_over_leaves
from training.uplift.tree import Bits, Growth, Integers, Tree, estimate, grow

FOLDS: Final = 5
SHRINKAGES: Final = (100.0, 300.0, 1_000.0, 3_000.0)
"""Clients' worth of the parent's rates. On real e-mail data the best is a fifth of the clients of an arm, on strong effects the least."""
LEAST: Final = np.concatenate([[0.0], np.geomspace(1e-6, 1e-2, 17)])
"""What a leaf more must add, in squared uplift per client."""


def fit_tree(columns: list[Floats], treatment: Bits, outcome: Floats, growth: Growth, seed: int) -> Tree:
    """A tree of all rows, as large and as shrunken as is best on the validation part of five folds.

    Args:
        columns: the matrix, see `features.encode`.
        treatment, outcome: of the rows.
        growth: how the tree grows; its shrinkage is chosen here.
        seed: cuts the folds.
    """
    binned, classes = cut(columns), classes_of(outcome)
    scale = float(np.ptp(outcome)) ** 2
    error = np.zeros((len(SHRINKAGES), len(LEAST)))
    stands = stand_ins(outcome, treatment)
    for validation in cut_in_parts(treatment.astype(np.int64) * 256 + classes, FOLDS, seed):
        growing = np.setdiff1d(np.arange(len(outcome)), validation, assume_unique=True)
        some = binned.take(growing)
        for number, shrinkage in enumerate(SHRINKAGES):
            tree = _grow(
                some, columns, growing, treatment, outcome, classes, replace(growth, shrinkage=shrinkage)
            )
            own = squared_error(tree, tree.leaf_of(columns, validation), stands[validation])
            error[number] += [
                sum_over_leaves(tree, splits_worth(tree, scale * least), own) for least in LEAST
            ]
    number, least = _best(error)
    growth = replace(growth, shrinkage=SHRINKAGES[number])
    tree = _grow(binned, columns, None, treatment, outcome, classes, growth)
    tree = keep_splits(tree, splits_worth(tree, scale * least))
    return estimate(tree, tree.leaf_of(columns), treatment, outcome, growth.shrinkage)


def _grow(
    binned: Binned,
    columns: list[Floats],
    rows: Integers | None,
    treatment: Bits,
    outcome: Floats,
    classes: Bits,
    growth: Growth,
) -> Tree:
    some = slice(None) if rows is None else rows
    tree = grow(binned, treatment[some], classes[some], growth)
    return estimate(tree, tree.leaf_of(columns, rows), treatment[some], outcome[some], growth.shrinkage)


def _best(error: NDArray[np.float64]) -> tuple[int, float]:
    """Where the error is least; of equal ones the most shrunken and smallest tree."""
    number, place = np.argwhere(error <= error.min())[-1]
    return int(number), float(LEAST[place])
