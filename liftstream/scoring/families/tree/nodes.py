"""The nodes of a tree, read from the document: predicates, scores, distributions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from liftstream.scoring.expressions.predicates import PREDICATES, Predicate, predicate_of
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element


@dataclass
class TreeNode:
    """A node between document and arrays. `distribution`: class -> (record count, confidence, probability)."""

    id: str | None
    score: str | None
    predicate: Predicate
    records: float | None
    default_child: str | None
    distribution: dict[str, tuple[float, float | None, float | None]]
    element: Element
    children: list["TreeNode"] = field(default_factory=list)


def read_nodes(element: Element, compilation: Compilation, target: Target) -> TreeNode:
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


def _read_node(element: Element, compilation: Compilation, target: Target) -> TreeNode:
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
    return TreeNode(
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


def class_names(root: TreeNode, target: Target) -> tuple[str, ...]:
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


def has_regressions(nodes: Sequence[TreeNode | None]) -> bool:
    """Whether a node among these holds a regression instead of a score."""
    return any(node is not None and node.element.first("Regression") is not None for node in nodes)
