"""TreeModel: nodes with predicates; a row goes to the first child whose predicate is true.

Where no child's predicate is true, noTrueChildStrategy says: no prediction, or that of the node reached. Where a
predicate is unknown, missingValueStrategy says: `none` goes on to the next child, `lastPrediction` stays,
`nullPrediction` gives none, `defaultChild` goes there and multiplies confidences with missingValuePenalty;
`weightedConfidence` and `aggregateNodes` follow several children (`tree_mixture`). The first four become arrays and are
walked (`walk`). A classification node without a score takes its likeliest class from
its ScoreDistribution; a node without either gives no prediction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Floats, WordBuilder, Words
from liftstream.scoring.batch.prediction import Family, Prediction
from liftstream.scoring.batch.program import Batch, Gather
from liftstream.scoring.expressions.casting import to_float32
from liftstream.scoring.expressions.predicates import PREDICATES, Predicate, predicate_of
from liftstream.scoring.families.tree.walk import NOWHERE, Arrays, Builder, States
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

STRATEGIES: Final = {
    name: name
    for name in (
        "none",
        "lastPrediction",
        "nullPrediction",
        "defaultChild",
        "weightedConfidence",
        "aggregateNodes",
    )
}
NO_TRUE_CHILD: Final = {"returnNullPrediction": False, "returnLastPrediction": True}


@dataclass
class Node:
    """A node between document and arrays. `distribution`: class -> (record count, confidence, probability)."""

    id: str | None
    score: str | None
    predicate: Predicate
    records: float | None
    default_child: str | None
    distribution: dict[str, tuple[float, float | None, float | None]]
    element: Element
    children: list["Node"] = field(default_factory=list)


def read_nodes(element: Element, compilation: Compilation, target: Target) -> Node:
    """The root Node element with all below it."""
    root = _read_node(element, compilation, target)
    waiting = [(element, root)]
    while waiting:
        above, parent = waiting.pop()
        for child in above.all("Node"):
            node = _read_node(child, compilation, target)
            parent.children.append(node)
            waiting.append((child, node))
    return root


def _read_node(element: Element, compilation: Compilation, target: Target) -> Node:
    allowed = ("Regression",) if target.function == "regression" else ()
    element.only(*PREDICATES, "ScoreDistribution", "Node", "Partition", *allowed)
    distribution = {}
    for share in element.all("ScoreDistribution"):
        counts = (
            share.number("recordCount", 0.0),
            share.maybe_number("confidence"),
            share.maybe_number("probability"),
        )
        distribution[target.label(share.need("value"))] = counts
    score = element.get("score")
    if score is None and distribution and target.function == "classification":
        score = max(distribution, key=lambda name: distribution[name][0])
    return Node(
        id=element.get("id"),
        score=score if score is None or target.function == "regression" else _class(element, score, target),
        predicate=predicate_of(element, compilation),
        records=element.maybe_number("recordCount"),
        default_child=element.get("defaultChild"),
        distribution=distribution,
        element=element,
    )


def _class(element: Element, score: str, target: Target) -> str:
    name = target.label(score)
    if target.classes and name not in target.classes:
        known = ", ".join(target.classes[:8])
        raise element.refusal(f"has score={score[:60]!r}, which is not among the target's values ({known})")
    return name


class Leaves:
    """What the nodes that end a walk say, one row each; row 0 is "no prediction"."""

    def __init__(self, target: Target, classes: Sequence[str]) -> None:
        self.target, self.classes = target, tuple(classes)
        self.nodes: list[Node | None] = [None]

    def add(self, node: Node) -> int:
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


def _number(node: Node | None) -> float:
    if node is None or node.score is None:
        return np.nan
    return node.element.parse_number(node.score, "score")


@dataclass
class Tree:
    """A tree as arrays: `leaf` [states] is the row of `leaves` of a terminal state."""

    arrays: Arrays
    slots: tuple[int, ...]
    leaf: States
    leaves: Leaves
    penalty: float
    penalties: States
    float32: bool
    gather: Gather

    def __post_init__(self) -> None:
        leaves = self.leaves
        regression = leaves.target.function == "regression"
        self.values = leaves.values()[self.leaf] if regression else None
        self.labels = None if regression else leaves.labels().take(self.leaf)
        self.ids = leaves.ids().take(self.leaf)
        shares = (None, None) if regression else (leaves.probabilities(), leaves.confidences())
        self.probabilities, self.confidences = (None if s is None else s[self.leaf] for s in shares)

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories."""
        return self.leaves.classes

    def matrix(self, batch: Batch) -> Floats:
        """What the tree compares, [rows, slots]."""
        matrix = self.gather(batch)
        return to_float32(matrix) if self.float32 else matrix

    def predict(self, batch: Batch) -> Prediction:
        """The scores of the nodes that the rows reach."""
        states = self.arrays.walk(self.matrix(batch))[0]
        if self.values is not None:
            return Prediction(self.values[states], entity=self.ids.take(states))
        assert self.labels is not None  # noqa: S101  # a tree has one or the other
        confidences = None if self.confidences is None else self.confidences[states]
        if confidences is not None and self.penalty != 1.0:
            confidences = confidences * (self.penalty ** self.penalties[states])[:, None]
        return Prediction(
            self.labels.take(states),
            self.leaves.classes,
            None if self.probabilities is None else self.probabilities[states],
            confidences,
            entity=self.ids.take(states),
        )


