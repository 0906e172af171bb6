"""Expressions of derived fields, each compiled to a function from a batch to a column.

Constant, FieldRef, NormContinuous (piecewise linear, with its outliers), NormDiscrete (one-hot), Discretize, MapValues,
Apply (`functions`), TextIndex (`text_index`); Lag and Aggregate refused by name: they look beyond the row.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats, Words, combine_words
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.apply import compile_apply
from liftstream.scoring.expressions.casting import cast, numbers_of, spell, texts_of
from liftstream.scoring.expressions.expression import (
    EXPRESSIONS,
    CompileExpression,
    Expression,
    constant_expression,
    equal_to,
    field_expression,
    fill_missing,
    inner_expression,
    value_of,
)
from liftstream.scoring.expressions.text.text_index import compile_text_index
from liftstream.scoring.fields import tables
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.fields import OUTLIERS, read_interval
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
    why_no_moment,
    word_of,
)


def compile_expression(element: Element, compilation: Compilation) -> Expression:
    """The expression that `element` is.

    Raises:
        ModelUnsupported: it looks beyond its row, or is not known here.
    """
    if element.tag in HOLD_OTHERS:
        return HOLD_OTHERS[element.tag](element, compilation, compile_expression)
    if element.tag not in COMPILERS:
        known = ", ".join((*COMPILERS, *HOLD_OTHERS))
        raise element.unsupported(f"is not scored; supported expressions: {known}")
    return COMPILERS[element.tag](element, compilation)


def expression_of(element: Element, compilation: Compilation) -> Expression:
    """The one expression inside `element`."""
    return inner_expression(element, compilation, compile_expression)


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
    name = text.strip()
    if compilation.calls and element.get("dataType") is None and compilation.names.find(name) is not None:
        return field_expression(compilation.names.need(name, element))  # so SAS writes a function's parameter
    datatype = read_datatype(element, _guess(text))
    if element.flag("missing", False) or (
        not name and datatype != "string"
    ):  # empty is missing, or empty text
        return constant_expression(NAN if is_numeric(datatype) else None, FieldType(datatype, "continuous"))
    if is_numeric(datatype):
        number = {"NaN": NAN, "INF": np.inf, "-INF": -np.inf}.get(name)
        number = number_of(text, datatype) if number is None else number
        if np.isnan(number) and name != "NaN":
            raise element.refusal(f"holds {text[:60]!r}, which is no {datatype}")
        return constant_expression(number, FieldType(datatype, "continuous"))
    word = word_of(text, datatype)
    if word is None:
        raise element.refusal(f"holds {text[:60]!r}, which is no {datatype}{why_no_moment(text)}")
    return constant_expression(word, FieldType(datatype, "categorical"))


def _guess(text: str) -> str:
    """The type of a constant without one: as it is written."""
    if not np.isnan(number_of(text, "integer")) and "." not in text and "e" not in text.lower():
        return "integer"
    return "string" if np.isnan(number_of(text, "double")) else "double"


def _field_ref(element: Element, compilation: Compilation) -> Expression:
    inner = field_expression(compilation.field(element))
    replacement = element.get("mapMissingTo")
    if replacement is None:
        return inner
    return Expression(inner.type, fill_missing(inner.evaluate, value_of(replacement, inner.type, element)))


def _norm_continuous(element: Element, compilation: Compilation) -> Expression:
    element.only("LinearNorm")
    symbol = compilation.field(element)
    points = [(point.number("orig"), point.number("norm")) for point in element.all("LinearNorm")]
    if len(points) < 2 or any(b[0] <= a[0] for a, b in pairwise(points)):
        raise element.refusal("needs at least two <LinearNorm> with rising orig")
    outliers = element.choice("outliers", OUTLIERS, "asIs")
    replacement = element.maybe_number("mapMissingTo")
    origs, norms = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    numeric = numbers_of(field_expression(symbol), element)

    def evaluate(batch: Batch) -> Column:
        values = numeric(batch)
        result = interpolate(values, origs, norms, outliers)
        # it stands in for a missing input, not for what an outlier makes missing
        return result if replacement is None else np.where(np.isnan(values), replacement, result)

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


def _discretize(element: Element, compilation: Compilation) -> Expression:
    element.only("DiscretizeBin")
    symbol = compilation.field(element)
    datatype = read_datatype(element, "string")
    wanted = FieldType(datatype, "categorical")
    bins = [(read_interval(b.one("Interval")), b.need("binValue")) for b in element.all("DiscretizeBin")]
    numeric = numbers_of(field_expression(symbol), element)
    default, missing = element.get("defaultValue"), element.get("mapMissingTo")
    vocabulary = [text for _, text in bins] + [text for text in (default, missing) if text is not None]

    def evaluate(batch: Batch) -> Column:
        values = numeric(batch)
        codes = np.full(batch.rows, -1 if default is None else len(bins))
        for code in reversed(range(len(bins))):
            low, high = bins[code][0]
            codes[(values >= low) & (values <= high)] = code
        codes[np.isnan(values)] = -1 if missing is None else len(vocabulary) - 1
        return Words(codes, vocabulary).map(lambda word: word)  # each word with one code only

    return cast(Expression(STRING, evaluate), wanted, element)


def _map_values(element: Element, compilation: Compilation) -> Expression:
    element.only("FieldColumnPair", "InlineTable", "TableLocator")
    datatype = read_datatype(element, "string")
    wanted = FieldType(datatype, "categorical")
    pairs = [
        (compilation.field(p), tables.column_name(p.need("column"))) for p in element.all("FieldColumnPair")
    ]
    rows = tables.read_rows(element.one("InlineTable"))
    output = tables.column_name(element.need("outputColumn"))
    table: dict[tuple[str | None, ...], str | None] = {}
    for row in rows:
        cells = ((row.get(column), symbol.type.datatype) for symbol, column in pairs)
        key = tuple(None if cell is None else spell(cell, kind) or cell for cell, kind in cells)
        table.setdefault(key, row.get(output))
    default, missing = element.get("defaultValue"), element.get("mapMissingTo")
    as_words = [texts_of(field_expression(symbol), element) for symbol, _ in pairs]

    def evaluate(batch: Batch) -> Column:
        columns = [words(batch) for words in as_words]

        def of_row(*key: str | None) -> str | None:
            return missing if None in key else table.get(key, default)

        return combine_words(columns, of_row)

    return cast(Expression(STRING, evaluate), wanted, element)


COMPILERS: Final[dict[str, Callable[[Element, Compilation], Expression]]] = {
    "Constant": _constant,
    "FieldRef": _field_ref,
    "NormContinuous": _norm_continuous,
    "NormDiscrete": _norm_discrete,
    "Discretize": _discretize,
    "MapValues": _map_values,
}
HOLD_OTHERS: Final[dict[str, Callable[[Element, Compilation, CompileExpression], Expression]]] = {
    "Apply": compile_apply,
    "TextIndex": compile_text_index,
}
"""Expressions with others inside, which they compile by the function that they are given."""
