"""Converts a value of a record to a feature: it has the defined type, or is `invalid`; it is never cast."""

import math
from collections.abc import Callable
from typing import Any, Final, cast

from liftstream.streams.definition import REQUIRED, Feature, FeatureType, FeatureValue
from liftstream.streams.ids import is_unicode
from liftstream.streams.moments import LIKE, MomentType, NoMoment, iso, of_number
from liftstream.streams.paths import ABSENT, NoWay, Path
from liftstream.streams.unreadable import Unreadable, show


def find(path: Path, record: Any) -> Any:
    """The value that a record has at a path, or ABSENT.

    Raises:
        Unreadable: something else is on the way.
    """
    try:
        return path.find(record)
    except NoWay as error:
        raise Unreadable(str(error), str(path), "type") from None


def read_value(feature: Feature, value: Any, called: str, number: str = "a number") -> FeatureValue:
    """The value of a feature that a record has.

    Args:
        feature: the definition of the feature.
        value: what stands there, or ABSENT.
        called: what details call it.
        number: what details call a number.

    Raises:
        Unreadable: it is missing and must not be, of another type, or not accepted.
    """
    may_miss = feature.missing is not REQUIRED
    if value is ABSENT and not may_miss:
        raise Unreadable(f"{called} missing", str(feature.path), "missing")
    if value is ABSENT or (value is None and may_miss and feature.nulls == "missing"):
        return cast(FeatureValue, feature.missing)
    found = READERS[feature.type](feature, value)
    if found is None:
        raise Unreadable(
            f"{called} is not {_expected(feature, number)}: {show(value)}", str(feature.path), "type"
        )
    _check_accepted(feature, value, found, called)
    return found


def _expected(feature: Feature, number: str) -> str:
    if feature.unit != "iso":
        return f"{feature.unit} since 1970"
    return number if feature.type == "number" else EXPECTED[feature.type]


def is_number(value: object) -> bool:
    """Whether a value is a number that a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number too large for a float
        return False


def bit(feature: Feature, value: Any) -> int | None:
    """A flag's 0 or 1; None if it is missing or not a number.

    Raises:
        Unreadable: it is another number.
    """
    if not is_number(value):
        return None
    if value not in (0, 1):
        raise Unreadable(f"{feature.path} is {show(value)}; it is 0 or 1", str(feature.path), "value")
    return int(value)


def _check_accepted(feature: Feature, value: Any, found: FeatureValue, called: str) -> None:
    low, high = feature.low, feature.high
    if (low is not None and value < low) or (high is not None and value > high):
        ends = " to ".join("any" if end is None else f"{end:g}" for end in (low, high))
        raise Unreadable(f"{called} {show(value)} is not within {ends}", str(feature.path), "value")
    if feature.categories and found not in feature.categories:
        listed = ", ".join(str(one) for one in feature.categories[:6]) + (
            ", …" if len(feature.categories) > 6 else ""
        )
        raise Unreadable(f"{called} is {show(value)}; accepted are {listed}", str(feature.path), "value")


def _number(_feature: Feature, value: Any) -> float | None:
    return float(value) if is_number(value) else None


def _flag(feature: Feature, value: Any) -> float | None:
    found = bit(feature, value)
    return None if found is None else float(found)


def _boolean(_feature: Feature, value: Any) -> float | None:
    return float(value) if isinstance(value, bool) else None


def _text(_feature: Feature, value: Any) -> str | None:
    return value if isinstance(value, str) and is_unicode(value) else None


def _moment(feature: Feature, value: Any) -> str | None:
    kind = cast(MomentType, feature.type)
    try:
        if feature.unit != "iso":
            return of_number(value, feature.unit, kind)
        return iso(value, kind) if isinstance(value, str) else None
    except NoMoment:
        return None


READERS: Final[dict[FeatureType, Callable[[Feature, Any], FeatureValue]]] = {
    "number": _number,
    "flag": _flag,
    "boolean": _boolean,
    "text": _text,
    "date": _moment,
    "time": _moment,
    "datetime": _moment,
}
"""How a value of each type is read; they return None for a value that is not of the type."""
EXPECTED: Final[dict[FeatureType, str]] = {
    "number": "a number",
    "flag": "0 or 1",
    "boolean": "true or false",
    "text": "text",
    "date": LIKE["date"],
    "time": LIKE["time"],
    "datetime": LIKE["datetime"],
}