class _Flattener:
    """Turns nodes into states."""

    def __init__(self, strategy: str, last: bool, leaves: Leaves, penalty: float) -> None:
        self.strategy, self.last, self.leaves = strategy, last, leaves
        self.counts_defaults = penalty != 1.0
        self.builder = Builder()
        self.leaf, self.penalties = [0], [0]
        self._terminals: dict[tuple[int, int], int] = {}
        self._states: dict[tuple[int, int], int] = {}

    def stop(self, node: Node, defaults: int) -> int:
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

    def enter(self, node: Node, defaults: int = 0) -> int:
        """The state in which a row arrives at a node."""
        key = (id(node), defaults)
        if key not in self._states:
            self._states[key] = self._children(node, defaults) if node.children else self.stop(node, defaults)
        return self._states[key]

    def _children(self, node: Node, defaults: int) -> int:
        following = self.stop(node, defaults) if self.last else NOWHERE
        for child in reversed(node.children):
            following = self.test(child.predicate, self.enter(child, defaults), following, node, defaults)
        return following

    def test(self, predicate: Predicate, yes: int, no: int, node: Node, defaults: int) -> int:
        """The state that asks a child's predicate."""
        if predicate.constant is not None:
            return yes if predicate.constant else no
        unknown = self._unknown(node, no, defaults)
        below, above = (no, yes) if predicate.above else (yes, no)
        return self.builder.test(predicate.slot, predicate.threshold, below, above, unknown)

    def _unknown(self, node: Node, no: int, defaults: int) -> int:
        if self.strategy == "none":
            return no
        if self.strategy == "lastPrediction":
            return self.stop(node, defaults)
        if self.strategy == "defaultChild":
            child = next((c for c in node.children if c.id == node.default_child and c.id is not None), None)
            if child is not None:
                return self.enter(child, defaults + self.counts_defaults)
        return NOWHERE


def has_regressions(nodes: Sequence[Node | None]) -> bool:
    """Whether a node among these holds a regression instead of a score."""
    return any(node is not None and node.element.first("Regression") is not None for node in nodes)


def class_names(root: Node, target: Target) -> tuple[str, ...]:
    """The target's categories, and after them what else the nodes name."""
    names = dict.fromkeys(target.classes)
    waiting = [root]
    while waiting:
        node = waiting.pop(0) if len(waiting) < 1000 else waiting.pop()
        names.update(dict.fromkeys(node.distribution))
        if node.score is not None:
            names[node.score] = None
        waiting += node.children
    return tuple(names)


def compile_tree(element: Element, compilation: Compilation, target: Target) -> Family:
    """A TreeModel.

    Raises:
        ModelRefused: a regression node's score is no number, a classification's none of the target's values.
    """
    strategy = element.choice("missingValueStrategy", STRATEGIES, "none")
    last = element.choice("noTrueChildStrategy", NO_TRUE_CHILD, "returnNullPrediction")
    penalty = element.number("missingValuePenalty", 1.0)
    root = read_nodes(element.one("Node"), compilation, target)
    classes = () if target.function == "regression" else class_names(root, target)
    if strategy in ("weightedConfidence", "aggregateNodes"):
        from liftstream.scoring.families.tree.mixture import Mixture

        if any(node.tag == "Regression" for node in element.walk()):
            raise element.unsupported(f"holds <Regression> and has missingValueStrategy={strategy}")
        return Mixture(root, strategy, last, classes, target)
    flattener = _Flattener(strategy, last, Leaves(target, classes), penalty)
    start = flattener.test(root.predicate, flattener.enter(root), NOWHERE, root, 0)
    flattener._extend(len(flattener.builder.column) - 1)
    slots = tuple(flattener.builder.columns)
    tree = Tree(
        arrays=flattener.builder.build([start]),
        slots=slots,
        leaf=np.array(flattener.leaf, dtype=np.intp),
        leaves=flattener.leaves,
        penalty=penalty,
        penalties=np.array(flattener.penalties, dtype=np.intp),
        float32=compilation.float32,
        gather=Gather(compilation.program, slots),
    )
    if not has_regressions(tree.leaves.nodes):
        return tree
    from liftstream.scoring.families.tree.linear_tree import LinearTree

    return LinearTree(tree, compilation)
