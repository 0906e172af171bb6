"""Packed trees made into states: the same as `compile.py` makes of elements, in a few steps for each node."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import MISSING, Codes, Floats, Words, to_float32
from liftstream.scoring.expressions.predicates import compile_predicate
from liftstream.scoring.families.tree.walk import NOWHERE, Builder, States
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.packed_tree import ABSENT, ALWAYS, PackedTree, TextTables
from liftstream.scoring.xml.types import FLOAT32_MAX, number_of

QUICK: Final = {"double", "float", "integer"}
ABOVE: Final = -1
"""Where a row is before the root's predicate is asked."""
ORDERED: Final = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual")


class PackedLeaves:
    """What the nodes of a packed tree say, one row each; row 0 is "no prediction"."""

    def __init__(self, packed: PackedTree, target: Target, classes: tuple[str, ...], codes: Codes) -> None:
        self.target, self.classes = target, classes
        self._packed, self._codes = packed, codes

    def values(self) -> Floats:
        """Numbers of a regression."""
        texts = self._packed.tables.labels.texts
        used = np.unique(self._packed.score)
        numbers = np.full(len(texts) + 1, np.nan)
        numbers[used[used >= 0]] = [float(texts[code]) for code in used.tolist() if code >= 0]
        return np.concatenate([[np.nan], numbers[self._packed.score]])

    def labels(self) -> Words:
        """Classes."""
        return Words(np.concatenate([[MISSING], self._codes]), list(self.classes))

    def ids(self) -> Words:
        """Ids of the nodes."""
        return Words(
            np.concatenate([[MISSING], self._packed.id.astype(np.intp)]), self._packed.tables.ids.texts
        )

    def probabilities(self) -> Floats | None:
        """[nodes, classes], from `probability` where it is given and the counts otherwise; None without distributions."""
        return self._shares(self._packed.shares.probability)

    def confidences(self) -> Floats | None:
        """[nodes, classes], from `confidence` where it is given and the counts otherwise; None where none is given."""
        given = self._packed.shares.confidence
        return None if np.isnan(given).all() else self._shares(given)

    def _shares(self, given: Floats) -> Floats | None:
        shares, columns = self._packed.shares, _columns(self._packed, self.target, self.classes)
        counts = np.zeros((len(self._packed) + 1, len(self.classes)))
        explicit = np.full(counts.shape, np.nan)
        rows = shares.node + 1
        counts[rows, columns[shares.label]] = np.nan_to_num(shares.records)
        explicit[rows, columns[shares.label]] = given
        total = counts.sum(axis=1, keepdims=True)
        result = np.where(np.isnan(explicit), np.where(total > 0, counts / total, 0.0), explicit)
        silent = np.ones(len(counts), dtype=bool)
        silent[rows] = False
        result[silent] = np.nan
        return None if np.isnan(result).all() else result


def _columns(packed: PackedTree, target: Target, classes: Sequence[str]) -> Codes:
    """The class of every label of the table, -1 of those that are none."""
    place = {name: column for column, name in enumerate(classes)}
    return np.array(
        [place.get(target.label(text), ABSENT) for text in packed.tables.labels.texts], dtype=np.intp
    )


def read_leaves(packed: PackedTree, target: Target) -> PackedLeaves | None:
    """What the nodes say; None where they say something that the dictionary does not list, or no number."""
    if target.function == "regression":
        if packed.shares.node.size or not _all_numbers(packed):
            return None
        return PackedLeaves(packed, target, (), np.full(len(packed), MISSING))
    classes = class_names(packed, target)
    if target.classes and len(classes) > len(target.classes):
        return None
    columns = np.append(_columns(packed, target, classes), MISSING)
    codes = columns[packed.score]
    return PackedLeaves(packed, target, classes, _likeliest(packed, codes, columns))


def class_names(packed: PackedTree, target: Target) -> tuple[str, ...]:
    """The target's categories, and after them what else the nodes name, in the order of `nodes.class_names`."""
    texts = packed.tables.labels.texts
    used = np.unique(np.concatenate([packed.score[packed.score >= 0], packed.shares.label]))
    wanted = {target.label(texts[code]) for code in used.tolist()}
    names = dict.fromkeys(target.classes)
    waiting = [0]
    while not wanted <= names.keys():
        node = waiting.pop(0) if len(waiting) < 1000 else waiting.pop()
        said = [*packed.shares.label[packed.shares.node == node].tolist(), int(packed.score[node])]
        names.update(dict.fromkeys(target.label(texts[code]) for code in said if code >= 0))
        waiting += np.flatnonzero(packed.parent == node).tolist()
    return tuple(names)


def _all_numbers(packed: PackedTree) -> bool:
    texts = packed.tables.labels.texts
    used = [texts[code] for code in np.unique(packed.score).tolist() if code >= 0]
    return bool(np.isfinite([number_of(text, "double") for text in used]).all())


def _likeliest(packed: PackedTree, codes: Codes, columns: Codes) -> Codes:
    """The classes, of a node without a score the one with the most records, the first of equals."""
    shares = packed.shares
    lacking = np.isin(shares.node, np.flatnonzero(packed.score < 0))
    best: dict[int, float] = {}
    result = codes.copy()
    parts = (shares.node[lacking], shares.label[lacking], np.nan_to_num(shares.records[lacking]))
    for node, label, records in zip(*(part.tolist() for part in parts), strict=True):
        if node not in best or records > best[node]:
            best[node] = records
            result[node] = columns[label]
    return result


