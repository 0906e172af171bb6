"""Trees that follow several children where a predicate is unknown: aggregateNodes and weightedConfidence.

At a node some of whose children's predicates are unknown, every child that is not false is entered.

- aggregateNodes adds up the record counts of all leaves that are reached; shares of the sums are the confidences.
- weightedConfidence takes each entered child's confidences, weighted by its share of their records.

A regression adds up (or weighs) scores in the same way. Rows without an unknown predicate walk down one path, and get
the score, the probabilities and the confidences of the node where they end, as in any other tree.
"""

import numpy as np

from liftstream.scoring.batch.columns import Floats, choose, scatter
from liftstream.scoring.batch.prediction import Predictions, classified
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.tree.nodes import TreeNode
from liftstream.scoring.families.tree.tree import FlatTree
from liftstream.scoring.families.tree.walk import NOWHERE


class Mixture(Family):
    """A tree whose answer may be mixed from several leaves; `tree` answers the rows that need no mixing."""

    def __init__(self, root: TreeNode, strategy: str, last: bool, tree: FlatTree) -> None:
        self.root, self.strategy, self.last, self.tree = root, strategy, last, tree
        self.classes = tree.classes
        self._regression = tree.values is not None

    def predict(self, batch: Batch) -> Predictions:
        """What the node says where one path leads to it, else mixed confidences and their winner, or a mixed number."""
        states = self.tree.reach(batch)
        prediction, lost = self.tree.answer(states), states == NOWHERE
        if not lost.any():
            return prediction
        rows = np.flatnonzero(lost)
        mixed = self._mix(batch.take(rows))
        prediction.value = choose(lost, scatter(mixed.value, rows, batch.rows), prediction.value)
        if prediction.probabilities is not None:
            prediction.probabilities[rows] = mixed.probabilities
        if prediction.confidences is not None:
            prediction.confidences[rows] = mixed.probabilities
        return prediction

    def _mix(self, batch: Batch) -> Predictions:
        result = np.full((batch.rows, 1 if self._regression else len(self.classes)), np.nan)
        begin = self.root.predicate.evaluate(batch) == 1.0
        if begin.any():
            rows = np.flatnonzero(begin)
            result[rows] = self._finish(self._enter(self.root, batch.take(rows)))
        return Predictions(result[:, 0]) if self._regression else classified(result, self.classes)

    def _finish(self, mixed: Floats) -> Floats:
        """Sums made into shares; [rows, classes] or [rows, 1]."""
        values, records = mixed[:, :-1], mixed[:, -1:]
        if self.strategy == "weightedConfidence":
            return np.asarray(values)
        return np.asarray(values / records)

    def _enter(self, node: TreeNode, batch: Batch) -> Floats:
        """What rows that arrive at `node` get: [rows, classes + 1], the last column the records behind it."""
        if not node.children:
            return np.tile(self._own(node), (batch.rows, 1))
        outcomes = np.stack([child.predicate.evaluate(batch) for child in node.children])
        entered = self._entered(outcomes)
        mixed = np.zeros((batch.rows, len(self._own(node))))
        several = entered.sum(axis=0) > 1
        weights = np.array([child.records or 0.0 for child in node.children])
        total = np.where(entered, weights[:, None], 0.0).sum(axis=0)
        for child, here, weight in zip(node.children, entered, weights, strict=True):
            rows = np.flatnonzero(here)
            if len(rows):
                part = self._enter(child, batch.take(rows))
                mixed[rows] += self._weigh(part, weight, total[rows], several[rows])
        nowhere = ~entered.any(axis=0)
        if nowhere.any():
            mixed[nowhere] = self._own(node) if self.last else np.nan
        return mixed

    def _weigh(self, part: Floats, weight: float, total: Floats, several: Floats) -> Floats:
        if self.strategy == "aggregateNodes":
            return part
        return np.where(several[:, None], part * (weight / total)[:, None], part)

    def _entered(self, outcomes: Floats) -> Floats:
        """Which children [children, rows] a row goes to: the first true one, or from an unknown one on all not false."""
        unknown, true = np.isnan(outcomes), outcomes == 1.0
        before = np.cumsum(true | unknown, axis=0) - (true | unknown)
        first_true = true & (before == 0)
        ends = first_true.any(axis=0)
        return np.asarray(np.where(ends, first_true, outcomes != 0.0))

    def _own(self, node: TreeNode) -> Floats:
        """A node's own counts (aggregateNodes) or confidences, and its records."""
        records = node.records
        if records is None:
            records = sum(counts[0] for counts in node.distribution.values())
        if self._regression:
            score = node.score
            value = np.nan if score is None else node.element.parse_number(score, "score")
            return np.array([value if self.strategy == "weightedConfidence" else value * records, records])
        counts = [node.distribution.get(name, (0.0, None, None)) for name in self.classes]
        if self.strategy == "aggregateNodes":
            return np.array([*(count[0] for count in counts), sum(count[0] for count in counts)])
        total = sum(count[0] for count in counts) or np.nan
        return np.array([*(c[0] / total if c[1] is None else c[1] for c in counts), records])
