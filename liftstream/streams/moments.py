"""Dates and times of records: in ISO form, which sorts as it flows, and as whole ms since 1970 in UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal, TypeAlias

from liftstream.streams.definition import TimeUnit

MomentType: TypeAlias = Literal["date", "time", "datetime"]

DAY: Final = r"\d{4}-\d\d-\d\d"
CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
OFFSET: Final = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?"
FORMS: Final[dict[MomentType, re.Pattern[str]]] = {
    "date": re.compile(DAY, re.ASCII),
    "time": re.compile(CLOCK, re.ASCII),
    "datetime": re.compile(f"{DAY}[T ]{CLOCK}{OFFSET}", re.ASCII),
}
LIKE: Final[dict[MomentType, str]] = {
    "date": "a date like 2024-03-01",
    "time": "a time like 10:30:00",
    "datetime": "a time like 2024-03-01T10:30:00",
}
US: Final = {"days": 86_400_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
"""Microseconds of a unit."""
EPOCH: Final = datetime(1970, 1, 1)
EARLIEST_US: Final = (datetime.min - EPOCH) // timedelta(microseconds=1)
LATEST_US: Final = (datetime.max - EPOCH) // timedelta(microseconds=1)


class NoMoment(ValueError):
    """A value that is not a date or time."""


def iso(text: str, kind: MomentType) -> str:
    """A date, time or datetime in the one ISO form that models compare; a time with an offset becomes UTC.

    >>> iso("2024-03-01 01:30+02:00", "datetime")
    '2024-02-29T23:30:00'

    Raises:
        NoMoment: the text is none.
    """
    if not FORMS[kind].fullmatch(text):
        raise NoMoment
    try:
        if kind == "date":
            return date.fromisoformat(text).isoformat()
        if kind == "time":
            return time.fromisoformat(text).isoformat()
        return _in_utc(text).isoformat()
    except (ValueError, OverflowError):
        raise NoMoment from None


def of_number(number: float, unit: TimeUnit, kind: MomentType) -> str:
    """The date or datetime in ISO form, from a number of units since 1970 in UTC, which may be negative.

    Raises:
        NoMoment: it is no number, or not between the years 1 and 9999.
    """
    moment = EPOCH + timedelta(microseconds=_microseconds(number, unit))
    return (moment.date() if kind == "date" else moment).isoformat()


def to_ms(value: Any, unit: TimeUnit) -> int:
    """Whole ms since 1970 in UTC, from a number of units or a text in ISO form; parts of a ms are cut off.

    Raises:
        NoMoment: it says none between 1970 and 9999.
    """
    if unit != "iso":
        return _not_before_1970(_microseconds(value, unit)) // 1000
    if not isinstance(value, str) or not FORMS["datetime"].fullmatch(value):
        raise NoMoment
    try:
        past = _in_utc(value) - EPOCH
    except (ValueError, OverflowError):
        raise NoMoment from None
    return _not_before_1970(past // timedelta(microseconds=1)) // 1000


def _in_utc(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def _microseconds(number: Any, unit: TimeUnit) -> int:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise NoMoment
    try:
        found = number * US[unit] if isinstance(number, int) else round(number * US[unit])
    except (OverflowError, ValueError):
        raise NoMoment from None
    if not EARLIEST_US <= found <= LATEST_US:
        raise NoMoment
    return found


def _not_before_1970(microseconds: int) -> int:
    if microseconds < 0:
        raise NoMoment
    return microseconds
