"""Takes away the splits that do not hold on rows that did not choose them."""

from dataclasses import replace

import numpy as np

from training.uplift.binning import Floats
from training.uplift.tree import LEAF, Bits, Integers, Tree


def stand_ins(outcome: Floats, treatment: Bits) -> Floats:
    """One value per client whose mean over any group is, in expectation, the group's uplift (Athey & Imbens 2016).

    y (T / p - (1 - T) / (1 - p)) with the mean outcome taken off y, which changes no expectation and much of the noise.
    """
    share = treatment.mean()
    found: Floats = (outcome - outcome.mean()) * np.where(treatment == 1, 1 / share, -1 / (1 - share))
    return found


def prune(tree: Tree, leaf: Integers, treatment: Bits, outcome: Floats) -> Tree:
    """The subtree that predicts uplift best on validation rows.

    The squared error of a node's uplift u, up to what no tree can change, is sum(u^2 - 2 u z) over its rows, z standing in for
    the uplift that nobody sees. From the leaves up, a split stays where its children's error is below its own.

    Args:
        tree: with its means estimated on other rows.
        leaf: of the validation rows.
        treatment, outcome: of the validation rows.
    """
    clients = tree.add_up(leaf, np.ones(len(leaf)))
    stands = tree.add_up(leaf, stand_ins(outcome, treatment))
    own = tree.uplift**2 * clients - 2 * tree.uplift * stands
    best, kept = own.copy(), tree.column != LEAF
    for node in np.flatnonzero(kept)[::-1].tolist():
        below = best[tree.left[node]] + best[tree.right[node]]
        kept[node] = below < own[node]
        best[node] = min(below, own[node])
    return keep_splits(tree, kept)


def keep_splits(tree: Tree, kept: Floats) -> Tree:
    """The tree with these splits only, as far as they hang together."""
    new = np.full(len(tree.column), LEAF)
    new[0] = 0
    order = [0]
    for node in order:
        if kept[node]:
            for child in (int(tree.left[node]), int(tree.right[node])):
                new[child] = len(order)
                order.append(child)
    old = np.array(order)
    inner = kept[old].astype(bool)
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
