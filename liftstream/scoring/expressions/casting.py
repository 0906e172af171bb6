"""Conversions between types: numbers to words and back, double to float and integer."""

from collections.abc import Callable

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats, WordBuilder, Words, to_float32
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.expression import Expression
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import (
    DATES,
    DOUBLE,
    FLOAT32_MAX,
    STRING,
    FieldType,
    is_numeric,
    number_of,
    number_or_truth,
    word_of,
    write_number,
)


def cast(expression: Expression, wanted: FieldType, element: Element) -> Expression:
    """The expression with values of the type `wanted`; rows whose value has none there are rejected."""
    given = expression.type
    if given.datatype == wanted.datatype or (given.numeric and wanted.datatype == "double"):
        return expression._replace(type=wanted, text=None)
    name = element.get("name") or element.get("field") or element.tag
    if expression.text is not None and wanted.datatype == "string":
        return Expression(wanted, expression.text)

    def evaluate(batch: Batch) -> Column:
        return convert(expression.evaluate(batch), given, wanted, name, batch)

    return Expression(wanted, evaluate)


def numbers_of(expression: Expression, element: Element) -> Callable[[Batch], Floats]:
    """The expression as doubles."""
    return cast(expression, DOUBLE, element).evaluate  # type: ignore[return-value]  # the column of a number


def texts_of(expression: Expression, element: Element) -> Callable[[Batch], Words]:
    """The expression as texts."""
    return cast(expression, STRING, element).evaluate  # type: ignore[return-value]  # the column of words


def convert(column: Column, given: FieldType, wanted: FieldType, name: str, batch: Batch) -> Column:
    """A column of one type as a column of another."""
    if isinstance(column, Words):
        return _from_words(column, wanted, name, batch)
    if wanted.numeric:
        return _between_numbers(column, wanted, name, batch)
    return to_words(column, "integer" if given.whole else given.datatype)


def _from_words(words: Words, wanted: FieldType, name: str, batch: Batch) -> Column:
    if wanted.numeric:
        numbers = words.lookup(lambda word: number_or_truth(word, wanted.datatype))
        bad = np.isnan(numbers) & (words.codes >= 0)
        batch.reject(bad, f"{name}: text is no {wanted.datatype}")
        return numbers
    if wanted.datatype in DATES:
        dates = words.map(lambda word: word_of(word, wanted.datatype))
        batch.reject((dates.codes < 0) & (words.codes >= 0), f"{name}: text is no {wanted.datatype}")
        return dates
    return words


def _between_numbers(numbers: Floats, wanted: FieldType, name: str, batch: Batch) -> Floats:
    if wanted.datatype == "float":
        return to_float32(numbers)
    if wanted.datatype == "integer":
        batch.reject(np.abs(numbers - np.rint(numbers)) > 0, f"{name}: the value is not a whole number")
    elif wanted.datatype == "boolean":
        batch.reject((numbers != 0) & (numbers != 1) & ~np.isnan(numbers), f"{name}: the value is no boolean")
    return numbers


def to_words(numbers: Floats, datatype: str) -> Words:
    """Numbers as the text that documents use for them."""
    distinct, inverse = np.unique(numbers + 0.0, return_inverse=True)  # which leaves no -0
    builder = WordBuilder()
    words = (None if np.isnan(v) else _spell(float(v), datatype) for v in distinct)
    codes = np.array([builder.code(word) for word in words], dtype=np.intp)
    return builder.words(codes[inverse.reshape(-1)])


def spell(text: str, datatype: str) -> str | None:
    """What `to_words` makes of the value that a text says, None where it says none of this data type."""
    if not is_numeric(datatype):
        return word_of(text, datatype)
    number = number_of(text, datatype)
    return None if np.isnan(number) else _spell(number, datatype)


def _spell(value: float, datatype: str) -> str:
    """Doubles keep their point ("1.0"), as tools that turn a number into text write them; floats have their own digits."""
    whole = value == np.floor(value)
    if datatype in ("double", "float") and abs(value) < 1e7 and whole:
        return f"{value:.1f}"
    if datatype == "float" and not whole and abs(value) <= FLOAT32_MAX:
        return str(np.float32(value))
    return write_number(value, datatype)
