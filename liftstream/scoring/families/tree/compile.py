"""TreeModel: nodes with predicates; a row goes to the first child whose predicate is true.

Where no child's predicate is true, noTrueChildStrategy says: no prediction, or that of the node reached. Where a
predicate is unknown, missingValueStrategy says: `none` goes on to the next child, `lastPrediction` stays,
`nullPrediction` gives none, `defaultChild` goes there and multiplies confidences with missingValuePenalty;
`weightedConfidence` and `aggregateNodes` follow several children (`mixture.py`). The first four become arrays and are
walked (`walk`). A classification node without a score takes its likeliest class from its ScoreDistribution; a node
without either gives no prediction.
"""

from typing import Final

import numpy as np

from liftstream.scoring.batch.program import Gather
from liftstream.scoring.expressions.predicates import Predicate
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.families.tree.linear_tree import LinearTree
from liftstream.scoring.families.tree.mixture import Mixture
from liftstream.scoring.families.tree.nodes import TreeNode, class_names, has_regressions, read_nodes
from liftstream.scoring.families.tree.packed import NodeTests, flatten, read_leaves
from liftstream.scoring.families.tree.tree import FlatTree, Leaves
from liftstream.scoring.families.tree.walk import NOWHERE, Builder
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.packed_tree import PackedTree

STRATEGIES: Final = (
    "none", "lastPrediction", "nullPrediction", "defaultChild", "weightedConfidence", "aggregateNodes",
)  # fmt: skip


MIXED: Final = ("weightedConfidence", "aggregateNodes")
NO_TRUE_CHILD: Final = {"returnNullPrediction": False, "returnLastPrediction": True}


class _Flattener:
    """Turns nodes into states."""

    def __init__(self, strategy: str, last: bool, leaves: Leaves, penalty: float) -> None:
        self.strategy, self.last, self.leaves = strategy, last, leaves
        self.penalty, self.counts_defaults = penalty, penalty != 1.0
        self.builder = Builder()
        self.leaf, self.penalties = [0], [0]
        self._terminals: dict[tuple[int, int], int] = {}
        self._states: dict[tuple[int, int], int] = {}

    def stop(self, node: TreeNode, defaults: int) -> int:
        """The terminal state of a node, reached through so many defaults."""
        key = (id(node), defaults)
        if key not in self._terminals:
            state = self.builder.terminal()
            self._extend(state)
            self.leaf[state], self.penalties[state] = self.leaves.add(node), defaults
            self._terminals[key] = state
        return self._terminals[key]

    def _extend(self, state: int) -> None:
        missing = state + 1 - len(self.leaf)
        self.leaf += [0] * missing
        self.penalties += [0] * missing

    def begin(self, root: TreeNode) -> int:
        """The state that asks the root's predicate: nothing is reached, and so predicted, where it is unknown."""
        yes, predicate = self.enter(root), root.predicate
        if predicate.constant is not None:
            return yes if predicate.constant else NOWHERE
        below, above = (NOWHERE, yes) if predicate.above else (yes, NOWHERE)
        return self.builder.test(predicate.slot, predicate.threshold, below, above, NOWHERE)

    def enter(self, node: TreeNode, defaults: int = 0) -> int:
        """The state in which a row arrives at a node."""
        key = (id(node), defaults)
        if key not in self._states:
            self._states[key] = self._children(node, defaults) if node.children else self.stop(node, defaults)
        return self._states[key]

    def _children(self, node: TreeNode, defaults: int) -> int:
        following = self.stop(node, defaults) if self.last else NOWHERE
        for child in reversed(node.children):
            following = self.test(child.predicate, self.enter(child, defaults), following, node, defaults)
        return following

    def test(self, predicate: Predicate, yes: int, no: int, node: TreeNode, defaults: int) -> int:
        """The state that asks a child's predicate."""
        if predicate.constant is not None:
            return yes if predicate.constant else no
        unknown = self._unknown(node, no, defaults)
        below, above = (no, yes) if predicate.above else (yes, no)
        return self.builder.test(predicate.slot, predicate.threshold, below, above, unknown)

    def _unknown(self, node: TreeNode, no: int, defaults: int) -> int:
        if self.strategy == "none":
            return no
        if self.strategy == "lastPrediction":
            return self.stop(node, defaults)
        if self.strategy == "defaultChild":
            child = next((c for c in node.children if c.id == node.default_child and c.id is not None), None)
            if child is not None:
                return self.enter(child, defaults + self.counts_defaults)
        return NOWHERE


def compile_tree(element: Element, compilation: Compilation, target: Target) -> Family:
    """A TreeModel.

    Raises:
        ModelRefused: a regression node's score is no number, a classification's none of the target's values.
    """
    strategy = element.choice("missingValueStrategy", STRATEGIES, "none")
    last = element.choice("noTrueChildStrategy", NO_TRUE_CHILD, "returnNullPrediction")
    penalty = element.number("missingValuePenalty", 1.0)
    packed = getattr(element, "packed", None)
    if isinstance(packed, PackedTree):
        tree = _compile_packed(packed, compilation, target, strategy, last, penalty)
        if tree is not None:
            return tree
        element.children, element.packed = [*element.children, packed.unpack()], None  # type: ignore[attr-defined]
    root = read_nodes(element.one("Node"), compilation, target)
    classes = () if target.function == "regression" else class_names(root, target)
    if strategy in MIXED:
        if any(node.tag == "Regression" for node in element.walk()):
            raise element.unsupported(f"holds <Regression> and has missingValueStrategy={strategy}")
        tree = _flatten(
            root, compilation, _Flattener("nullPrediction", last, Leaves(target, classes), penalty)
        )
        return Mixture(root, strategy, last, tree)
    flattener = _Flattener(strategy, last, Leaves(target, classes), penalty)
    tree = _flatten(root, compilation, flattener)
    return LinearTree(tree, compilation) if has_regressions(flattener.leaves.nodes) else tree


def _flatten(root: TreeNode, compilation: Compilation, flattener: _Flattener) -> FlatTree:
    start = flattener.begin(root)
    flattener._extend(len(flattener.builder.column) - 1)
    slots = tuple(flattener.builder.columns)
    return FlatTree(
        arrays=flattener.builder.build([start]),
        slots=slots,
        leaf=np.array(flattener.leaf, dtype=np.intp),
        leaves=flattener.leaves,
        penalty=flattener.penalty,
        penalties=np.array(flattener.penalties, dtype=np.intp),
        float32=compilation.float32,
        gather=Gather(compilation.program, slots),
    )


def _compile_packed(
    packed: PackedTree, compilation: Compilation, target: Target, strategy: str, last: bool, penalty: float
) -> FlatTree | None:
    """A tree of packed nodes; None where it takes more than they say."""
    if strategy in MIXED or (strategy == "defaultChild" and penalty != 1.0):
        return None
    leaves = read_leaves(packed, target)
    if leaves is None:
        return None
    builder, start, leaf = flatten(packed, NodeTests(packed, compilation), strategy, last)
    slots = tuple(builder.columns)
    gather = Gather(compilation.program, slots)
    arrays = builder.build([start])
    return FlatTree(arrays, slots, leaf, leaves, penalty, np.zeros_like(leaf), compilation.float32, gather)


TREE: Final = FamilyKind(
    tag="TreeModel", name="decision tree", contents=("Node",), compile=compile_tree, counted={"Node": "nodes"}
)
