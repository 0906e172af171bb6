"""Many trees as one: their arrays joined, so that all rows walk through all of them at once."""

from collections.abc import Sequence

import numpy as np

from liftstream.scoring.batch.columns import Floats, to_float32
from liftstream.scoring.batch.program import Batch, Gather, Program
from liftstream.scoring.families.tree.tree import FlatTree
from liftstream.scoring.families.tree.walk import Arrays, States


class Forest:
    """Trees that every row goes through.

    Attributes:
        values: [states] of a regression, NaN where there is no prediction.
        codes: [states] classes of a classifier, -1 likewise, into `classes`.
        probabilities: [states, classes], where every tree has them.
    """

    def __init__(self, trees: Sequence[FlatTree], program: Program) -> None:
        slots = list(dict.fromkeys(slot for tree in trees for slot in tree.slots))
        self._gather = Gather(program, slots)
        self._float32 = trees[0].float32
        self.arrays = _join(trees, {slot: column for column, slot in enumerate(slots)})
        self.classes = tuple(dict.fromkeys(name for tree in trees for name in tree.leaves.classes))
        self.values = None
        self.codes = self.probabilities = None
        if trees[0].values is not None:
            self.values = np.concatenate([tree.values for tree in trees if tree.values is not None])
            return
        column = {name: place for place, name in enumerate(self.classes)}
        self.codes = np.concatenate([_codes(tree, column) for tree in trees])
        if all(tree.probabilities is not None for tree in trees):
            self.probabilities = np.concatenate([_shares(tree, column) for tree in trees])

    @staticmethod
    def fits(trees: Sequence[object]) -> bool:
        """Whether these are trees that can be joined."""
        found = [tree for tree in trees if isinstance(tree, FlatTree)]
        return len(found) == len(trees) > 1 and len({(t.float32, t.values is None) for t in found}) == 1

    def walk(self, batch: Batch) -> States:
        """The terminal states [trees, rows]."""
        matrix = self._gather(batch)
        return self.arrays.walk(to_float32(matrix) if self._float32 else matrix)


def _join(trees: Sequence[FlatTree], columns: dict[int, int]) -> Arrays:
    offsets = np.cumsum([0, *(len(tree.arrays.column) for tree in trees)])[:-1]
    mapped = [np.array([columns[slot] for slot in tree.slots] or [0], dtype=np.intp) for tree in trees]
    pairs = list(zip(trees, offsets, strict=True))
    return Arrays(
        column=np.concatenate(
            [places[tree.arrays.column] for tree, places in zip(trees, mapped, strict=True)]
        ),
        threshold=np.concatenate([tree.arrays.threshold for tree in trees]),
        jump=np.concatenate([tree.arrays.jump + offset for tree, offset in pairs]),
        unknown=np.concatenate([tree.arrays.unknown + offset for tree, offset in pairs]),
        roots=np.concatenate([tree.arrays.roots + offset for tree, offset in pairs]),
        depth=np.concatenate([tree.arrays.depth for tree in trees]),
    )


def _codes(tree: FlatTree, column: dict[str, int]) -> States:
    assert tree.labels is not None  # noqa: S101 - a classifier's tree has labels
    table = np.array([*(column[word] for word in tree.labels.vocabulary), -1], dtype=np.intp)
    return table[tree.labels.codes]


def _shares(tree: FlatTree, column: dict[str, int]) -> Floats:
    assert tree.probabilities is not None  # noqa: S101 - the caller looked
    wide = np.zeros((len(tree.probabilities), len(column)))
    wide[:, [column[name] for name in tree.leaves.classes]] = tree.probabilities
    wide[np.isnan(tree.probabilities).any(axis=1)] = np.nan
    return wide
