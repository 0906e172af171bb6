"""A tree on features whose leaves hold the uplift, grown by the divergence between the arms."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.uplift.tree.binning import MISSING, Binned, Codes, Floats
from training.uplift.tree.divergence import judge_splits, shrink

Integers = NDArray[np.int64]
Bits = NDArray[np.uint8]

LEAF: Final = -1


@dataclass(frozen=True)
class Growth:
    """How a tree grows.

    Attributes:
        depth: splits above a leaf at most. Two or three are best on real e-mail data, eight the worst.
        least_leaf: clients in a leaf at least.
        least_group: clients of each arm in a leaf at least.
        shrinkage: clients' worth of the parent's rates in each arm of a child.
        normalization: of the gain, see `divergence`.
    """

    depth: int = 3
    least_leaf: int = 200
    least_group: int = 80
    shrinkage: float = 1_000.0
    normalization: str = "rzepakowski"


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes by number; node 0 is the root, children come after their parents.

    Attributes:
        column: of the test, `LEAF` where there is none.
        threshold: the left child takes values up to it.
        missing_left: whether it takes missing values too.
        left, right: children.
        parent: the root's is 0.
        clients: by arm, shape (nodes, 2).
        mean: the outcome by arm, shrunken, shape (nodes, 2).
    """

    column: Integers
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: Integers
    right: Integers
    parent: Integers
    clients: Floats
    mean: Floats

    @property
    def uplift(self) -> Floats:
        """The uplift of every node."""
        difference: Floats = self.mean[:, 1] - self.mean[:, 0]
        return difference

    @property
    def leaves(self) -> Integers:
        """The numbers of the leaves."""
        return np.flatnonzero(self.column == LEAF)

    @property
    def depth(self) -> int:
        """Splits above the deepest leaf."""
        depth = np.zeros(len(self.column), dtype=np.int64)
        for node in range(1, len(depth)):
            depth[node] = depth[self.parent[node]] + 1
        return int(depth.max())

    def leaf_of(self, columns: list[Floats], among: Integers | None = None) -> Integers:
        """The leaf of every row, or of some of them."""
        node = np.zeros(len(columns[0]) if among is None else len(among), dtype=np.int64)
        for number in np.flatnonzero(self.column != LEAF).tolist():
            rows = np.flatnonzero(node == number)
            value = columns[self.column[number]][rows if among is None else among[rows]]
            goes_left = value <= self.threshold[number]
            if self.missing_left[number]:
                goes_left |= ~np.isfinite(value)
            node[rows] = np.where(goes_left, self.left[number], self.right[number])
        return node

    def score(self, columns: list[Floats]) -> Floats:
        """The uplift of every row."""
        return self.uplift[self.leaf_of(columns)]

    def add_up(self, leaf: Integers, amount: Floats) -> Floats:
        """The sums of a value of the rows by node, from the leaf of each row."""
        summed = np.bincount(leaf, amount, minlength=len(self.column)).astype(np.float64)
        for node in range(len(summed) - 1, 0, -1):
            summed[self.parent[node]] += summed[node]
        return summed


@dataclass(eq=False)
class _Node:
    """A node that grows."""

    rows: Integers | slice
    counts: Floats
    rates: Floats
    depth: int
    column: int = LEAF
    threshold: float = float("nan")
    missing_left: bool = False
    children: tuple[int, int] = (LEAF, LEAF)
    parent: int = 0


@dataclass(frozen=True)
class _Split:
    criterion: float
    column: int
    edge: int
    missing_left: bool
    left: Floats


def grow(binned: Binned, treatment: Bits, outcome_class: Bits, growth: Growth) -> Tree:
    """Grows a tree; its means are not estimated yet (`estimate`).

    Args:
        binned: the features of the rows.
        treatment: 1 influenced, 0 left alone.
        outcome_class: number of the outcome's class, from 0 on.
        growth: when to stop.
    """
    classes = int(outcome_class.max()) + 1 if len(outcome_class) else 1
    cell = treatment.astype(np.int32) * classes + outcome_class
    counts = np.bincount(cell, minlength=2 * classes).astype(np.float64).reshape(2, classes)
    root_rates = shrink(counts, np.full((2, classes), 1 / classes), 1.0)
    nodes = [_Node(slice(None), counts, root_rates, 0)]
    for node in nodes:  # which grows while it is gone through
        split = _best_split(node, binned, cell, growth) if node.depth < growth.depth else None
        if split is not None:
            _divide(nodes, node, split, binned, growth)
        node.rows = slice(0, 0)
    return _frozen(nodes)


