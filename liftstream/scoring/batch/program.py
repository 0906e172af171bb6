"""Between document and arrays: every field is a slot, filled from the input or by a derivation when first asked for.

Names exist only while compiling: a `Names` resolves them scope by scope (a model's own fields, its transformations,
what encloses it), so that a running `Batch` knows slots alone.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import Booleans, Column, Floats, Words, choose, scatter, take
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import FieldType

Derivation = Callable[["Batch"], Column]


class ColumnChain(NamedTuple):
    """Arithmetic of a field with constants, in order: `(x - 3) / 2` is base x, operations (subtract, divide), (3, 2)."""

    base: int
    operations: tuple[Callable[..., Any], ...]
    constants: tuple[float, ...]


class Symbol(NamedTuple):
    """A field as the compiler knows it.

    `constant` is its value where a function's parameter has one in every row; `valid` says which of its values are valid
    where an input keeps invalid ones.
    """

    name: str
    type: FieldType
    slot: int
    constant: float | str | None = None
    valid: Callable[[Column], Booleans] | None = None


class Program:
    """How each slot is filled: `derivations[slot]` computes it, `places[slot]` is its column of the input block."""

    def __init__(self) -> None:
        self.derivations: list[Derivation | None] = []
        self.places: list[int] = []
        self.chains: dict[int, ColumnChain] = {}
        self.width = 0
        self.calls = self.inner_calls = 0
        """Of the document's functions: outside of them, which the size of the document limits, and inside of others."""
        self._shared: dict[Hashable, int] = {}

    def add(self, derivation: Derivation | None = None, chain: ColumnChain | None = None) -> int:
        """A new slot; without a derivation something must fill it."""
        self.derivations.append(derivation)
        self.places.append(-1)
        slot = len(self.derivations) - 1
        if chain is not None:
            self.chains[slot] = chain
        return slot

    def share(self, key: Hashable, derivation: Derivation) -> int:
        """The slot of a derivation that many may want: the same for equal keys."""
        slot = self._shared.get(key)
        if slot is None:
            slot = self._shared[key] = self.add(derivation)
        return slot

    def add_place(self) -> int:
        """A new slot that is a column of the input block."""
        slot = self.add()
        self.places[slot] = self.width
        self.width += 1
        return slot


class Names:
    """One scope of names; what it does not know is looked up outside it."""

    def __init__(self, program: Program, outer: "Names | None" = None) -> None:
        self.program, self.outer = program, outer
        self._symbols: dict[str, Symbol] = {}
        self._makers: dict[str, Callable[[], Symbol]] = {}
        self._sources: dict[str, Element] = {}

    def inside(self) -> "Names":
        """A scope within this one."""
        return Names(self.program, self)

    def define(self, symbol: Symbol) -> Symbol:
        """Makes a name known here; it hides the same name outside."""
        self._symbols[symbol.name] = symbol
        return symbol

    def derive(self, name: str, field_type: FieldType, derivation: Derivation) -> Symbol:
        """A field that is computed when it is first asked for."""
        return self.define(Symbol(name, field_type, self.program.add(derivation)))

    def define_lazily(self, name: str, make: Callable[[], Symbol], source: Element | None = None) -> None:
        """A name that is compiled only when something refers to it; `source` says how."""
        self._makers[name] = make
        if source is not None:
            self._sources[name] = source

    def source(self, name: str) -> Element | None:
        """The DerivedField of this name, None where it is another field or none."""
        scope: Names | None = self
        while scope is not None:
            if name in scope._symbols or name in scope._makers:
                return scope._sources.get(name)
            scope = scope.outer
        return None

    def find(self, name: str) -> Symbol | None:
        """The field of this name, None where nothing defines it."""
        scope: Names | None = self
        while scope is not None:
            symbol = scope._symbols.get(name)
            if symbol is None and name in scope._makers:
                symbol = scope.define(scope._makers.pop(name)())
            if symbol is not None:
                return symbol
            scope = scope.outer
        return None

    def need(self, name: str, element: Element) -> Symbol:
        """The field of this name; refuses the document that does not define it."""
        symbol = self.find(name)
        if symbol is None:
            raise element.unknown("field", name, self._known())
        return symbol

    def _known(self) -> Mapping[str, object]:
        outer = self.outer._known() if self.outer else {}
        return {**outer, **self._makers, **self._symbols}


