"""Expressions of derived fields, each compiled to a function from a batch to a column.

Constant, FieldRef, NormContinuous (piecewise linear, with its outliers), NormDiscrete (one-hot), Discretize, MapValues,
Apply (`functions`), TextIndex (`text_index`); Lag and Aggregate refused by name: they look beyond the row.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats, Words, constant
from liftstream.scoring.batch.program import Batch, Chain, Symbol
from liftstream.scoring.expressions.casting import cast, spell
from liftstream.scoring.fields import tables
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.fields import read_interval
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import (
    DOUBLE,
    NAN,
    OPTYPES,
    STRING,
    FieldType,
    is_numeric,
    number_of,
    read_datatype,
    word_of,
)

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
    and operations with constants, which many fields at once can go through.
    """

    type: FieldType
    evaluate: Callable[[Batch], Column]
    constant: float | str | None = None
    slot: int | None = None
    chain: Chain | None = None


def compile_expression(element: Element, compilation: Compilation) -> Expression:
    """The expression that `element` is.

    Raises:
        ModelUnsupported: it looks beyond its row, or is not known here.
    """
    if element.tag == "Apply":
        from liftstream.scoring.expressions.apply import compile_apply

        return compile_apply(element, compilation)
    if element.tag == "TextIndex":
        from liftstream.scoring.expressions.text.text_index import compile_text_index

        return compile_text_index(element, compilation)
    if element.tag not in COMPILERS:
        known = ", ".join((*COMPILERS, "Apply", "TextIndex"))
        raise element.unsupported(f"is not scored; supported expressions: {known}")
    return COMPILERS[element.tag](element, compilation)


def expression_of(element: Element, compilation: Compilation) -> Expression:
    """The one expression inside `element`."""
    return compile_expression(element.one(*EXPRESSIONS), compilation)


def define_derived(element: Element, compilation: Compilation) -> None:
    """Makes a DerivedField known by its name; it is compiled when something refers to it."""
    name = element.need("name")

    def make() -> Symbol:
        expression = compile_derived(element, compilation)
        if expression.slot is not None:
            return Symbol(name, expression.type, expression.slot)
        return Symbol(name, expression.type, compilation.program.add(expression.evaluate, expression.chain))

    compilation.names.define_lazily(name, make, element)


def compile_derived(element: Element, compilation: Compilation) -> Expression:
    """A DerivedField: its expression, cast to its type."""
    element.only("Interval", "Value", *EXPRESSIONS)
    inner = expression_of(element, compilation)
    datatype = read_datatype(element, inner.type.datatype)
    values = tuple(word_of(v.need("value"), datatype) or v.need("value") for v in element.all("Value"))
    wanted = FieldType(datatype, element.choice("optype", OPTYPES, inner.type.optype), values)
    return cast(inner, wanted, element)


def _constant(element: Element, compilation: Compilation) -> Expression:
    text = element.text
    if compilation.calls and element.get("dataType") is None and compilation.names.find(text) is not None:
        return field_expression(compilation.names.need(text, element))  # so SAS writes a function's parameter
    datatype = read_datatype(element, _guess(text))
    if element.flag("missing", False):
        return constant_expression(NAN if is_numeric(datatype) else None, FieldType(datatype, "continuous"))
    if is_numeric(datatype):
        number = {"NaN": NAN, "INF": np.inf, "-INF": -np.inf}.get(text)
        number = number_of(text, datatype) if number is None else number
        if np.isnan(number) and text != "NaN":
            raise element.refusal(f"holds {text[:60]!r}, which is no {datatype}")
        return constant_expression(number, FieldType(datatype, "continuous"))
    return constant_expression(word_of(text, datatype), FieldType(datatype, "categorical"))


def _guess(text: str) -> str:
    """The type of a constant without one: as it is written."""
    if not np.isnan(number_of(text, "integer")) and "." not in text and "e" not in text.lower():
        return "integer"
    return "string" if np.isnan(number_of(text, "double")) else "double"


def constant_expression(value: float | str | None, field_type: FieldType) -> Expression:
    """The same value in every row."""
    if isinstance(value, str) or value is None:
        return Expression(field_type, lambda batch: constant(value, batch.rows), value)
    return Expression(field_type, lambda batch: np.full(batch.rows, value), value)


