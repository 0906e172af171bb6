"""A tree as arrays, and what the nodes that end a walk say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Floats, WordBuilder, Words, to_float32
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch, Gather
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.tree.nodes import TreeNode
from liftstream.scoring.families.tree.packed import PackedLeaves
from liftstream.scoring.families.tree.walk import Arrays, States
from liftstream.scoring.fields.target import Target


class Leaves:
    """What the nodes that end a walk say, one row each; row 0 is "no prediction"."""

    def __init__(self, target: Target, classes: Sequence[str]) -> None:
        self.target, self.classes = target, tuple(classes)
        self.nodes: list[TreeNode | None] = [None]

    def add(self, node: TreeNode) -> int:
        """The row of a node."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def values(self) -> Floats:
        """Numbers of a regression."""
        return np.array([_number(node) for node in self.nodes])

    def labels(self) -> Words:
        """Classes."""
        builder = WordBuilder(self.classes)
        codes = [MISSING if node is None else builder.code(node.score) for node in self.nodes]
        return builder.words(np.array(codes, dtype=np.intp))

    def ids(self) -> Words:
        """Ids of the nodes."""
        builder = WordBuilder()
        codes = [MISSING if node is None else builder.code(node.id) for node in self.nodes]
        return builder.words(np.array(codes, dtype=np.intp))

    def probabilities(self) -> Floats | None:
        """[nodes, classes], from `probability` where it is given and the counts otherwise; None without distributions."""
        return self._shares(lambda counts: counts[2])

    def confidences(self) -> Floats | None:
        """[nodes, classes], from `confidence` where it is given and the counts otherwise; None where none is given."""
        given = (counts[1] for node in self.nodes if node for counts in node.distribution.values())
        return self._shares(lambda counts: counts[1]) if any(one is not None for one in given) else None

    def _shares(self, given) -> Floats | None:  # type: ignore[no-untyped-def]
        shares = np.full((len(self.nodes), len(self.classes)), np.nan)
        for row, node in enumerate(self.nodes):
            if node is None or not node.distribution:
                continue
            total = sum(counts[0] for counts in node.distribution.values())
            for column, name in enumerate(self.classes):
                counts = node.distribution.get(name, (0.0, None, None))
                explicit = given(counts)
                shares[row, column] = (
                    explicit if explicit is not None else counts[0] / total if total else 0.0
                )
        return None if np.isnan(shares).all() else shares


def _number(node: TreeNode | None) -> float:
    if node is None or node.score is None:
        return np.nan
    return node.element.parse_number(node.score, "score")


@dataclass
class FlatTree(Family):
    """A tree as arrays: `leaf` [states] is the row of `leaves` of a terminal state."""

    arrays: Arrays
    slots: tuple[int, ...]
    leaf: States
    leaves: Leaves | PackedLeaves
    penalty: float
    penalties: States
    float32: bool
    gather: Gather

    def __post_init__(self) -> None:
        leaves = self.leaves
        self.classes = leaves.classes
        regression = leaves.target.function == "regression"
        self.values = leaves.values()[self.leaf] if regression else None
        self.labels = None if regression else leaves.labels().take(self.leaf)
        self.ids = leaves.ids().take(self.leaf)
        shares = (None, None) if regression else (leaves.probabilities(), leaves.confidences())
        self.probabilities, self.confidences = (None if s is None else s[self.leaf] for s in shares)

    def matrix(self, batch: Batch) -> Floats:
        """What the tree compares, [rows, slots]."""
        matrix = self.gather(batch)
        return to_float32(matrix) if self.float32 else matrix

    def reach(self, batch: Batch) -> States:
        """The terminal state of every row."""
        states: States = self.arrays.walk(self.matrix(batch))[0]
        return states

    def predict(self, batch: Batch) -> Predictions:
        """The scores of the nodes that the rows reach."""
        return self.answer(self.reach(batch))

    def answer(self, states: States) -> Predictions:
        """The scores of the nodes that these terminal states are."""
        if self.values is not None:
            return Predictions(self.values[states], entity=self.ids.take(states))
        assert self.labels is not None  # noqa: S101 - a tree has one or the other
        confidences = None if self.confidences is None else self.confidences[states]
        if confidences is not None and self.penalty != 1.0:
            confidences = confidences * (self.penalty ** self.penalties[states])[:, None]
        return Predictions(
            self.labels.take(states),
            self.leaves.classes,
            None if self.probabilities is None else self.probabilities[states],
            confidences,
            entity=self.ids.take(states),
        )
