"""Pruning: removes the splits that do not hold on validation rows."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.uplift.tree.binning import Floats
from training.uplift.tree.tree import LEAF, Bits, Integers, Tree


def stand_ins(outcome: Floats, treatment: Bits) -> Floats:
    """One value per client whose mean over any group is, in expectation, the group's uplift (Athey & Imbens 2016).

    y (T / p - (1 - T) / (1 - p)) with the mean outcome taken off y, which changes no expectation and much of the noise.
    """
    share = treatment.mean()
    found: Floats = (outcome - outcome.mean()) * np.where(treatment == 1, 1 / share, -1 / (1 - share))
    return found


def squared_error(tree: Tree, leaf: Integers, stands: Floats) -> Floats:
    """The squared error of every node's uplift u as a leaf, up to what no tree can change: sum(u^2 - 2 u z) over its rows.

    Args:
        tree: with its means estimated on other rows.
        leaf: of the validation rows.
        stands: what stands in for the uplift z that nobody sees, of the validation rows.
    """
    clients, summed = tree.add_up(leaf, np.ones(len(leaf))), tree.add_up(leaf, stands)
    error: Floats = tree.uplift**2 * clients - 2 * tree.uplift * summed
    return error


def splits_worth(tree: Tree, least: float) -> NDArray[np.bool_]:
    """The splits that stay if every further leaf must add `least` (weakest links go first: Breiman and others 1984).

    What splits add is what they do to the mean square of the predicted uplift over the clients of training.

    Args:
        least: addition per leaf; with 0 every split stays that adds anything.
    """
    clients = tree.clients.sum(axis=1)
    square = tree.uplift**2 * clients / clients[0]
    kept: NDArray[np.bool_] = tree.column != LEAF
    leaves, below = np.ones(len(kept)), np.zeros(len(kept))
    for node in np.flatnonzero(kept)[::-1].tolist():
        left, right = tree.left[node], tree.right[node]
        count = leaves[left] + leaves[right]
        added = square[left] + square[right] - square[node] + below[left] + below[right]
        kept[node] = added > least * (count - 1)
        if kept[node]:
            leaves[node], below[node] = count, added
    return kept


def sum_over_leaves(tree: Tree, kept: NDArray[np.bool_], amount: Floats) -> float:
    """The sum of a value of the nodes over the leaves that these splits leave."""
    total, waiting = 0.0, [0]
    while waiting:
        node = waiting.pop()
        if kept[node]:
            waiting += [int(tree.left[node]), int(tree.right[node])]
        else:
            total += float(amount[node])
    return total


def keep_splits(tree: Tree, kept: NDArray[np.bool_]) -> Tree:
    """The tree with these splits only, as far as they are connected to the root."""
    new = np.full(len(tree.column), LEAF)
    new[0] = 0
    order = [0]
    for node in order:
        if kept[node]:
            for child in (int(tree.left[node]), int(tree.right[node])):
                new[child] = len(order)
                order.append(child)
    old = np.array(order)
    inner = kept[old]
    return replace(
        tree,
        column=np.where(inner, tree.column[old], LEAF),
        threshold=np.where(inner, tree.threshold[old], np.nan),
        missing_left=tree.missing_left[old] & inner,
        left=np.where(inner, new[tree.left[old]], LEAF),
        right=np.where(inner, new[tree.right[old]], LEAF),
        parent=new[tree.parent[old]],
        clients=tree.clients[old],
        mean=tree.mean[old],
    )