def _best_split(node: _Node, binned: Binned, cell: NDArray[np.int32], growth: Growth) -> _Split | None:
    found = [
        split
        for column, (codes, edges) in enumerate(zip(binned.codes, binned.edges, strict=True))
        if len(edges) and (split := _best_of_column(node, column, codes, len(edges), cell, growth))
    ]
    return max(found, key=lambda split: split.criterion, default=None)


def _best_of_column(
    node: _Node, column: int, codes: Codes, edges: int, cell: NDArray[np.int32], growth: Growth
) -> _Split | None:
    cells = node.counts.size
    keys = codes[node.rows] * np.int32(cells) + cell[node.rows]
    counted = np.bincount(keys, minlength=(edges + 2) * cells).astype(np.float64)
    table = counted.reshape(edges + 2, *node.counts.shape)
    missing, upto = table[MISSING], np.cumsum(table[1:-1], axis=0)
    left = np.concatenate([upto, upto + missing]) if missing.any() else upto
    arms = left.sum(axis=-1)
    others = node.counts.sum(axis=-1) - arms
    fits = np.minimum(arms, others).min(axis=-1) >= max(growth.least_group, 1)
    fits &= np.minimum(arms.sum(axis=-1), others.sum(axis=-1)) >= growth.least_leaf
    if not fits.any():
        return None
    possible = np.flatnonzero(fits)
    quality = judge_splits(
        node.counts,
        left[possible],
        rates=node.rates,
        shrinkage=growth.shrinkage,
        normalization=growth.normalization,
    )
    criterion = np.nan_to_num(quality.criterion, nan=-np.inf)
    best = int(np.argmax(criterion))
    if not criterion[best] > 0:
        return None
    place = int(possible[best])
    larger_left = bool(arms[place].sum() >= others[place].sum())
    missing_left = place >= edges if missing.any() else larger_left
    return _Split(float(criterion[best]), column, place % edges, missing_left, left[place])


def _divide(nodes: list[_Node], node: _Node, split: _Split, binned: Binned, growth: Growth) -> None:
    codes = binned.codes[split.column][node.rows]
    goes_left = (codes <= split.edge + 1) & (codes != MISSING)
    if split.missing_left:
        goes_left |= codes == MISSING
    number = nodes.index(node)
    node.column, node.missing_left = split.column, split.missing_left
    node.threshold = float(binned.edges[split.column][split.edge])
    node.children = len(nodes), len(nodes) + 1
    for side, counts in ((goes_left, split.left), (~goes_left, node.counts - split.left)):
        rows = np.flatnonzero(side) if isinstance(node.rows, slice) else node.rows[side]
        rates = shrink(counts, node.rates, growth.shrinkage)
        nodes.append(_Node(rows, counts, rates, node.depth + 1, parent=number))


def _frozen(nodes: list[_Node]) -> Tree:
    return Tree(
        np.array([node.column for node in nodes]),
        np.array([node.threshold for node in nodes]),
        np.array([node.missing_left for node in nodes]),
        np.array([node.children[0] for node in nodes]),
        np.array([node.children[1] for node in nodes]),
        np.array([node.parent for node in nodes]),
        np.array([node.counts.sum(axis=-1) for node in nodes]),
        np.zeros((len(nodes), 2)),
    )


def estimate(tree: Tree, leaf: Integers, treatment: Bits, outcome: Floats, shrinkage: float) -> Tree:
    """The tree with the mean outcome of every node and arm, shrunken toward the parent's.

    Args:
        leaf: of every row, as `leaf_of` gives it.
        shrinkage: clients' worth of the parent's mean in each arm.
    """
    clients = np.stack([tree.add_up(leaf, (treatment == arm).astype(np.float64)) for arm in (0, 1)], axis=1)
    summed = np.stack([tree.add_up(leaf, np.where(treatment == arm, outcome, 0.0)) for arm in (0, 1)], axis=1)
    mean = np.zeros_like(summed)
    mean[0] = summed[0] / clients[0]
    for node in range(1, len(mean)):
        mean[node] = (summed[node] + shrinkage * mean[tree.parent[node]]) / (clients[node] + shrinkage)
    return replace(tree, clients=clients, mean=mean)
