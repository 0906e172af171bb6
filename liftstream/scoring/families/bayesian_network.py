"""BayesianNetworkModel of discrete nodes: the target's probabilities given what the row tells of the other nodes.

Every node's table gives its probabilities for each combination of its parents' values. The joint probability is their
product; nodes that a row does not tell are summed out. Rows that tell the same are worked out once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of the target's values."""
        known = np.full((batch.rows, len(self.nodes)), -1, dtype=np.intp)
        for number, places in self.evidence.items():
            known[:, number] = places(batch)
        patterns, rows = np.unique(known, axis=0, return_inverse=True)
        table = (
            np.stack([self._posterior(pattern) for pattern in patterns]) if batch.rows else np.zeros((0, 1))
        )
        return classified(table[rows.reshape(-1)], self.classes)

    def _posterior(self, known: Codes) -> Floats:
        """Of one pattern of evidence; NaN where a value is none of its node's, or the evidence is impossible."""
        if any(known[number] >= len(node.values) for number, node in enumerate(self.nodes)):
            return np.full(len(self.classes), np.nan)
        tables = [_given(node, number, known) for number, node in enumerate(self.nodes)]
        open_nodes = [n for n in range(len(self.nodes)) if known[n] < 0 and n != self.target]
        for number in sorted(open_nodes, key=lambda n: len(_meeting(tables, n)[1])):
            tables = _sum_out(tables, number)
        axes, joint = _product(tables)
        shares = joint if axes == (self.target,) else np.full(len(self.classes), np.nan)
        with np.errstate(all="ignore"):
            return np.asarray(shares / shares.sum(), dtype=np.float64)


Factor = tuple[tuple[int, ...], Floats]
"""Which nodes the axes of a table are for, and the table."""


def _given(node: NetworkNode, number: int, known: Codes) -> Factor:
    """The node's table where the evidence holds."""
    axes = (*node.parents, number)
    chosen = tuple(slice(None) if known[axis] < 0 else int(known[axis]) for axis in axes)
    return tuple(axis for axis in axes if known[axis] < 0), node.table[chosen]


def _meeting(tables: Sequence[Factor], number: int) -> tuple[list[Factor], set[int]]:
    """The tables that speak of a node, and all nodes that they speak of."""
    touched = [factor for factor in tables if number in factor[0]]
    return touched, {axis for axes, _ in touched for axis in axes}


def _sum_out(tables: Sequence[Factor], number: int) -> list[Factor]:
    touched, _ = _meeting(tables, number)
    axes, joint = _product(touched)
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
    number = names.index(target.name)
    evidence = {
        place: place_in(symbol, node.values, elements[place])
        for place, node in enumerate(nodes)
        if place != number and (symbol := compilation.names.find(node.name)) is not None
    }
    return BayesianNetwork(nodes, number, evidence, tuple(map(target.label, nodes[number].values)))


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
