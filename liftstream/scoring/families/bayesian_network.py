"""BayesianNetworkModel of discrete nodes: the target's probabilities given what the row tells of the other nodes.

Every node's table gives its probabilities for each combination of its parents' values. The joint probability is their
product; nodes that a row does not tell are summed out, the next always the one whose tables multiply to the smallest.
Rows that tell the same are worked out once. A row that tells so little that a table in between would be too large has
no prediction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Codes, Floats
from liftstream.scoring.batch.prediction import Predictions, classified
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.distance.categories import place_in
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

MOST_NODES: Final = 50
MOST_ENTRIES: Final = 1_000_000
"""Of one node's table, and of any table in between when nodes are summed out."""

MOST_ORDERS: Final = 1_000


@dataclass(frozen=True)
class NetworkNode:
    """A node's values and its table, with an axis for each parent (by number) and the last for itself."""

    name: str
    values: tuple[str, ...]
    parents: tuple[int, ...]
    table: Floats


@dataclass
class BayesianNetwork(Family):
    """Nodes in an order of the document's; `evidence` gives every row's value of the others than the target."""

    nodes: Sequence[NetworkNode]
    target: int
    evidence: Mapping[int, Callable[[Batch], Codes]]
    classes: tuple[str, ...]
    orders: dict[tuple[int, ...], tuple[int, ...] | None] = field(default_factory=dict)
    """By the nodes to sum out, which are asked again and again: their order; None where a table would be too large."""

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of the target's values."""
        known = np.full((batch.rows, len(self.nodes)), -1, dtype=np.intp)
        for number, places in self.evidence.items():
            known[:, number] = places(batch)
        patterns, rows = np.unique(known, axis=0, return_inverse=True)
        table = (
            np.stack([self._posterior(pattern) for pattern in patterns]) if batch.rows else np.zeros((0, 1))
        )
        too_large = np.array([self._order_of(pattern) is None for pattern in patterns], dtype=bool)
        if too_large.any():
            batch.reject(
                too_large[rows.reshape(-1)],
                f"too many nodes are missing at once: their tables have more than {MOST_ENTRIES:,} entries",
            )
        return classified(table[rows.reshape(-1)], self.classes)

    def _order_of(self, known: Codes) -> tuple[int, ...] | None:
        """The nodes that a pattern of evidence leaves open, in the order in which they are summed out."""
        waiting = tuple(n for n in range(len(self.nodes)) if known[n] < 0 and n != self.target)
        if waiting not in self.orders:
            if len(self.orders) >= MOST_ORDERS:
                self.orders.clear()
            self.orders[waiting] = self._arrange({*waiting})
        return self.orders[waiting]

    def _arrange(self, waiting: set[int]) -> tuple[int, ...] | None:
        sizes = [len(node.values) for node in self.nodes]
        here = {*waiting, self.target}
        scopes = [here & {number, *node.parents} for number, node in enumerate(self.nodes)]
        order: list[int] = []
        while waiting:
            met = {n: set().union(*(scope for scope in scopes if n in scope)) for n in waiting}
            nearest = min(sorted(waiting), key=lambda n: prod(sizes[axis] for axis in met[n]))
            if prod(sizes[axis] for axis in met[nearest]) > MOST_ENTRIES:
                return None
            scopes = [scope for scope in scopes if nearest not in scope] + [met[nearest] - {nearest}]
            waiting = waiting - {nearest}
            order.append(nearest)
        return tuple(order)

    def _posterior(self, known: Codes) -> Floats:
        """Of one pattern of evidence; NaN where a value is none of its node's, or the evidence is impossible."""
        if any(known[number] >= len(node.values) for number, node in enumerate(self.nodes)):
            return np.full(len(self.classes), np.nan)
        order = self._order_of(known)
        if order is None:
            return np.full(len(self.classes), np.nan)
        tables = [_given(node, number, known) for number, node in enumerate(self.nodes)]
        for number in order:
            tables = _sum_out(tables, number)
        axes, joint = _product(tables)
        shares = joint if axes == (self.target,) else np.full(len(self.classes), np.nan)
        return np.asarray(shares / shares.sum(), dtype=np.float64)


Factor = tuple[tuple[int, ...], Floats]
"""Which nodes the axes of a table are for, and the table."""


def _given(node: NetworkNode, number: int, known: Codes) -> Factor:
    """The node's table where the evidence holds."""
    axes = (*node.parents, number)
    chosen = tuple(slice(None) if known[axis] < 0 else int(known[axis]) for axis in axes)
    return tuple(axis for axis in axes if known[axis] < 0), node.table[chosen]


