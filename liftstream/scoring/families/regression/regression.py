"""RegressionModel: linear and logistic regressions, and polynomial and interaction terms of them.

A RegressionTable is intercept + sum(coefficient * field ** exponent) + sum(coefficient of the category a field has)
+ sum(coefficient * product of fields). A missing number makes the whole result missing, whichever table it is in; a
missing category adds nothing. Regression applies the normalization to the one table. Classification has a table a
category:

- two categories: none, logit, probit, cauchit, cloglog, loglog give the first table's probability and the other takes
  the rest; softmax as below;
- more: softmax; none leaves out the normalization and the last category takes what is left to 1; simplemax divides by
  the sum; the others are applied one by one, and their results are made to sum to 1;
- ordinal targets: the tables give cumulative probabilities, differences of which are the categories' own.

Some tools write one table for two categories, the other is implied with the value 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from liftstream.scoring.batch.columns import Floats, Words, any_missing
from liftstream.scoring.batch.prediction import Predictions, classified
from liftstream.scoring.batch.program import Batch, Gather
from liftstream.scoring.expressions.casting import numbers_of
from liftstream.scoring.expressions.expression import equal_to, field_expression, value_of
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.families.regression.links import INVERSE_LINKS
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

NORMALIZATIONS: Final = (
    "none", "simplemax", "softmax", "logit", "probit", "cloglog", "exp", "loglog", "cauchit",
)  # fmt: skip
ONE_OF_TWO: Final = {"logit", "probit", "cloglog", "loglog", "cauchit", "none"}


class Term(NamedTuple):
    """What a predictor multiplies its coefficient with. Equal keys are computed once; an int is a slot as it is."""

    key: object
    evaluate: Callable[[Batch], Floats]


class Category(NamedTuple):
    """A field and the value that it must have: the key of a term that is 1 or 0."""

    slot: int
    value: float | str


class CategoryWeights:
    """The coefficients of one field's categories: a row takes those of its value, without a column for each category."""

    def __init__(self, slot: int, weights: Mapping[float | str, Floats], tables: int) -> None:
        self.slot = slot
        self._place = {value: number for number, value in enumerate(weights)}
        self._weights = np.vstack([*weights.values(), np.zeros(tables)])

    def __call__(self, batch: Batch) -> Floats:
        """[rows, tables], 0 where the value is missing or has no coefficient."""
        column = batch.column(self.slot)
        if isinstance(column, Words):
            distinct, inverse = np.unique(column.codes, return_inverse=True)
            values = [None if code < 0 else column.vocabulary[code] for code in distinct.tolist()]
        else:
            numbers, inverse = np.unique(column, return_inverse=True)
            values = numbers.tolist()
        nothing = len(self._place)
        places = np.array([self._place.get(value, nothing) for value in values], dtype=np.intp)  # type: ignore[arg-type]
        return self._weights[places[inverse.reshape(-1)]]


def read_categories(weighted: "Sequence[tuple[Term, int, float]]", tables: int) -> list[CategoryWeights]:
    """The terms that are categories, by their field."""
    by_slot: dict[int, dict[float | str, Floats]] = {}
    for term, index, weight in weighted:
        if isinstance(term.key, Category):
            weights = by_slot.setdefault(term.key.slot, {})
            weights.setdefault(term.key.value, np.zeros(tables))[index] += weight
    return [CategoryWeights(slot, weights, tables) for slot, weights in by_slot.items()]


class RegressionTables:
    """The linear part of several RegressionTables at once: one matrix product for all of them."""

    def __init__(self, tables: Sequence[Element], compilation: Compilation) -> None:
        self.intercepts = np.array([table.number("intercept", 0.0) for table in tables])
        self._float32 = compilation.float32
        weighted: list[tuple[Term, int, float]] = []
        for index, table in enumerate(tables):
            table.only("NumericPredictor", "CategoricalPredictor", "PredictorTerm")
            if table.get("x-targetField") is not None:
                raise table.unsupported(
                    "has x-targetField; supported: tables of one target, as the standard has them"
                )
            weighted += [(_term(e, compilation), index, e.number("coefficient")) for e in table.children]
        self._categories = [] if self._float32 else read_categories(weighted, len(tables))
        if self._categories:
            weighted = [one for one in weighted if not isinstance(one[0].key, Category)]
        terms = {term.key: term for term, _, _ in weighted}
        fields = [key for key in terms if isinstance(key, int)]
        others = [key for key in terms if not isinstance(key, int)]
        place = {key: column for column, key in enumerate([*fields, *others])}
        self.coefficients = np.zeros((len(place), len(tables)))
        self._used = np.zeros(self.coefficients.shape)
        for term, index, weight in weighted:
            self.coefficients[place[term.key], index] += weight
            self._used[place[term.key], index] = 1.0
        self._gather = Gather(compilation.program, fields)
        self._others = [terms[key].evaluate for key in others]

    def __call__(self, batch: Batch) -> Floats:
        """[rows, tables], before any normalization."""
        values = self._numbers(batch)
        for one in self._categories:
            values = values + one(batch)
        return values

    def _numbers(self, batch: Batch) -> Floats:
        matrix = self._gather(batch)
        if self._others:
            matrix = np.column_stack([matrix, *(term(batch) for term in self._others)])
        if not any_missing(matrix):
            return self._combine(matrix)
        gaps = np.isnan(matrix)
        values = self._combine(np.where(gaps, 0.0, matrix))
        # a table that does not use a missing field has a value
        return np.where(gaps @ self._used > 0, np.nan, values)

    def _combine(self, matrix: Floats) -> Floats:
        return self._single(matrix) if self._float32 else matrix @ self.coefficients + self.intercepts

    def _single(self, matrix: Floats) -> Floats:
        total = np.tile(self.intercepts.astype(np.float32), (len(matrix), 1))
        for column, weights in zip(
            matrix.T.astype(np.float32), self.coefficients.astype(np.float32), strict=True
        ):
            total += column[:, None] * weights
        return total.astype(np.float64)


