"""The nodes of a tree as arrays instead of elements: large forests are read without a tree of XML in memory.

A tree is packed where its nodes hold nothing but SimplePredicate, True and ScoreDistribution, as forests do; the
elements of any other are kept. Text stands in tables that all trees of a document share; a node knows its place in
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.xml.element import Element

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]
Event: TypeAlias = tuple[str, dict[str, str], int] | str | None
"""The start of an element with its line, text between elements, or the end of an element."""

ALWAYS: Final = -1
"""The operator of a node whose predicate is True."""
ABSENT: Final = -1
UNTOLD: Final = -2


class TextTable:
    """Text by number."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self._texts: list[str] = []

    def code(self, text: str | None) -> int:
        """The number of a text, -1 of none."""
        return ABSENT if text is None else self.index.setdefault(text, len(self.index))

    @property
    def texts(self) -> list[str]:
        """By number."""
        if len(self._texts) < len(self.index):
            self._texts = list(self.index)
        return self._texts


@dataclass
class TextTables:
    """What the trees of a document share; `numbers` are those that the values are, once somebody asked."""

    fields: TextTable = field(default_factory=TextTable)
    operators: TextTable = field(default_factory=TextTable)
    values: TextTable = field(default_factory=TextTable)
    labels: TextTable = field(default_factory=TextTable)
    ids: TextTable = field(default_factory=TextTable)
    numbers: Floats | None = None


@dataclass
class Shares:
    """ScoreDistribution elements in their order; numbers that are not given are NaN."""

    node: Integers
    label: Integers
    records: Floats
    confidence: Floats
    probability: Floats


@dataclass
class PackedTree:
    """Nodes, each after its parent and its earlier neighbours (the document's order).

    Attributes:
        parent: [nodes] -1 for the root.
        field, operator, value: [nodes] the node's own test, in the tables; operator -1 for True.
        score: [nodes] in the table of labels, -1 where there is none.
        id: [nodes] in its table.
        default: [nodes] the node that missing values go to, -1 for none.
        lines: [nodes].
    """

    tables: TextTables
    parent: Integers
    field: Integers
    operator: Integers
    value: Integers
    score: Integers
    id: Integers
    default: Integers
    lines: Integers
    shares: Shares
    source: str

    def __len__(self) -> int:
        return len(self.parent)

    def fields_tested(self) -> list[str]:
        """The field of every test, with repetitions."""
        names = self.tables.fields.texts
        return [names[code] for code in self.field.tolist() if code >= 0]

    def unpack(self) -> Element:
        """The root Node as elements again."""
        tables = self.tables
        names, operators, values = tables.fields.texts, tables.operators.texts, tables.values.texts
        labels, ids = tables.labels.texts, tables.ids.texts
        nodes = [Element("Node", {}, line, self.source) for line in self.lines.tolist()]
        for number, node in enumerate(nodes):
            default, line = int(self.default[number]), node.line
            node.attributes = {
                **_given("id", ids, int(self.id[number])),
                **_given("score", labels, int(self.score[number])),
                **({} if default < 0 else _given("defaultChild", ids, int(self.id[default]))),
            }
            test = Element("True", {}, line, self.source)
            if self.operator[number] >= 0:
                asked = {
                    "field": names[self.field[number]],
                    "operator": operators[self.operator[number]],
                    "value": values[self.value[number]],
                }
                test = Element("SimplePredicate", asked, line, self.source)
            node.children = [test]
        for share in zip(*(part.tolist() for part in vars(self.shares).values()), strict=True):
            nodes[share[0]].children.append(_unpack_share(share, labels, nodes[share[0]]))
        for number, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                nodes[parent].children.append(nodes[number])
        return nodes[0]


def _given(name: str, texts: Sequence[str], code: int) -> dict[str, str]:
    return {} if code < 0 else {name: texts[code]}


def _unpack_share(share: Sequence[float], labels: Sequence[str], node: Element) -> Element:
    numbers = dict(zip(("recordCount", "confidence", "probability"), share[2:], strict=True))
    told = {name: repr(number) for name, number in numbers.items() if number == number}
    return Element("ScoreDistribution", {"value": labels[int(share[1])], **told}, node.line, node.source)