def _sum_out(tables: Sequence[Factor], number: int) -> list[Factor]:
    """Without the node: the tables that speak of it multiplied and added up over its values."""
    axes, joint = _product([factor for factor in tables if number in factor[0]])
    rest = [factor for factor in tables if number not in factor[0]]
    return [*rest, (tuple(a for a in axes if a != number), joint.sum(axis=axes.index(number)))]


def _product(tables: Sequence[Factor]) -> Factor:
    """The tables multiplied, with an axis for every node that one of them speaks of."""
    axes = tuple(sorted({axis for names, _ in tables for axis in names}))
    total: Floats = np.ones((1,) * len(axes))
    for names, table in tables:
        order = sorted(range(len(names)), key=lambda place: names[place])
        shape = [1] * len(axes)
        for place in order:
            shape[axes.index(names[place])] = table.shape[place]
        total = total * table.transpose(order).reshape(shape)
    return axes, total


def compile_bayesian_network(element: Element, compilation: Compilation, target: Target) -> BayesianNetwork:
    """A BayesianNetworkModel.

    Raises:
        ModelUnsupported: a node is continuous, or the network is larger than what is worked out exactly here.
    """
    listed = element.one("BayesianNetworkNodes")
    for child in listed.children:
        if child.tag != "DiscreteNode":
            raise child.unsupported("is not worked out; supported nodes: <DiscreteNode>")
    elements = listed.all("DiscreteNode")
    names = [one.need("name") for one in elements]
    if target.name not in names or len(names) > MOST_NODES:
        raise listed.unsupported(
            f"has {len(names)} nodes; supported: up to {MOST_NODES}, with the target among them"
        )
    values = {name: _read_values(one) for name, one in zip(names, elements, strict=True)}
    nodes = [_read_node(one, names, values) for one in elements]
    _refuse_circle(nodes, elements)
    number = names.index(target.name)
    evidence = {
        place: place_in(symbol, node.values, elements[place])
        for place, node in enumerate(nodes)
        if place != number and (symbol := compilation.names.find(node.name)) is not None
    }
    return BayesianNetwork(nodes, number, evidence, tuple(map(target.label, nodes[number].values)))


def _refuse_circle(nodes: Sequence[NetworkNode], elements: Sequence[Element]) -> None:
    """Refuses a node that comes after itself."""
    waiting = set(range(len(nodes)))
    while waiting:
        ready = {number for number in waiting if not waiting & {*nodes[number].parents}}
        if not ready:
            first = min(waiting)
            raise elements[first].refusal(f"goes round in a circle by {nodes[first].name[:60]!r}")
        waiting -= ready


def _read_values(element: Element) -> tuple[str, ...]:
    probabilities = element.all("ValueProbability") or element.one("DiscreteConditionalProbability").all(
        "ValueProbability"
    )
    return tuple(one.need("value") for one in probabilities)


def _read_node(element: Element, names: Sequence[str], values: Mapping[str, tuple[str, ...]]) -> NetworkNode:
    element.only("ValueProbability", "DiscreteConditionalProbability", "DerivedField")
    name = element.need("name")
    conditions = element.all("DiscreteConditionalProbability")
    if not conditions:
        return NetworkNode(name, values[name], (), _read_shares(element, values[name]))
    parents = [one.need("parent") for one in conditions[0].all("ParentValue")]
    for parent in parents:
        if parent not in names:
            raise conditions[0].unknown("node", parent, dict.fromkeys(names, 0))
    shape = [len(values[parent]) for parent in parents]
    if np.prod([*shape, len(values[name])]) > MOST_ENTRIES:
        raise element.unsupported(f"has a table of more than {MOST_ENTRIES:,} entries")
    table = np.full((*shape, len(values[name])), np.nan)
    for condition in conditions:
        given = {one.need("parent"): one.need("value") for one in condition.all("ParentValue")}
        place = tuple(
            values[parent].index(given[parent]) if given.get(parent) in values[parent] else -1
            for parent in parents
        )
        if -1 in place:
            raise condition.refusal("does not name one known value of each parent")
        table[place] = _read_shares(condition, values[name])
    return NetworkNode(name, values[name], tuple(names.index(parent) for parent in parents), table)


def _read_shares(element: Element, values: Sequence[str]) -> Floats:
    given = {one.need("value"): one.number("probability") for one in element.all("ValueProbability")}
    if set(given) != set(values):
        raise element.refusal(f"does not give a probability for each of {len(values)} values")
    return np.array([given[value] for value in values])


BAYESIAN_NETWORK: Final = FamilyKind(
    tag="BayesianNetworkModel",
    name="Bayesian network",
    contents=("BayesianNetworkNodes",),
    compile=compile_bayesian_network,
    functions=("classification",),
)
