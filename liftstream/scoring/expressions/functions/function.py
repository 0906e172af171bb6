"""A built-in function, as the compiler sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.casting import numbers_of
from liftstream.scoring.expressions.expression import Expression
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import DOUBLE, WHOLE, FieldType

MANY: Final = 100_000


@dataclass(frozen=True)
class Function:
    """`compile` makes an expression of the arguments' expressions; `arity` is the fewest and the most arguments.

    A `total` function deals with missing arguments itself and has a result for all others.
    """

    compile: Callable[[Element, list[Expression]], Expression]
    arity: tuple[int, int]
    total: bool = False


def operand(expression: Expression, element: Element) -> Callable[[Batch], Any]:
    """A numeric argument: a number where it is constant, a column otherwise."""
    if expression.constant is not None and expression.type.numeric:
        value = np.float64(expression.constant)
        return lambda _: value
    return numbers_of(expression, element)


def full(value: Any, batch: Batch) -> Floats:
    """A result of constants alone spread over the rows."""
    array = np.asarray(value, dtype=np.float64)
    return np.full(batch.rows, float(array)) if array.ndim == 0 else array


def is_whole(arguments: list[Expression]) -> bool:
    """Whether all arguments are whole numbers by their types."""
    return all(one.type.datatype == "integer" or one.type.whole for one in arguments)


def elementwise(
    operation: Callable[..., Any],
    arity: tuple[int, int],
    result: FieldType = DOUBLE,
    *,
    keeps_whole: bool = False,
) -> Function:
    """A function of numbers, worked out for whole columns; of whole numbers it is whole where it `keeps_whole`."""

    def compile_it(element: Element, arguments: list[Expression]) -> Expression:
        operands = [operand(argument, element) for argument in arguments]

        def evaluate(batch: Batch) -> Column:
            return full(operation(*(one(batch) for one in operands)), batch)

        return Expression(WHOLE if keeps_whole and is_whole(arguments) else result, evaluate)

    return Function(compile_it, arity)
