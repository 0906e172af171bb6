"""Predicates of trees, rules and segments, in three-valued logic: 1 true, 0 false, NaN unknown.

SimplePredicate compares a field with a value, SimpleSetPredicate asks for membership, CompoundPredicate joins: `and`,
`or`, `xor` as Kleene has them (false and unknown is false), `surrogate` takes the first that is known. A comparison
with a missing value is unknown; isMissing and isNotMissing always know.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from liftstream.scoring.batch.columns import Floats, Words, is_missing, to_float32
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.expression import equal_to_value, value_of
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.tables import read_tokens
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import BOOLEANS, DOUBLE, NAN

PREDICATES: Final = ("SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False")
OPERATORS: Final = (
    "equal", "notEqual", "lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual", "isMissing",
    "isNotMissing",
)  # fmt: skip


class Predicate(NamedTuple):
    """True where the numeric `slot` is above `threshold` (`above`), or not above it; unknown where it is missing.

    Every predicate has this form, which trees run on: what is no comparison is a slot of 0, 1 and NaN compared with
    0.5. `constant` is set for True and False.
    """

    slot: int
    threshold: float
    above: bool
    constant: bool | None = None

    def evaluate(self, batch: Batch) -> Floats:
        """1, 0 or NaN for every row."""
        if self.constant is not None:
            return np.full(batch.rows, float(self.constant))
        values = batch.numbers(self.slot)
        result = (values > self.threshold) if self.above else (values <= self.threshold)
        return np.where(np.isnan(values), NAN, result)


def predicate_of(element: Element, compilation: Compilation) -> Predicate:
    """The predicate inside `element`."""
    return compile_predicate(element.one(*PREDICATES), compilation)


def compile_predicate(element: Element, compilation: Compilation) -> Predicate:
    """The predicate that `element` is."""
    return COMPILERS[element.tag](element, compilation)


def _simple(element: Element, compilation: Compilation) -> Predicate:
    operator = element.choice("operator", OPERATORS)
    symbol = compilation.field(element)
    if operator in ("isMissing", "isNotMissing"):
        return Predicate(_missing_slot(symbol, compilation), 0.5, operator == "isMissing")
    value = _compared_with(element, symbol, operator)
    if operator in ("equal", "notEqual"):
        return Predicate(_equal_slot(symbol, value, compilation), 0.5, operator == "equal")
    if isinstance(value, str):
        return _ordered(element, symbol, value, operator, compilation)
    if value in symbol.type.ranks:
        return _ranked(symbol, value, operator, compilation)
    slot = symbol.slot
    if compilation.float32:
        value = float(np.float32(value))
        if symbol.type.datatype == "double":
            slot = compilation.program.share(
                ("single", slot), lambda batch: to_float32(batch.numbers(symbol.slot))
            )
    if operator in ("lessThan", "greaterOrEqual"):
        value = float(np.nextafter(value, -np.inf))
    return Predicate(slot, value, operator.startswith("greater"))


def _compared_with(element: Element, symbol: Symbol, operator: str) -> float | str:
    """The value compared with; a boolean, 1 or 0, may be above or below any number (R's trees split it at 0.5)."""
    text = element.need("value")
    ordered = operator not in ("equal", "notEqual") and text.strip().lower() not in BOOLEANS
    wanted = DOUBLE if ordered and symbol.type.datatype == "boolean" else symbol.type
    return value_of(text, wanted, element)


def _missing_slot(symbol: Symbol, compilation: Compilation) -> int:
    slot = symbol.slot
    return compilation.program.share(
        ("missing", slot), lambda batch: is_missing(batch.column(slot)).astype(np.float64)
    )


def _equal_slot(symbol: Symbol, value: float | str, compilation: Compilation) -> int:
    slot, single = symbol.slot, compilation.float32
    return compilation.program.share(
        ("equal", slot, value, single), equal_to_value(slot, value, single=single)
    )


def _ordered(
    element: Element, symbol: Symbol, value: str, operator: str, compilation: Compilation
) -> Predicate:
    """Words in order: dates as they flow, categories as the dictionary lists them, other text by its characters."""
    slot, field_type = symbol.slot, symbol.type
    ranked = field_type.optype == "ordinal" and bool(field_type.values)
    if ranked and value not in field_type.values:
        raise element.refusal(f"compares {symbol.name!r} with {value[:60]!r}, which is not among its values")
    order = {word: float(place) for place, word in enumerate(field_type.values)}

    def sign(word: str) -> float:
        if ranked:
            return order.get(word, NAN) - order[value]
        return float(word > value) - float(word < value)

    def evaluate(batch: Batch) -> Floats:
        return batch.words(slot).lookup(sign)

    above = compilation.program.share(("order", slot, value), evaluate)
    strict = -0.5 if operator in ("lessThan", "greaterOrEqual") else 0.5
    return Predicate(above, strict, operator.startswith("greater"))


def _ranked(symbol: Symbol, value: float, operator: str, compilation: Compilation) -> Predicate:
    """Numbers in the order in which the dictionary lists them."""
    slot, rank = symbol.slot, symbol.type.ranks

    def evaluate(batch: Batch) -> Floats:
        return np.array([rank.get(number, NAN) for number in batch.numbers(slot).tolist()])

    ranks = compilation.program.share(("rank", slot), evaluate)
    strict = -0.5 if operator in ("lessThan", "greaterOrEqual") else 0.5
    return Predicate(ranks, rank[value] + strict, operator.startswith("greater"))


def _set(element: Element, compilation: Compilation) -> Predicate:
    symbol = compilation.field(element)
    inside = element.choice("booleanOperator", {"isIn": True, "isNotIn": False})
    array = element.one("Array")
    members = frozenset(value_of(token, symbol.type, array) for token in read_tokens(array))
    return Predicate(_member_slot(symbol, members, compilation), 0.5, inside)


def _member_slot(symbol: Symbol, members: frozenset[float | str], compilation: Compilation) -> int:
    slot, single = symbol.slot, compilation.float32
    numbers = np.array([m for m in members if not isinstance(m, str)])
    numbers = to_float32(numbers) if single else numbers

    def evaluate(batch: Batch) -> Floats:
        column = batch.column(slot)
        if isinstance(column, Words):
            return column.lookup(lambda word: float(word in members))
        return np.where(np.isnan(column), NAN, np.isin(to_float32(column) if single else column, numbers))

    return compilation.program.share(("member", slot, members, single), evaluate)


def _compound(element: Element, compilation: Compilation) -> Predicate:
    element.only(*PREDICATES)
    join = element.choice("booleanOperator", JOINS)
    parts = [compile_predicate(child, compilation) for child in element.children]
    if not parts:
        raise element.refusal("needs predicates inside")
    if len(parts) == 1:
        return parts[0]

    def evaluate(batch: Batch) -> Floats:
        result = parts[0].evaluate(batch)
        for part in parts[1:]:
            result = join(result, part.evaluate(batch))
        return result

    key = ("compound", element.need("booleanOperator"), tuple(parts))
    return Predicate(compilation.program.share(key, evaluate), 0.5, True)


def both(a: Floats, b: Floats) -> Floats:
    """and: false where one is false, else unknown where one is."""
    return np.where((a == 0) | (b == 0), 0.0, a * b)


def either(a: Floats, b: Floats) -> Floats:
    """or: true where one is true, else unknown where one is."""
    return np.where((a == 1) | (b == 1), 1.0, a + b)


def one_of(a: Floats, b: Floats) -> Floats:
    """xor: unknown where one is."""
    return np.abs(a - b)


def _first_known(a: Floats, b: Floats) -> Floats:
    return np.where(np.isnan(a), b, a)


JOINS: Final[dict[str, Callable[[Floats, Floats], Floats]]] = {
    "and": both,
    "or": either,
    "xor": one_of,
    "surrogate": _first_known,
}
COMPILERS: Final[dict[str, Callable[[Element, Compilation], Predicate]]] = {
    "True": lambda _element, _compilation: Predicate(-1, 0.0, True, True),
    "False": lambda _element, _compilation: Predicate(-1, 0.0, True, False),
    "SimplePredicate": _simple,
    "SimpleSetPredicate": _set,
    "CompoundPredicate": _compound,
}
