"""The parts of a record that vary: where its values are in the bytes, and what each is for."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from liftstream.streams.definition import REQUIRED, Feature, SideDefinition
from liftstream.streams.paths import Step
from pipeline.records.columns import ID, TIME, Target
from pipeline.records.spans import Span, find_spans

ID_DIGITS: Final = 18
"""Most digits of an id; longer ones may not fit into 64 bits, and are decoded singly."""
NUMBER_DIGITS: Final = 15
"""Most digits of a number; longer ones may not be exact as float64, and are decoded singly."""

NUMBER: Final = re.compile(rb"(-?)(\d+)(?:\.(\d+))?")
LITERALS: Final = {b"true": 1.0, b"false": 0.0}
NULL: Final = b"null"


class Unlearnable(ValueError):
    """A record whose layout cannot be learned."""


@dataclass(frozen=True)
class Digits:
    """A number: the places of its digits, how many of them are after the point, whether it is negative."""

    target: Target
    places: tuple[int, ...]
    after_point: int
    is_negative: bool


@dataclass(frozen=True)
class Letters:
    """A text."""

    target: Target
    start: int
    stop: int


NOT_WANTED: Final[tuple[Target | None, Feature | None]] = None, None


class LayoutPlan(NamedTuple):
    """The parts of a layout that vary, and those that are needed."""

    digits: list[Digits]
    letters: list[Letters]
    constants: dict[int, float]
    leading: list[int]
    """Places of first digits that must not be 0."""
    free: list[int]
    """Places of letters."""
    counted: list[int]
    """Places of digits."""


def plan_of(example: bytes, side: SideDefinition) -> LayoutPlan:
    """The plan of a side's records that are written like an example.

    Raises:
        Unlearnable: something in it has no place of its own.
    """
    spans = find_spans(example)
    if spans is None:
        raise Unlearnable
    wanted = _wanted(side)
    plan = LayoutPlan([], [], {}, [], [], [])
    for span in spans:
        target, feature = wanted.pop(span.steps, NOT_WANTED)
        if target is not None and span.kind != _kind(target, side) and not feature:
            raise Unlearnable
        _plan_span(example, span, target, feature, plan)
    for target, feature in wanted.values():
        if feature is None or feature.missing is REQUIRED or not feature.numeric:
            raise Unlearnable
        plan.constants[_column(target)] = float("nan")
    return plan


def _wanted(side: SideDefinition) -> dict[tuple[Step, ...], tuple[Target | None, Feature | None]]:
    wanted: dict[tuple[Step, ...], tuple[Target | None, Feature | None]] = {}
    if side.id.path is not None:
        wanted[side.id.path.steps] = ID, None
    if side.time.path is not None:
        wanted[side.time.path.steps] = TIME, None
    for column, feature in enumerate(side.features):
        if feature.path.steps in wanted:
            raise Unlearnable
        wanted[feature.path.steps] = column, feature
    return wanted


def _kind(target: Target, side: SideDefinition) -> str:
    """How an id or a time is written."""
    is_text = side.id.type != "integer" if target == ID else side.time.unit == "iso"
    return "text" if is_text else "plain"


def _plan_span(
    example: bytes, span: Span, target: Target | None, feature: Feature | None, plan: LayoutPlan
) -> None:
    written = example[span.start : span.stop]
    if span.kind == "text":
        if target is not None and (feature is not None and feature.numeric):
            raise Unlearnable
        plan.free.extend(range(span.start, span.stop))
        if target is not None:
            plan.letters.append(Letters(target, span.start, span.stop))
        return
    if written in LITERALS or written == NULL:
        if target is not None:
            plan.constants[_column(target)] = _constant(written, feature)
        return
    number = NUMBER.fullmatch(written)
    if number is None:  # with an exponent
        if target is not None:
            raise Unlearnable
        return
    _plan_number(number, span.start, target, feature, plan)


def _plan_number(
    number: re.Match[bytes], start: int, target: Target | None, feature: Feature | None, plan: LayoutPlan
) -> None:
    whole = range(start + number.start(2), start + number.end(2))
    part = range(start + number.start(3), start + number.end(3)) if number[3] is not None else range(0)
    plan.counted.extend((*whole, *part))
    if len(whole) > 1:
        plan.leading.append(whole.start)
    if target is None:
        return
    is_id = target == ID
    is_number = is_id or target == TIME or (feature is not None and feature.type in ("number", "flag"))
    most = ID_DIGITS if is_id else NUMBER_DIGITS
    if not is_number or len(whole) + len(part) > most or (is_id and (number[3] is not None or number[1])):
        raise Unlearnable
    plan.digits.append(Digits(target, (*whole, *part), len(part), bool(number[1])))


def _column(target: Target | None) -> int:
    if not isinstance(target, int):
        raise Unlearnable
    return target


def _constant(written: bytes, feature: Feature | None) -> float:
    """The number for true, false or null."""
    if feature is not None and feature.type == "boolean" and written in LITERALS:
        return LITERALS[written]
    if written != NULL or feature is None or not feature.numeric:
        raise Unlearnable
    return float("nan")
