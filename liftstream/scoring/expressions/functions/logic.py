"""Functions with a yes or no: comparisons, and, or, not, membership, presence, and `if`.

Three-valued: a comparison with something missing is missing, `and` and `or` know their result where one side settles it.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any, Final

import numpy as np

from liftstream.scoring.batch.columns import Column, Floats, Words, choose, is_missing, scatter
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.casting import cast
from liftstream.scoring.expressions.expression import Expression, constant_expression
from liftstream.scoring.expressions.functions.function import MANY, Function, operand
from liftstream.scoring.expressions.predicates import both, either
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import BOOLEAN, DOUBLE, STRING, FieldType, number_of

Compare = Callable[[Any, Any], Any]


def _comparison(compare: Compare) -> Function:
    """Of two numbers, or of two texts by their characters; a number beside text is read from it.

    Text that is no number equals none, and cannot be put in order with one.
    """
    ordered = compare not in (np.equal, np.not_equal)

    def compile_it(element: Element, arguments: list[Expression]) -> Expression:
        left, right = as_precise(_alike(arguments, element, ordered))
        if left.type.numeric:
            a, b = operand(left, element), operand(_as_left(left, right, element), element)
            return Expression(BOOLEAN, lambda batch: _numbers(compare, a(batch), b(batch), batch))
        return Expression(BOOLEAN, lambda batch: _texts(compare, left.evaluate(batch), right.evaluate(batch)))

    return Function(compile_it, (2, 2), total=True)


def _alike(arguments: list[Expression], element: Element, ordered: bool) -> list[Expression]:
    """The arguments of one kind: numbers, where any of them is one."""
    numeric = [argument.type.numeric for argument in arguments]
    if all(numeric) or not any(numeric):
        return arguments
    if ordered:
        return [_as_number(argument, element) for argument in arguments]
    boolean = any(argument.type.datatype == "boolean" for argument in arguments)
    return [_as_equal_number(argument, "boolean" if boolean else "double") for argument in arguments]


def _as_equal_number(argument: Expression, datatype: str) -> Expression:
    """Text as the number that it says, or as infinity, which no number of a row equals."""
    if argument.type.numeric:
        return argument

    def read(word: str) -> float:
        number = number_of(word, datatype)
        return np.inf if np.isnan(number) else number

    if isinstance(argument.constant, str):
        return constant_expression(read(argument.constant), DOUBLE)
    words = argument.evaluate
    return Expression(DOUBLE, lambda batch: words(batch).lookup(read))  # type: ignore[union-attr]


def as_precise(arguments: list[Expression]) -> list[Expression]:
    """Constants beside a field of single precision are rounded to it, as the field's values are."""
    if not any(argument.type.float32 and argument.constant is None for argument in arguments):
        return arguments
    return [
        _single(argument) if isinstance(argument.constant, float | int) else argument
        for argument in arguments
    ]


def _as_left(left: Expression, right: Expression, element: Element) -> Expression:
    """Two fields are compared in the precision of the left one."""
    if not left.type.float32 or right.type.float32 or right.constant is not None:
        return right
    return cast(right, FieldType("float", "continuous"), element)


def _single(constant: Expression) -> Expression:
    return constant_expression(float(np.float32(constant.constant)), constant.type)


def _as_number(argument: Expression, element: Element) -> Expression:
    if argument.type.numeric:
        return argument
    if isinstance(argument.constant, str):
        number = number_of(
            argument.constant, "boolean" if argument.constant in ("true", "false") else "double"
        )
        return constant_expression(number, DOUBLE)
    return cast(argument, DOUBLE, element)


def _numbers(compare: Compare, a: Any, b: Any, batch: Batch) -> Floats:
    result = np.where(np.isnan(a) | np.isnan(b), np.nan, compare(a, b))
    return np.broadcast_to(result, batch.rows).astype(np.float64)


def _texts(compare: Compare, a: Column, b: Column) -> Floats:
    assert isinstance(a, Words)  # noqa: S101 - _alike made both words
    assert isinstance(b, Words)  # noqa: S101
    ranks = {word: rank for rank, word in enumerate(sorted({*a.vocabulary, *b.vocabulary}))}
    left, right = (words.lookup(lambda word: float(ranks[word])) for words in (a, b))
    return np.where(np.isnan(left) | np.isnan(right), np.nan, compare(left, right))


def _joined(join: Callable[[Floats, Floats], Floats]) -> Function:
    def compile_it(_: Element, arguments: list[Expression]) -> Expression:
        conditions = [condition(argument) for argument in arguments]
        return Expression(BOOLEAN, lambda batch: reduce(join, (one(batch) for one in conditions)))

    return Function(compile_it, (2, MANY), total=True)


