"""Describes the leaves of a tree for people: what leads there, what influencing changes, and what it changed in test
clients."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from liftstream.experiment.moments import Moments
from training.uplift.clients import Clients
from training.uplift.features import Column
from training.uplift.judging import rounded
from training.uplift.tree.binning import Floats
from training.uplift.tree.tree import Tree


class Leaf(NamedTuple):
    """A leaf of the tree.

    Attributes:
        rule: the tests that lead there.
        uplift: as the tree has it.
        clients: of the test part that end there.
        observed, low, high: what influencing changed in them, with its 95 % interval; None where an arm has too few.
    """

    rule: str
    uplift: float
    clients: int
    observed: float | None
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, Any]:
        """The leaf for the card."""
        figures = {name: rounded(getattr(self, name)) for name in ("uplift", "observed", "low", "high")}
        return {"rule": self.rule, "clients": self.clients, **figures}


def describe_leaves(tree: Tree, columns: Sequence[Column], matrix: list[Floats], test: Clients) -> list[Leaf]:
    """The leaves, those with the highest uplift first.

    Args:
        columns: of the matrix.
        matrix: of the test clients.
        test: clients that the tree has not seen.
    """
    from liftstream.experiment.compare.means import welch

    leaf = tree.leaf_of(matrix)
    found = []
    for node in tree.leaves[np.argsort(-tree.uplift[tree.leaves], kind="stable")].tolist():
        there = leaf == node
        arms = [Moments.of(test.outcome[there & (test.treatment == arm)]) for arm in (0, 1)]
        interval: tuple[float | None, float | None, float | None] = None, None, None
        if min(arm.n for arm in arms) >= 2 and any(arm.m2 > 0 for arm in arms):
            difference = welch(*arms, alternative="two-sided")
            interval = difference.effect, difference.ci_low, difference.ci_high
        found.append(
            Leaf(rule_of(tree, columns, node), float(tree.uplift[node]), int(there.sum()), *interval)
        )
    return found


def rule_of(tree: Tree, columns: Sequence[Column], node: int) -> str:
    """The tests on the way to a node, each column's together, the root's first."""
    bounds: dict[Column, tuple[float, float]] = {}
    while node:
        above = int(tree.parent[node])
        column, threshold = columns[tree.column[above]], float(tree.threshold[above])
        low, high = bounds.pop(column, (-np.inf, np.inf))
        is_left = tree.left[above] == node
        bounds[column] = (low, min(high, threshold)) if is_left else (max(low, threshold), high)
        node = above
    return ", ".join(_said(column, *bound) for column, bound in reversed(bounds.items())) or "everybody"


def _said(column: Column, low: float, high: float) -> str:
    if column.value is not None:
        return f"{column.field} {'is' if low > -np.inf else 'is not'} {column.value}"
    if column.is_flag:
        return f"{column.field} is {'1' if low > -np.inf else '0'}"
    if low == -np.inf:
        return f"{column.field} ≤ {high:g}"
    return f"{column.field} > {low:g}" if high == np.inf else f"{low:g} < {column.field} ≤ {high:g}"
