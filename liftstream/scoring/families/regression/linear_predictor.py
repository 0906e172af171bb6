"""The linear part of a GeneralRegressionModel: parameters, the predictors they are products of, and their weights.

A parameter is the product of its cells in the PPMatrix: a covariate to the cell's power, or for a factor 1 where it has
the cell's category and 0 elsewhere (its contrast matrix's entry where it has one). A parameter without cells is 1. The
ParamMatrix weighs parameters, for one target category or for all; what it does not weigh may be missing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.casting import numbers_of
from liftstream.scoring.expressions.expression import equal_to, field_expression
from liftstream.scoring.families.distance.categories import place_in
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.matrix import read_matrix
from liftstream.scoring.xml.element import Element

Column = Callable[[Batch], Floats]
WITH_OFFSET: Final = ("generalizedLinear", "ordinalMultinomial")


class Parameter(NamedTuple):
    """The parts of a parameter's product: of factors, and of covariates."""

    factors: Sequence[Column] = ()
    covariates: Sequence[Column] = ()


@dataclass
class DesignMatrix:
    """Every parameter as a column."""

    parameters: Sequence[Parameter]

    def __call__(self, batch: Batch) -> Floats:
        """[rows, parameters], NaN where a predictor is missing, unless a factor makes the product 0 whatever it is."""
        matrix = np.ones((batch.rows, len(self.parameters)))
        values: dict[Column, Floats] = {}
        for column, (factors, covariates) in enumerate(self.parameters):
            for part in (*factors, *covariates):
                if part not in values:
                    values[part] = part(batch)
            for factor in factors:
                matrix[:, column] *= values[factor]
            off = matrix[:, column] == 0.0
            for covariate in covariates:
                matrix[:, column] *= values[covariate]
            matrix[off, column] = 0.0
        return matrix


@dataclass
class LinearPredictor:
    """`weights` [parameters, targets] over a design, and an offset."""

    design: DesignMatrix
    weights: Floats
    offset: Column

    def __call__(self, batch: Batch) -> Floats:
        """[rows, targets]; a predictor that is missing leaves nothing known of its row."""
        return self.design(batch) @ self.weights + self.offset(batch)[:, None]


def read_predictor(
    element: Element, compilation: Compilation, categories: Sequence[str | None]
) -> LinearPredictor:
    """The linear predictor of each of some target categories (None: the cells that name none).

    The standard has offsets for generalized linear and ordinal models; of multinomial ones they are common to all
    categories and take no part. They say nothing elsewhere.
    """
    parameters = [one.need("name") for one in element.one("ParameterList").all("Parameter")]
    place = {name: row for row, name in enumerate(parameters)}
    weights = np.zeros((len(parameters), len(categories)))
    for cell in element.one("ParamMatrix").all("PCell"):
        name = cell.need("parameterName")
        if name not in place:
            raise cell.unknown("parameter", name, place)
        own = cell.get("targetCategory")
        columns = [c for c, category in enumerate(categories) if own is None or own == category]
        weights[place[name], columns] += cell.number("beta")
    return LinearPredictor(
        _read_design(element, compilation, parameters), weights, read_offset(element, compilation)
    )


def read_offset(element: Element, compilation: Compilation) -> Column:
    """offsetVariable or offsetValue where the model's type has them, otherwise nothing."""
    if element.get("modelType") not in WITH_OFFSET:
        return lambda batch: np.zeros(batch.rows)
    if element.get("offsetVariable") is None:
        value = element.number("offsetValue", 0.0)
        return lambda batch: np.full(batch.rows, value)
    return field_numbers(element, "offsetVariable", compilation)


def field_numbers(element: Element, attribute: str, compilation: Compilation) -> Column:
    """The numeric field that an attribute names."""
    return numbers_of(field_expression(compilation.field(element, attribute)), element)


def _read_design(element: Element, compilation: Compilation, parameters: Sequence[str]) -> DesignMatrix:
    factors = _predictors(element, "FactorList")
    covariates = _predictors(element, "CovariateList")
    table = element.first("PPMatrix")
    parts: dict[str, tuple[list[Column], list[Column]]] = {name: ([], []) for name in parameters}
    made: dict[tuple[str, str], Column] = {}
    for cell in table.all("PPCell") if table is not None else ():
        if cell.get("targetCategory") is not None:
            raise cell.unsupported("is for one target category only; supported: cells for all of them")
        names = ("parameterName", "predictorName", "value")
        parameter, predictor, value = (cell.need(name) for name in names)
        if parameter not in parts:
            raise cell.unknown("parameter", parameter, parts)
        if (predictor, value) not in made:
            made[predictor, value] = _read_cell(cell, compilation, factors, covariates)
        parts[parameter][predictor not in factors].append(made[predictor, value])
    weighed = {cell.need("parameterName") for cell in element.one("ParamMatrix").all("PCell")}
    return DesignMatrix([Parameter(*parts[name]) if name in weighed else Parameter() for name in parameters])


def _predictors(element: Element, name: str) -> dict[str, Element]:
    found = element.first(name)
    return {} if found is None else {one.need("name"): one for one in found.all("Predictor")}


def _read_cell(
    cell: Element, compilation: Compilation, factors: Mapping[str, Element], covariates: Mapping[str, Element]
) -> Column:
    name, value = cell.need("predictorName"), cell.need("value")
    symbol = compilation.field(cell, "predictorName")
    if name in factors:
        has_contrasts = factors[name].first("Matrix") is not None
        return _contrast(cell, factors[name], compilation) if has_contrasts else equal_to(symbol, value, cell)
    if name not in covariates:
        raise cell.unknown("predictor", name, {**factors, **covariates})
    exponent = cell.number("value")
    number = numbers_of(field_expression(symbol), cell)
    return number if exponent == 1.0 else lambda batch: number(batch) ** exponent


def _contrast(cell: Element, factor: Element, compilation: Compilation) -> Column:
    """The contrast matrix's entry in the row of the field's category and the column of the cell's."""
    symbol = compilation.field(cell, "predictorName")
    listed = factor.first("Categories")
    categories = (
        list(symbol.type.values) if listed is None else [one.need("value") for one in listed.all("Category")]
    )
    matrix = read_matrix(factor.one("Matrix"))
    value = cell.need("value")
    if (
        value not in categories
        or categories.index(value) >= matrix.shape[1]
        or len(matrix) != len(categories)
    ):
        raise cell.refusal(
            f"names {value[:60]!r}, which has no column in a matrix of {len(categories)} categories"
        )
    places = place_in(symbol, categories, cell)
    table = np.append(matrix[:, categories.index(value)], [np.nan, np.nan])
    return lambda batch: table[places(batch)]
