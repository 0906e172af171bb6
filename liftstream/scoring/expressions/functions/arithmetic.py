"""Functions of numbers: operators, aggregates of the arguments, mathematics, the normal distribution."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats, round_half_up
from liftstream.scoring.batch.program import Batch, ColumnChain
from liftstream.scoring.expressions.expression import Expression
from liftstream.scoring.expressions.functions.function import (
    MANY,
    Function,
    elementwise,
    full,
    is_whole,
    operand,
)
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import DOUBLE, FLOAT, INTEGER, WHOLE, FieldType


def _operator(operation: Callable[[Any, Any], Any]) -> Function:
    """+, -, *, /: of two integers the result is one, of two floats it is rounded to single precision."""

    def compile_it(element: Element, arguments: list[Expression]) -> Expression:
        left, right = (operand(argument, element) for argument in arguments)
        result = _common(arguments)
        single = result is FLOAT

        def evaluate(batch: Batch) -> Column:
            a, b = left(batch), right(batch)
            if single:
                a, b = np.float32(a), np.float32(b)
            value = operation(a, b)
            if result is INTEGER and operation is np.divide:
                value = np.where(b == 0, np.nan, np.trunc(value))
            return full(value, batch)

        chain = _chain(arguments, operation) if result is DOUBLE else None
        if result is DOUBLE and operation is not np.divide and is_whole(arguments):
            result = WHOLE
        return Expression(result, evaluate, chain=chain)

    return Function(compile_it, (2, 2))


def _chain(arguments: list[Expression], operation: Callable[[Any, Any], Any]) -> ColumnChain | None:
    """The left argument's chain and one operation more, where the right one is a constant that cannot make it undefined."""
    left, constant = arguments[0], arguments[1].constant
    if not isinstance(constant, float | int) or not np.isfinite(constant):
        return None
    if constant == 0 and operation in (np.divide, np.multiply):
        return None
    if left.chain is not None:
        before = left.chain
    elif left.slot is not None and left.type.numeric:
        before = ColumnChain(left.slot, (), ())
    else:
        return None
    return ColumnChain(before.base, (*before.operations, operation), (*before.constants, float(constant)))


def _common(arguments: list[Expression]) -> FieldType:
    types = {argument.type.datatype for argument in arguments}
    if types == {"integer"}:
        return INTEGER
    return FLOAT if types <= {"integer", "float"} else DOUBLE


def _aggregate(over: Callable[[Floats], Any], *, keeps_whole: bool = True) -> Function:
    """Of the arguments that are there; missing where none is. Of floats the result is rounded to single precision."""

    def compile_it(element: Element, arguments: list[Expression]) -> Expression:
        operands = [operand(argument, element) for argument in arguments]
        single = _common(arguments) is FLOAT

        def evaluate(batch: Batch) -> Column:
            stacked = np.stack(np.broadcast_arrays(*(one(batch) for one in operands)))
            nothing = np.isnan(stacked).all(axis=0)
            result = np.where(nothing, np.nan, over(np.where(nothing, 0.0, stacked)))
            return full(np.float32(result) if single else result, batch)

        if keeps_whole and is_whole(arguments):
            return Expression(WHOLE, evaluate)
        return Expression(FLOAT if single else DOUBLE, evaluate)

    return Function(compile_it, (1, MANY), total=True)


def _power(element: Element, arguments: list[Expression]) -> Expression:
    """Of floats the result is rounded to single precision."""
    base, exponent = (operand(argument, element) for argument in arguments)
    single = _common(arguments) is FLOAT

    def evaluate(batch: Batch) -> Column:
        value = np.power(base(batch), exponent(batch))
        return full(np.float32(value) if single else value, batch)

    return Expression(WHOLE if is_whole(arguments) else FLOAT if single else DOUBLE, evaluate)