def condition(argument: Expression) -> Callable[[Batch], Floats]:
    """An argument as 1, 0 or NaN."""
    if not argument.type.numeric:
        text = argument.evaluate
        return lambda batch: text(batch).lookup(lambda word: number_of(word, "boolean"))  # type: ignore[union-attr]
    number = argument.evaluate
    return lambda batch: np.where(np.isnan(v := number(batch)), np.nan, v != 0)  # type: ignore[arg-type]


def _not(_: Element, arguments: list[Expression]) -> Expression:
    inner = condition(arguments[0])
    return Expression(BOOLEAN, lambda batch: 1.0 - inner(batch))


def _presence(present: bool) -> Function:
    def compile_it(_: Element, arguments: list[Expression]) -> Expression:
        inner = arguments[0].evaluate
        return Expression(BOOLEAN, lambda batch: (is_missing(inner(batch)) != present).astype(np.float64))

    return Function(compile_it, (1, 1), total=True)


def _validity(valid: bool) -> Function:
    """Whether a value is there and, of a field that keeps invalid ones (`asIs`), one that the dictionary allows."""

    def compile_it(_: Element, arguments: list[Expression]) -> Expression:
        inner, allows = arguments[0].evaluate, arguments[0].valid

        def evaluate(batch: Batch) -> Column:
            column = inner(batch)
            good = ~is_missing(column)
            if allows is not None:
                good &= allows(column)
            return np.asarray(good == valid, dtype=np.float64)

        return Expression(BOOLEAN, evaluate)

    return Function(compile_it, (1, 1), total=True)


def _membership(inside: bool) -> Function:
    def compile_it(element: Element, arguments: list[Expression]) -> Expression:
        value, *members = arguments
        equal = FUNCTION_EQUAL.compile

        def evaluate(batch: Batch) -> Column:
            missing = is_missing(value.evaluate(batch))
            found = np.zeros(batch.rows, dtype=bool)
            for comparison in comparisons:
                found |= comparison.evaluate(batch) == 1.0
            return np.where(missing, np.nan, found == inside)

        comparisons = [equal(element, [value, member]) for member in members]
        return Expression(BOOLEAN, evaluate)

    return Function(compile_it, (2, MANY), total=True)


def _if(element: Element, arguments: list[Expression]) -> Expression:
    """The second argument where the first is true, the third (or nothing) where it is false, missing where it is."""
    asked = condition(arguments[0])
    branches = arguments[1:]
    if len(branches) == 1:
        absent = np.nan if branches[0].type.numeric else None
        branches = [branches[0], constant_expression(absent, branches[0].type)]
    if branches[0].type.numeric != branches[1].type.numeric:
        branches = [cast(branch, STRING, element) for branch in branches]
    yes, no = branches
    if yes.type.datatype == no.type.datatype and yes.type.whole == no.type.whole:
        return Expression(yes.type, _choose(asked, yes, no))
    if not yes.type.numeric:
        return Expression(STRING, _choose(asked, yes, no))
    text = _choose(asked, cast(yes, STRING, element), cast(no, STRING, element))
    return Expression(DOUBLE, _choose(asked, yes, no), text=text)


def _choose(asked: Callable[[Batch], Floats], yes: Expression, no: Expression) -> Callable[[Batch], Column]:
    def evaluate(batch: Batch) -> Column:
        holds = asked(batch)
        result = _branch(yes, no, holds, batch)
        unknown = np.isnan(holds)
        if isinstance(result, Words):
            return Words(np.where(unknown, -1, result.codes), result.vocabulary)
        return np.where(unknown, np.nan, result)

    return evaluate


def _branch(yes: Expression, no: Expression, holds: Floats, batch: Batch) -> Column:
    """Each branch is worked out for its own rows only: `if` guards what is undefined elsewhere."""
    true, false = holds == 1.0, holds == 0.0
    if true.all() or false.all():
        return (yes if true.all() else no).evaluate(batch)
    result: Column | None = None
    for branch, mine in ((yes, true), (no, false)):
        rows = np.flatnonzero(mine)
        part = branch.evaluate(batch.take(rows))
        spread = scatter(part, rows, batch.rows)
        result = spread if result is None else choose(mine, spread, result)
    assert result is not None  # noqa: S101 - two branches were gone through
    return result


FUNCTION_EQUAL: Final = _comparison(np.equal)
LOGIC: Final[dict[str, Function]] = {
    "equal": FUNCTION_EQUAL,
    "notEqual": _comparison(np.not_equal),
    "lessThan": _comparison(np.less),
    "lessOrEqual": _comparison(np.less_equal),
    "greaterThan": _comparison(np.greater),
    "greaterOrEqual": _comparison(np.greater_equal),
    "and": _joined(both),
    "or": _joined(either),
    "not": Function(_not, (1, 1), total=True),
    "isIn": _membership(True),
    "isNotIn": _membership(False),
    "isMissing": _presence(False),
    "isNotMissing": _presence(True),
    "isValid": _validity(True),
    "isNotValid": _validity(False),
    "if": Function(_if, (2, 3), total=True),
}