def _term(element: Element, compilation: Compilation) -> Term:
    if element.tag == "PredictorTerm":
        symbols = [compilation.field(reference) for reference in element.all("FieldRef")]
        if not symbols:
            raise element.refusal("needs <FieldRef> inside")
        numbers = [numbers_of(field_expression(symbol), element) for symbol in symbols]
        return Term(("product", *(symbol.slot for symbol in symbols)), _product(numbers))
    symbol = compilation.field(element, "name")
    if element.tag == "CategoricalPredictor":
        value = element.need("value")
        equals = equal_to(symbol, value, element)
        key = Category(symbol.slot, value_of(value, symbol.type, element))
        return Term(key, lambda batch: np.nan_to_num(equals(batch), nan=0.0))
    exponent = element.number("exponent", 1.0)
    if exponent == 1.0 and symbol.type.numeric:
        return Term(symbol.slot, lambda batch: batch.numbers(symbol.slot))
    number = numbers_of(field_expression(symbol), element)
    return Term(("power", symbol.slot, exponent), lambda batch: number(batch) ** exponent)


def _product(factors: Sequence[Callable[[Batch], Floats]]) -> Callable[[Batch], Floats]:
    def product(batch: Batch) -> Floats:
        result = np.ones(batch.rows)
        for factor in factors:
            result = result * factor(batch)
        return result

    return product


@dataclass
class TableRegression(Family):
    """A model with one table and a number for an answer."""

    tables: RegressionTables
    inverse: Callable[[Floats], Floats]
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The normalized value of the table."""
        return Predictions(self.inverse(self.tables(batch)[:, 0]))


@dataclass
class Classification(Family):
    """A model with a table for each category; where it is `implied`, the last one's is not there and its value is 0."""

    tables: RegressionTables
    normalization: str
    classes: tuple[str, ...]
    ordinal: bool
    implied: bool

    def predict(self, batch: Batch) -> Predictions:
        """Probabilities of the categories, and the likeliest."""
        values = self.tables(batch)
        if any_missing(values):
            values[np.isnan(values).any(axis=1)] = np.nan
        if self.implied:
            values = np.column_stack([values, np.zeros(len(values))])
        return classified(normalize(values, self.normalization, self.ordinal), self.classes)


def normalize(values: Floats, normalization: str, ordinal: bool = False) -> Floats:
    """The tables' values [rows, categories] as probabilities."""
    count = values.shape[1]
    if normalization == "softmax":
        return softmax(values)
    if normalization == "simplemax":
        return np.asarray(values / values.sum(axis=1, keepdims=True))
    inverse = INVERSE_LINKS[normalization]
    if ordinal:
        cumulative = np.clip(inverse(values[:, :-1]), 0.0, 1.0)
        edges = np.column_stack([np.zeros(len(values)), cumulative, np.ones(len(values))])
        edges[np.isnan(values).any(axis=1)] = np.nan
        return np.diff(edges, axis=1)
    if count == 2 and normalization in ONE_OF_TWO:
        first = inverse(values[:, 0])
        shares = np.empty((len(values), 2))
        shares[:, 0] = np.minimum(np.maximum(first, 0.0), 1.0) if normalization == "none" else first
        np.subtract(1.0, shares[:, 0], out=shares[:, 1])
        return shares
    transformed = inverse(values)
    if normalization == "none":
        return np.column_stack([transformed[:, :-1], 1.0 - transformed[:, :-1].sum(axis=1)])
    return np.asarray(transformed / transformed.sum(axis=1, keepdims=True))


def softmax(values: Floats) -> Floats:
    """exp(v) / sum(exp(v)) of each row."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def compile_regression(
    element: Element, compilation: Compilation, target: Target
) -> TableRegression | Classification:
    """A RegressionModel.

    Raises:
        ModelUnsupported: it holds something else than RegressionTables of known predictors.
    """
    elements = element.all("RegressionTable")
    method = element.choice("normalizationMethod", NORMALIZATIONS, "none")
    if not elements:
        raise element.refusal("needs <RegressionTable> inside")
    if target.function == "regression":
        if len(elements) != 1 or method == "simplemax":
            raise element.refusal(
                f"is a regression with {len(elements)} tables and normalizationMethod {method}"
            )
        return TableRegression(RegressionTables(elements, compilation), INVERSE_LINKS[method])
    names = [target.label(table.need("targetCategory")) for table in elements]
    classes, implied = tuple(names), False
    if len(elements) == 1:
        others = [name for name in target.classes if name not in names]
        if len(others) != 1:
            raise elements[0].refusal("is the only table, and the target does not have two categories")
        classes, implied = (*names, others[0]), True
    if len(classes) > 2 and not target.ordinal and method not in ("none", "simplemax", "softmax", "logit"):
        raise element.unsupported(
            f"has normalizationMethod={method} for {len(classes)} categories; supported: none, simplemax, softmax, logit"
        )
    ordinal = target.ordinal and method not in ("softmax", "simplemax")
    tables = RegressionTables(elements, compilation)
    return Classification(tables, method, classes, ordinal, implied and not ordinal)


REGRESSION: Final = FamilyKind(
    tag="RegressionModel", name="regression", contents=("RegressionTable",), compile=compile_regression
)