def _absolute(element: Element, arguments: list[Expression]) -> Expression:
    """Of the type of its argument."""
    number, given = operand(arguments[0], element), arguments[0].type
    kind = WHOLE if is_whole(arguments) else FLOAT if given.float32 else DOUBLE
    return Expression(kind, lambda batch: full(np.abs(number(batch)), batch))


def _threshold(value: Any, limit: Any) -> Any:
    return np.where(np.isnan(value) | np.isnan(limit), np.nan, value > limit)


def _modulo(value: Any, divisor: Any) -> Any:
    """As the standard writes it; has the divisor's sign."""
    return value - divisor * np.floor(value / divisor)


def _erf(value: Any) -> Any:
    from scipy.special import erf

    return erf(value)


def _normal_cdf(value: Any, mean: Any = 0.0, sd: Any = 1.0) -> Any:
    from scipy.special import ndtr

    return ndtr((value - mean) / sd)


def _normal_pdf(value: Any, mean: Any = 0.0, sd: Any = 1.0) -> Any:
    return np.exp(-0.5 * ((value - mean) / sd) ** 2) / (sd * np.sqrt(2.0 * np.pi))


def _normal_idf(probability: Any, mean: Any = 0.0, sd: Any = 1.0) -> Any:
    from scipy.special import ndtri

    return mean + sd * ndtri(probability)


ONE: Final = (1, 1)
TWO: Final = (2, 2)
ARITHMETIC: Final[dict[str, Function]] = {
    "+": _operator(np.add),
    "-": _operator(np.subtract),
    "*": _operator(np.multiply),
    "/": _operator(np.divide),
    "min": _aggregate(lambda v: np.nanmin(v, axis=0)),
    "max": _aggregate(lambda v: np.nanmax(v, axis=0)),
    "sum": _aggregate(lambda v: np.nansum(v, axis=0)),
    "avg": _aggregate(lambda v: np.nanmean(v, axis=0), keeps_whole=False),
    "median": _aggregate(lambda v: np.nanmedian(v, axis=0), keeps_whole=False),
    "product": _aggregate(lambda v: np.nanprod(v, axis=0)),
    "log10": elementwise(np.log10, ONE),
    "ln": elementwise(np.log, ONE),
    "ln1p": elementwise(np.log1p, ONE),
    "sqrt": elementwise(np.sqrt, ONE),
    "abs": Function(_absolute, ONE),
    "exp": elementwise(np.exp, ONE),
    "expm1": elementwise(np.expm1, ONE),
    "pow": Function(_power, TWO),
    "hypot": elementwise(np.hypot, TWO),
    "threshold": elementwise(_threshold, TWO, keeps_whole=True),
    "floor": elementwise(np.floor, ONE, WHOLE),
    "ceil": elementwise(np.ceil, ONE, WHOLE),
    "round": elementwise(round_half_up, ONE, WHOLE),
    "rint": elementwise(np.rint, ONE, keeps_whole=True),
    "modulo": elementwise(_modulo, TWO, keeps_whole=True),
    "sin": elementwise(np.sin, ONE),
    "asin": elementwise(np.arcsin, ONE),
    "sinh": elementwise(np.sinh, ONE),
    "cos": elementwise(np.cos, ONE),
    "acos": elementwise(np.arccos, ONE),
    "cosh": elementwise(np.cosh, ONE),
    "tan": elementwise(np.tan, ONE),
    "atan": elementwise(np.arctan, ONE),
    "atan2": elementwise(np.arctan2, TWO),
    "tanh": elementwise(np.tanh, ONE),
    "erf": elementwise(_erf, ONE),
    "stdNormalCDF": elementwise(_normal_cdf, ONE),
    "stdNormalPDF": elementwise(_normal_pdf, ONE),
    "stdNormalIDF": elementwise(_normal_idf, ONE),
    "normalCDF": elementwise(_normal_cdf, (3, 3)),
    "normalPDF": elementwise(_normal_pdf, (3, 3)),
    "normalIDF": elementwise(_normal_idf, (3, 3)),
}
