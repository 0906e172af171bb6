"""A compiled expression: a function from a batch to a column, and what else is known of it while compiling."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from liftstream.scoring.batch.columns import Booleans, Column, Floats, Words, constant, to_float32
from liftstream.scoring.batch.program import Batch, ColumnChain, Symbol
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import DATES, NAN, FieldType, number_of, why_no_moment, word_of

EXPRESSIONS: Final = (
    "Constant",
    "FieldRef",
    "NormContinuous",
    "NormDiscrete",
    "Discretize",
    "MapValues",
    "Apply",
    "Aggregate",
    "Lag",
    "TextIndex",
)


class Expression(NamedTuple):
    """A compiled expression.

    `constant` is its value where it has one in every row; `slot` where it is just a field; `chain` where it is a field
    and operations with constants, which many fields at once can go through. `text` is how its values are written, where
    that is not how those of its type are: a value of several types keeps the spelling of its own. `valid` is that of its
    field.
    """

    type: FieldType
    evaluate: Callable[[Batch], Column]
    constant: float | str | None = None
    slot: int | None = None
    chain: ColumnChain | None = None
    text: Callable[[Batch], Column] | None = None
    valid: Callable[[Column], Booleans] | None = None


def constant_expression(value: float | str | None, field_type: FieldType) -> Expression:
    """The same value in every row."""
    if isinstance(value, str) or value is None:
        return Expression(field_type, lambda batch: constant(value, batch.rows), value)
    return Expression(field_type, lambda batch: np.full(batch.rows, value), value)


def field_expression(symbol: Symbol) -> Expression:
    """A field as an expression."""
    slot = symbol.slot
    return Expression(
        symbol.type, lambda batch: batch.column(slot), symbol.constant, slot, valid=symbol.valid
    )


def value_of(text: str, field_type: FieldType, element: Element) -> float | str:
    """An attribute's text as a value of a type; refuses text that is none."""
    if not field_type.numeric:
        word = word_of(text, field_type.datatype)
        if word is None and field_type.datatype in DATES:
            raise element.refusal(
                f"has {text[:60]!r}, which is no {field_type.datatype}{why_no_moment(text)}"
            )
        return word or text
    number = number_of(text, "double" if field_type.datatype == "integer" else field_type.datatype)
    if np.isnan(number):
        raise element.refusal(f"has {text[:60]!r} where a value of type {field_type.datatype} is needed")
    return number


def fill_missing(evaluate: Callable[[Batch], Column], value: float | str) -> Callable[[Batch], Column]:
    """The column with its missing values replaced."""

    def filled(batch: Batch) -> Column:
        column = evaluate(batch)
        if isinstance(column, Words):
            return column.fill(column.codes < 0, str(value))
        return np.where(np.isnan(column), value, column)

    return filled


CompileExpression = Callable[[Element, Compilation], Expression]
"""Compiles the expression that an element is, whatever its kind: given to the kinds that hold others."""


def inner_expression(
    element: Element, compilation: Compilation, compile_expression: CompileExpression
) -> Expression:
    """The one expression inside `element`."""
    return compile_expression(element.one(*EXPRESSIONS), compilation)


def equal_to(symbol: Symbol, text: str, element: Element) -> Callable[[Batch], Floats]:
    """1 where the field has this value, 0 where it has another, NaN where it is missing."""
    return equal_to_value(symbol.slot, value_of(text, symbol.type, element))


def equal_to_value(slot: int, value: float | str, *, single: bool = False) -> Callable[[Batch], Floats]:
    """As `equal_to`; of numbers in `single` precision where the model compares in it."""
    if single and not isinstance(value, str):
        value = float(np.float32(value))

    def evaluate(batch: Batch) -> Floats:
        column = batch.column(slot)
        if isinstance(column, Words):
            return np.where(column.codes < 0, NAN, column.codes == column.index.get(str(value), -2))
        return np.where(np.isnan(column), NAN, (to_float32(column) if single else column) == value)

    return evaluate