class NodeTests:
    """The predicates of a packed tree's nodes, as columns: slot, threshold, above; `constant` 1 or 0 where it is one,
    else -1."""

    def __init__(self, packed: PackedTree, compilation: Compilation) -> None:
        rows = len(packed)
        self.slot, self.threshold = np.full(rows, ABSENT), np.zeros(rows)
        self.above, self.constant = np.zeros(rows, dtype=bool), np.full(rows, ABSENT)
        self.constant[packed.operator == ALWAYS] = 1
        self._packed, self._compilation = packed, compilation
        names, operators = packed.tables.fields.texts, packed.tables.operators.texts
        numbers = numbers_of(packed.tables)[packed.value]
        for field in np.unique(packed.field[packed.operator != ALWAYS]).tolist():
            symbol = compilation.names.need(names[field], _at(packed, field))
            here = packed.field == field
            plain = symbol.type.datatype in QUICK and not symbol.type.ranks
            quick = here & np.isfinite(numbers) if plain else np.zeros(rows, dtype=bool)
            for operator in np.unique(packed.operator[here]).tolist():
                mine = here & (packed.operator == operator)
                if operators[operator] in ORDERED:
                    self._compare(
                        mine & quick, symbol.slot, numbers, operators[operator], symbol.type.float32
                    )
                    mine &= ~quick
                self._compile(mine)

    def _compare(
        self, mine: NDArray[np.bool_], slot: int, numbers: Floats, operator: str, single: bool
    ) -> None:
        values = numbers[mine]
        if single or self._compilation.float32:
            rounded = to_float32(values)
            values = np.where((np.abs(values) <= FLOAT32_MAX) | self._compilation.float32, rounded, values)
        if operator in ("lessThan", "greaterOrEqual"):
            values = np.nextafter(values, -np.inf)
        self.slot[mine], self.threshold[mine] = slot, values
        self.above[mine] = operator.startswith("greater")

    def _compile(self, mine: NDArray[np.bool_]) -> None:
        """Any other comparison, each distinct one once."""
        packed = self._packed
        tables = packed.tables
        for value in np.unique(packed.value[mine]).tolist():
            where = mine & (packed.value == value)
            first = int(np.flatnonzero(where)[0])
            attributes = {
                "field": tables.fields.texts[packed.field[first]],
                "operator": tables.operators.texts[packed.operator[first]],
                "value": tables.values.texts[value],
            }
            element = Element("SimplePredicate", attributes, int(packed.lines[first]), packed.source)
            predicate = compile_predicate(element, self._compilation)
            self.slot[where], self.threshold[where] = predicate.slot, predicate.threshold
            self.above[where] = predicate.above


def _at(packed: PackedTree, field: int) -> Element:
    """The first test of a field, for messages."""
    line = int(packed.lines[int(np.argmax(packed.field == field))])
    return Element("SimplePredicate", {}, line, packed.source)


def numbers_of(tables: TextTables) -> Floats:
    """The number that each text of the values is, NaN where it is none; the last one for no text."""
    if tables.numbers is None:
        tables.numbers = np.array([*(number_of(text, "double") for text in tables.values.index), np.nan])
    return tables.numbers


def flatten(packed: PackedTree, tests: NodeTests, strategy: str, last: bool) -> tuple[Builder, int, States]:
    """The states of a tree, where it starts, and the row of the leaves that each terminal state is.

    Nodes are gone through from the last to the first, so that children are done before their parents.
    """
    builder = Builder()
    node_of: dict[int, int] = {}
    stops: dict[int, int] = {}
    children: list[list[int]] = [[] for _ in range(len(packed))]
    for child, parent in enumerate(packed.parent.tolist()):
        if parent >= 0:
            children[parent].append(child)
    columns: tuple[NDArray[Any], ...] = (
        tests.slot,
        tests.threshold,
        tests.above,
        tests.constant,
        packed.default,
    )
    slot, threshold, above, constant, default = (column.tolist() for column in columns)
    enter = [NOWHERE] * len(packed)

    def stop(node: int) -> int:
        if node not in stops:
            state = stops[node] = builder.terminal()
            node_of[state] = node
        return stops[node]

    def unknown(node: int, no: int) -> int:
        if strategy == "none":
            return no
        if node == ABOVE:
            return NOWHERE  # nothing is reached, and so predicted, where the root's predicate is unknown
        if strategy == "lastPrediction":
            return stop(node)
        return enter[default[node]] if strategy == "defaultChild" and default[node] >= 0 else NOWHERE

    def ask(test: int, yes: int, no: int, node: int) -> int:
        if constant[test] >= 0:
            return yes if constant[test] else no
        below, beyond = (no, yes) if above[test] else (yes, no)
        return builder.test(slot[test], threshold[test], below, beyond, unknown(node, no))

    for node in range(len(packed) - 1, -1, -1):
        if not children[node]:
            enter[node] = stop(node)
            continue
        following = stop(node) if last else NOWHERE
        for child in reversed(children[node]):
            following = ask(child, enter[child], following, node)
        enter[node] = following
    start = ask(0, enter[0], NOWHERE, ABOVE)
    leaf = np.zeros(len(builder.column), dtype=np.intp)
    leaf[list(node_of)] = np.array(list(node_of.values()), dtype=np.intp) + 1
    return builder, start, leaf
