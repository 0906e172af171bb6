"""Apply: a built-in function, or one that the document defines, over expressions.

A missing argument makes the result missing, but for the functions that ask for it, that have a say in it (and, or, if)
or that leave it out (sum, avg, min, max, median, product). mapMissingTo stands in for the result where an argument is
missing, defaultValue where the result is. A result that mathematics does not have (the root of -1) rejects the row,
or counts as missing with invalidValueTreatment="asMissing".
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Booleans, Column, Words, any_missing, is_missing
from liftstream.scoring.batch.program import Batch, Names, Program, Symbol
from liftstream.scoring.expressions.casting import cast
from liftstream.scoring.expressions.expression import (
    EXPRESSIONS,
    CompileExpression,
    Expression,
    fill_missing,
    inner_expression,
    value_of,
)
from liftstream.scoring.expressions.functions import FUNCTIONS, Function
from liftstream.scoring.expressions.functions.logic import condition
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import OPTYPES, FieldType, read_datatype

INVALID: Final = ("returnInvalid", "asIs", "asMissing")
DEEPEST_CALL: Final = 20
FREE_CALLS: Final = 10_000
CALLS_WITHIN: Final = 50
"""Calls inside of functions for each call outside, on average, beyond FREE_CALLS: functions that call others twice, which
call others twice, take a second at fourteen of them and a day at thirty."""


def compile_apply(
    element: Element, compilation: Compilation, compile_expression: CompileExpression
) -> Expression:
    """An Apply element.

    Raises:
        ModelUnsupported: the function is not built in, and the document does not define it.
    """
    name = element.need("function")
    asked = [compile_expression(child, compilation) for child in element.children]
    slots = [_slot_for(argument, compilation.program) for argument in asked]
    arguments = [_read_from(slot, one) for slot, one in zip(slots, asked, strict=True)]
    built_in = FUNCTIONS.get(name.removeprefix("x-"))  # x- is what JPMML calls a function of a newer version
    if name in compilation.functions:
        result = _call(element, name, arguments, compilation, compile_expression)
    elif built_in is not None:
        result = _build_in(element, built_in, arguments)
    else:
        from difflib import get_close_matches

        near = get_close_matches(name, [*FUNCTIONS, *compilation.functions], n=1)
        hint = f"; near it: {near[0]}" if near else ""
        raise element.unsupported(f"has function={name[:60]!r}, which is neither built in nor defined{hint}")
    return _forget(_finish(element, result, arguments, slots), [slot for slot in slots if slot is not None])


def _slot_for(argument: Expression, program: Program) -> int | None:
    """Where an argument stands while it is needed, so that one in another in another is worked out once, not once for
    every question about it; None where it is a field or constant."""
    constant = argument.constant is not None or argument.slot is not None
    return None if constant else program.add(argument.evaluate)


def _read_from(slot: int | None, argument: Expression) -> Expression:
    return argument if slot is None else argument._replace(evaluate=lambda batch: batch.column(slot))


def _forget(result: Expression, slots: Sequence[int]) -> Expression:
    """The result, after which its arguments are not kept."""
    if not slots:
        return result

    def after(evaluate: Callable[[Batch], Column]) -> Callable[[Batch], Column]:
        def evaluated(batch: Batch) -> Column:
            column = evaluate(batch)
            batch.forget(slots)
            return column

        return evaluated

    return result._replace(
        evaluate=after(result.evaluate), text=None if result.text is None else after(result.text)
    )


def _build_in(element: Element, function: Function, arguments: list[Expression]) -> Expression:
    least, most = function.arity
    if not least <= len(arguments) <= most:
        accepted = str(least) if least == most else f"{least} to {most}" if most < 99 else f"{least} or more"
        raise element.refusal(
            f"calls {element.need('function')} with {len(arguments)} arguments; accepted: {accepted}"
        )
    result = function.compile(element, arguments)
    if function.total:
        return result
    return replace_invalid(element, result, arguments)


def replace_invalid(element: Element, result: Expression, arguments: Sequence[Expression]) -> Expression:
    """The result with a problem, or a missing value, where the arguments were there and it is not a number."""
    if not result.type.numeric:
        return result
    treatment = element.choice("invalidValueTreatment", INVALID, "returnInvalid")
    if treatment == "asMissing":
        return result
    name = element.need("function")

    def evaluate(batch: Batch) -> Column:
        column = result.evaluate(batch)
        if any_missing(column):  # type: ignore[arg-type]
            undefined = np.isnan(column) & ~missing_in(arguments, batch)  # type: ignore[arg-type]
            batch.reject(undefined, f"{name} is not defined for the row's values")
        return column

    return result._replace(evaluate=evaluate)


def missing_in(arguments: Sequence[Expression], batch: Batch) -> Booleans:
    """Where an argument is missing."""
    missing = np.zeros(batch.rows, dtype=bool)
    for argument in arguments:
        if argument.constant is None:
            missing |= is_missing(argument.evaluate(batch))
        elif isinstance(argument.constant, float) and np.isnan(argument.constant):
            missing[:] = True
    return missing


def _missing_in_branches(
    arguments: Sequence[Expression], slots: Sequence[int | None], batch: Batch
) -> Booleans:
    """Where an argument of `if` is missing; that a branch which is not taken is undefined says nothing."""
    holds = condition(arguments[0])(batch)
    missing = np.isnan(holds)
    for branch, slot, taken in zip(arguments[1:], slots[1:], (holds == 1.0, holds == 0.0), strict=False):
        look = batch.aside()
        missing |= missing_in([branch], look) & look.sound
        if slot is not None:
            batch.fill(slot, look.column(slot))
        for reason in () if look.problems is None else set(look.problems[taken & ~look.sound].tolist()):
            batch.reject(taken & (look.problems == reason), reason)
    return missing


def _finish(
    element: Element, result: Expression, arguments: Sequence[Expression], slots: Sequence[int | None]
) -> Expression:
    replacement, default = element.get("mapMissingTo"), element.get("defaultValue")
    evaluate = result.evaluate
    if replacement is not None:
        stands_in, inner = value_of(replacement, result.type, element), evaluate
        of_if = element.need("function") == "if"
        gaps = partial(_missing_in_branches, arguments, slots) if of_if else partial(missing_in, arguments)

        def evaluate(batch: Batch) -> Column:
            missing = gaps(batch)
            column = inner(batch)
            if isinstance(column, Words):
                return column.fill(missing, str(stands_in))
            return np.where(missing, stands_in, column)

    if default is not None:
        evaluate = fill_missing(evaluate, value_of(default, result.type, element))
    if evaluate is result.evaluate:
        return result
    return result._replace(evaluate=evaluate, constant=None, chain=None, text=None)


def _count_call(element: Element, name: str, compilation: Compilation) -> None:
    """Refuses functions that call functions so often that the document would never be compiled."""
    program = compilation.program
    if compilation.calls:
        program.inner_calls += 1
    else:
        program.calls += 1
    if program.inner_calls > FREE_CALLS + CALLS_WITHIN * program.calls:
        raise element.refusal(
            f"calls {name[:60]!r}, one of {program.inner_calls:,} calls inside of functions; accepted:"
            f" {FREE_CALLS:,}, and {CALLS_WITHIN} for each call outside"
        )


def _call(
    element: Element,
    name: str,
    arguments: list[Expression],
    compilation: Compilation,
    compile_expression: CompileExpression,
) -> Expression:
    """A function of the document: its parameters are fields of a scope of their own."""
    definition = compilation.functions[name]
    if name in compilation.calls or len(compilation.calls) > DEEPEST_CALL:
        raise element.refusal(f"calls {name[:60]!r}, which calls itself")
    _count_call(element, name, compilation)
    definition.only("ParameterField", *EXPRESSIONS)
    parameters = definition.all("ParameterField")
    if len(parameters) != len(arguments):
        raise element.refusal(
            f"calls {name[:60]!r} with {len(arguments)} arguments; accepted: {len(parameters)}"
        )
    names = Names(compilation.program)
    for parameter, argument in zip(parameters, arguments, strict=True):
        datatype = read_datatype(parameter, argument.type.datatype)
        wanted = FieldType(datatype, parameter.choice("optype", OPTYPES, argument.type.optype))
        given = cast(argument, wanted, parameter)
        slot = compilation.program.add(given.evaluate) if given.slot is None else given.slot
        names.define(Symbol(parameter.need("name"), wanted, slot, given.constant))
    inner = compilation.within(name, names)
    result = inner_expression(definition, inner, compile_expression)
    datatype = read_datatype(definition, result.type.datatype)
    return cast(result, replace(result.type, datatype=datatype), definition)