def field_expression(symbol: Symbol) -> Expression:
    """A field as an expression."""
    slot = symbol.slot
    return Expression(symbol.type, lambda batch: batch.column(slot), symbol.constant, slot)


def _field_ref(element: Element, compilation: Compilation) -> Expression:
    inner = field_expression(compilation.field(element))
    replacement = element.get("mapMissingTo")
    if replacement is None:
        return inner
    return Expression(inner.type, fill_missing(inner.evaluate, value_of(replacement, inner.type, element)))


def value_of(text: str, field_type: FieldType, element: Element) -> float | str:
    """An attribute's text as a value of a type; refuses text that is none."""
    if not field_type.numeric:
        return word_of(text, field_type.datatype) or text
    number = number_of(text, "double" if field_type.datatype == "integer" else field_type.datatype)
    if np.isnan(number):
        raise element.refusal(f"has {text[:60]!r} where a value of type {field_type.datatype} is needed")
    return number


def fill_missing(evaluate: Callable[[Batch], Column], value: float | str) -> Callable[[Batch], Column]:
    """The column with its missing values replaced."""

    def filled(batch: Batch) -> Column:
        column = evaluate(batch)
        if isinstance(column, Words):
            words = (*column.vocabulary, str(value))
            return Words(np.where(column.codes < 0, len(words) - 1, column.codes), words)
        return np.where(np.isnan(column), value, column)

    return filled


def _norm_continuous(element: Element, compilation: Compilation) -> Expression:
    element.only("LinearNorm")
    symbol = compilation.field(element)
    points = [(point.number("orig"), point.number("norm")) for point in element.all("LinearNorm")]
    if len(points) < 2 or any(b[0] <= a[0] for a, b in pairwise(points)):
        raise element.refusal("needs at least two <LinearNorm> with rising orig")
    outliers = element.choice(
        "outliers", {n: n for n in ("asIs", "asMissingValues", "asExtremeValues")}, "asIs"
    )
    replacement = element.maybe_number("mapMissingTo")
    origs, norms = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    numeric = cast(field_expression(symbol), DOUBLE, element).evaluate

    def evaluate(batch: Batch) -> Column:
        result = interpolate(numeric(batch), origs, norms, outliers)  # type: ignore[arg-type]
        return result if replacement is None else np.where(np.isnan(result), replacement, result)

    return Expression(DOUBLE, evaluate)


def interpolate(values: Floats, origs: Floats, norms: Floats, outliers: str) -> Floats:
    """Piecewise linear through the points; beyond them by the outermost segments, clipped, or missing."""
    segment = np.clip(np.searchsorted(origs, values, side="right") - 1, 0, len(origs) - 2)
    left, right = origs[segment], origs[segment + 1]
    low, high = norms[segment], norms[segment + 1]
    result = low + (values - left) / (right - left) * (high - low)
    outside = (values < origs[0]) | (values > origs[-1])
    if outliers == "asMissingValues":
        return np.where(outside, NAN, result)
    if outliers == "asExtremeValues":
        ends = np.where(values < origs[0], norms[0], norms[-1])
        return np.where(outside, ends, result)
    return np.asarray(result, dtype=np.float64)


def _norm_discrete(element: Element, compilation: Compilation) -> Expression:
    symbol = compilation.field(element)
    element.choice("method", {"indicator": True}, "indicator")
    replacement = element.maybe_number("mapMissingTo")
    equals = equal_to(symbol, element.need("value"), element)

    def evaluate(batch: Batch) -> Column:
        column = equals(batch)
        return column if replacement is None else np.where(np.isnan(column), replacement, column)

    return Expression(DOUBLE, evaluate)


def equal_to(symbol: Symbol, text: str, element: Element) -> Callable[[Batch], Floats]:
    """1 where the field has this value, 0 where it has another, NaN where it is missing."""
    value = value_of(text, symbol.type, element)
    slot = symbol.slot

    def evaluate(batch: Batch) -> Floats:
        column = batch.column(slot)
        if isinstance(column, Words):
            code = column.index.get(str(value), -2)
            result = (column.codes == code).astype(np.float64)
            return np.where(column.codes < 0, NAN, result)
        return np.where(np.isnan(column), NAN, column == value)

    return evaluate