class Packer:
    """Makes arrays of the events of a tree."""

    def __init__(self, tables: TextTables, prefix: str, source: str) -> None:
        self.tables, self.source = tables, source
        self.kinds = {
            f"{prefix}Node": self._node,
            f"{prefix}SimplePredicate": self._test,
            f"{prefix}True": self._always,
            f"{prefix}ScoreDistribution": self._share,
        }

    def pack(self, events: Sequence[Event]) -> PackedTree | None:
        """The tree, or None where it holds anything else, or numbers that are none."""
        self.parent: list[int] = []
        self.field: list[int] = []
        self.operator: list[int] = []
        self.value: list[int] = []
        self.score: list[int] = []
        self.id: list[int] = []
        self.default: list[str | None] = []
        self.lines: list[int] = []
        self.shares: list[tuple[int, int, float, float, float]] = []
        self.open: list[int] = []
        kinds, stack = self.kinds, self.open
        try:
            for event in events:
                if event is None:
                    stack.pop()
                elif isinstance(event, str):
                    return None
                else:
                    kinds[event[0]](event[1], event[2])
        except (KeyError, ValueError, IndexError):
            return None
        return None if UNTOLD in self.operator else self._tree()

    def _node(self, attributes: dict[str, str], line: int) -> None:
        get = attributes.get
        parent = self.open[-1] if self.open else ABSENT
        if parent == UNTOLD:
            raise ValueError
        self.open.append(len(self.parent))
        self.parent.append(parent)
        self.field.append(ABSENT)
        self.operator.append(UNTOLD)
        self.value.append(ABSENT)
        self.score.append(self.tables.labels.code(get("score")))
        self.id.append(self.tables.ids.code(get("id")))
        self.default.append(get("defaultChild"))
        self.lines.append(line)
        if "recordCount" in attributes:
            _finite(attributes["recordCount"])

    def _told(self) -> int:
        """The node whose predicate this is, which has none yet."""
        node = self.open[-1]
        if node < 0 or self.operator[node] != UNTOLD:
            raise ValueError
        self.open.append(UNTOLD)
        return node

    def _test(self, attributes: dict[str, str], _line: int) -> None:
        node, tables = self._told(), self.tables
        self.value[node] = tables.values.code(attributes["value"])
        self.field[node] = tables.fields.code(attributes["field"])
        self.operator[node] = tables.operators.code(attributes["operator"])

    def _always(self, _attributes: dict[str, str], _line: int) -> None:
        self.operator[self._told()] = ALWAYS

    def _share(self, attributes: dict[str, str], _line: int) -> None:
        node = self.open[-1]
        if node < 0:
            raise ValueError
        self.open.append(UNTOLD)
        told = (_finite(attributes.get(name)) for name in ("recordCount", "confidence", "probability"))
        self.shares.append((node, self.tables.labels.code(attributes["value"]), *told))  # type: ignore[arg-type]

    def _tree(self) -> PackedTree:
        node, label, *told = list(zip(*self.shares, strict=True)) or [()] * 5
        records, confidence, probability = (np.array(one, np.float64) for one in told)
        return PackedTree(
            tables=self.tables,
            parent=_integers(self.parent),
            field=_integers(self.field),
            operator=_integers(self.operator),
            value=_integers(self.value),
            score=_integers(self.score),
            id=_integers(self.id),
            default=self._defaults(),
            lines=_integers(self.lines),
            shares=Shares(_integers(node), _integers(label), records, confidence, probability),
            source=self.source,
        )

    def _defaults(self) -> Integers:
        """The children that are named as default, the first of a name."""
        default = np.full(len(self.parent), ABSENT, np.int32)
        if any(name is not None for name in self.default):
            asked = [self.tables.ids.index.get(name, UNTOLD) if name else UNTOLD for name in self.default]
            for child in range(len(self.parent) - 1, 0, -1):
                parent = self.parent[child]
                if self.id[child] == asked[parent]:
                    default[parent] = child
        return default


def _integers(values: Sequence[Any]) -> Integers:
    return np.array(values, np.int32)


def _finite(text: str | None) -> float:
    """A finite number, NaN where there is no text; anything else is not packed, so that it is refused with its line."""
    if text is None:
        return np.nan
    value = float(text)
    if not abs(value) < np.inf or "_" in text:
        raise ValueError
    return value