class Batch:
    """Rows on their way through a program.

    `block` [rows, program.width] holds the numeric inputs; `problems` [rows] says why a row cannot be scored (None
    where it can), and is shared with every selection of rows that was taken from here.
    """

    __slots__ = ("_aside", "_columns", "_origin", "_picked", "block", "problems", "program", "rows")

    def __init__(self, program: Program, block: Floats) -> None:
        self.program, self.block, self.rows = program, block, len(block)
        self._columns: dict[int, Column] = {}
        self.problems: NDArray[np.object_] | None = None
        self._origin: Batch | None = None
        self._picked: NDArray[np.intp] | None = None
        self._aside = False

    def column(self, slot: int) -> Column:
        """The slot's values, computed at most once."""
        column = self._columns.get(slot)
        if column is None:
            column = self._columns[slot] = self._find(slot)
        return column

    def numbers(self, slot: int) -> Floats:
        """The column of a numeric slot."""
        return self.column(slot)  # type: ignore[return-value]

    def words(self, slot: int) -> Words:
        """The column of a slot of words."""
        return self.column(slot)  # type: ignore[return-value]

    def _find(self, slot: int) -> Column:
        if self._origin is not None and self._origin.holds(slot):
            return take(self._origin.column(slot), self._picked)
        place = self.program.places[slot]
        if place >= 0:
            return self.block[:, place]
        derivation = self.program.derivations[slot]
        if derivation is not None:
            return derivation(self)
        raise LookupError(f"slot {slot} was read before it was filled")

    def holds(self, slot: int) -> bool:
        """Whether the slot has its values already, here or where these rows were taken from."""
        return slot in self._columns or (self._origin is not None and self._origin.holds(slot))

    def fill(self, slot: int, column: Column) -> None:
        """Gives a slot its values."""
        self._columns[slot] = column

    def forget(self, slots: Sequence[int]) -> None:
        """Lets go of columns that are not asked for again."""
        for slot in slots:
            self._columns.pop(slot, None)

    def fill_some(self, slot: int, rows: Any, column: Column) -> None:
        """Gives some rows of a slot their values; the others keep theirs, or are missing."""
        spread = scatter(column, rows, self.rows)
        before = self._columns.get(slot)
        if before is not None:
            here = np.zeros(self.rows, dtype=bool)
            here[rows] = True
            spread = choose(here, spread, before)
        self._columns[slot] = spread

    def take(self, rows: NDArray[np.intp]) -> "Batch":
        """The batch of some rows (by number), which shares what was computed so far."""
        part = Batch(self.program, self.block[rows])
        part._origin, part._picked = self, rows
        return part

    def aside(self) -> "Batch":
        """The same rows, for a look at what may not be asked for: what it works out and rejects stays with it."""
        other = Batch(self.program, self.block)
        other._columns, other._origin, other._picked = dict(self._columns), self._origin, self._picked
        other._aside = True
        return other

    def reject(self, where: Booleans, reason: str) -> None:
        """Marks rows that cannot be scored; the first reason of a row stays."""
        if not where.any():
            return
        if self._origin is not None and self._picked is not None and not self._aside:
            above = np.zeros(self._origin.rows, dtype=bool)
            above[self._picked[where]] = True
            self._origin.reject(above, reason)
            return
        if self.problems is None:
            self.problems = np.full(self.rows, None, dtype=object)
        self.problems[where & self.sound] = reason

    @property
    def sound(self) -> Booleans:
        """Where a row can be scored."""
        if self.problems is None:
            return np.ones(self.rows, dtype=bool)
        return np.array([problem is None for problem in self.problems.tolist()], dtype=bool)


class Gather:
    """Numeric slots side by side, as one matrix [rows, slots].

    Columns of the input block are taken at once; so are derived fields that go through the same operations with
    constants (scaled columns, above all).
    """

    def __init__(self, program: Program, slots: Sequence[int]) -> None:
        self.slots = tuple(slots)
        self._direct: list[tuple[int, int]] = []
        self._single: list[tuple[int, int]] = []
        chained: dict[tuple[Callable[..., Any], ...], list[tuple[int, ColumnChain]]] = {}
        for column, slot in enumerate(slots):
            chain = program.chains.get(slot)
            if program.places[slot] >= 0:
                self._direct.append((column, program.places[slot]))
            elif chain is not None and program.places[chain.base] >= 0:
                chained.setdefault(chain.operations, []).append((column, chain))
            else:
                self._single.append((column, slot))
        self._places = _columns([place for _, place in self._direct])
        self._columns = _columns([column for column, _ in self._direct])
        self._bundles = [_Bundle(program, operations, pairs) for operations, pairs in chained.items()]

    def __call__(self, batch: Batch) -> Floats:
        """The matrix of a batch."""
        if len(self._direct) == len(self.slots):
            return batch.block[:, self._places]
        matrix = np.empty((batch.rows, len(self.slots)))
        if self._direct:
            matrix[:, self._columns] = batch.block[:, self._places]
        for bundle in self._bundles:
            bundle.fill(matrix, batch.block)
        for column, slot in self._single:
            matrix[:, column] = batch.numbers(slot)
        return matrix


class _Bundle:
    """Columns that go through the same operations, each with its own constants."""

    def __init__(
        self,
        program: Program,
        operations: tuple[Callable[..., Any], ...],
        pairs: Sequence[tuple[int, ColumnChain]],
    ) -> None:
        self._operations = operations
        self._columns = _columns([column for column, _ in pairs])
        self._places = _columns([program.places[chain.base] for _, chain in pairs])
        self._constants = np.array([chain.constants for _, chain in pairs]).T

    def fill(self, matrix: Floats, block: Floats) -> None:
        """Works the columns out and puts them in their place."""
        values = block[:, self._places]
        for operation, constants in zip(self._operations, self._constants, strict=True):
            values = operation(values, constants)
        matrix[:, self._columns] = values


def _columns(numbers: Sequence[int]) -> slice | NDArray[np.intp]:
    """Columns to take from a matrix: a slice, which copies nothing, where they stand side by side."""
    first = numbers[0] if numbers else 0
    if list(numbers) == list(range(first, first + len(numbers))):
        return slice(first, first + len(numbers))
    return np.array(numbers, dtype=np.intp)