def _discretize(element: Element, compilation: Compilation) -> Expression:
    element.only("DiscretizeBin")
    symbol = compilation.field(element)
    datatype = read_datatype(element, "string")
    wanted = FieldType(datatype, "categorical")
    bins = [(read_interval(b.one("Interval")), b.need("binValue")) for b in element.all("DiscretizeBin")]
    numeric = cast(field_expression(symbol), DOUBLE, element).evaluate
    default, missing = element.get("defaultValue"), element.get("mapMissingTo")
    vocabulary = [text for _, text in bins] + [text for text in (default, missing) if text is not None]

    def evaluate(batch: Batch) -> Column:
        values: Floats = numeric(batch)  # type: ignore[assignment]
        codes = np.full(batch.rows, -1 if default is None else len(bins))
        for code in reversed(range(len(bins))):
            low, high = bins[code][0]
            codes[(values >= low) & (values <= high)] = code
        codes[np.isnan(values)] = -1 if missing is None else len(vocabulary) - 1
        return Words(codes, vocabulary)

    return cast(Expression(STRING, merge_words(evaluate)), wanted, element)


def merge_words(evaluate: Callable[[Batch], Column]) -> Callable[[Batch], Column]:
    """The same words, each with one code only."""
    return lambda batch: evaluate(batch).map(lambda word: word)  # type: ignore[union-attr]


def _map_values(element: Element, compilation: Compilation) -> Expression:
    element.only("FieldColumnPair", "InlineTable", "TableLocator")
    datatype = read_datatype(element, "string")
    wanted = FieldType(datatype, "categorical")
    pairs = [
        (compilation.field(p), tables.column_name(p.need("column"))) for p in element.all("FieldColumnPair")
    ]
    rows = tables.read_rows(element.one("InlineTable"))
    output = tables.column_name(element.need("outputColumn"))
    keys = [[row.get(column) for _, column in pairs] for row in rows]
    table: dict[tuple[str | None, ...], str | None] = {}
    for key, row in zip(keys, rows, strict=True):
        canonical = tuple(
            None if k is None else spell(k, s.type.datatype) or k
            for k, (s, _) in zip(key, pairs, strict=True)
        )
        table.setdefault(canonical, row.get(output))
    default, missing = element.get("defaultValue"), element.get("mapMissingTo")
    as_words = [cast(field_expression(symbol), STRING, element).evaluate for symbol, _ in pairs]

    def evaluate(batch: Batch) -> Column:
        columns: list[Words] = [words(batch) for words in as_words]  # type: ignore[misc]

        def of_row(*key: str | None) -> str | None:
            if None in key and key not in table:
                return missing
            return table.get(key, default)

        return combine_words(columns, of_row)

    return cast(Expression(STRING, evaluate), wanted, element)


def combine_words(columns: list[Words], of_row: Callable[..., str | None]) -> Words:
    """A word for each row, worked out once for every distinct combination."""
    from liftstream.scoring.batch.columns import WordBuilder

    if len(columns) == 1:
        distinct, inverse = np.unique(columns[0].codes, return_inverse=True)
        distinct = distinct[:, None]
    else:
        stacked = np.stack([column.codes for column in columns], axis=1)
        distinct, inverse = np.unique(stacked, axis=0, return_inverse=True)
    builder = WordBuilder()
    spelled = [
        [None if code < 0 else column.vocabulary[code] for code, column in zip(row, columns, strict=True)]
        for row in distinct.tolist()
    ]
    codes = np.array([builder.code(of_row(*row)) for row in spelled], dtype=np.intp)
    return builder.words(codes[inverse.reshape(-1)])


COMPILERS: Final[dict[str, Callable[[Element, Compilation], Expression]]] = {
    "Constant": _constant,
    "FieldRef": _field_ref,
    "NormContinuous": _norm_continuous,
    "NormDiscrete": _norm_discrete,
    "Discretize": _discretize,
    "MapValues": _map_values,
}
