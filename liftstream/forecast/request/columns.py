"""Checks of one field of many rows: a fast look at the whole column, and row by row only where something is wrong."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from liftstream.forecast.calendar import FIRST_YEAR, LAST_YEAR, year_range_ms
from liftstream.forecast.history import Floats, Integers
from liftstream.forecast.request.problem import Problems, shown

ID_LONGEST: Final = 64
EARLIEST_MS, LATEST_MS = year_range_ms()
MISSING: Final = object()

PLAIN: Final = frozenset({int, float, str})
EPOCH: Final = datetime(1970, 1, 1)
MILLISECOND: Final = timedelta(milliseconds=1)
Row = dict[str, Any]
Read = Callable[[Any], Any]


class ValueRefused(ValueError):
    """A value that is not accepted; the text is the reason."""


def read_column(rows: Sequence[Row], name: str, read: Read, where: str, problems: Problems) -> list[Any]:
    """One field of all rows, each value read by `read`; a refused one is None, and noted by its path.

    Args:
        read: gives the value, or raises `ValueRefused`.
        where: path of the rows, `$.sessions`.
    """
    values = [row.get(name, MISSING) for row in rows]
    try:
        return _read_at_once(values, read)
    except ValueRefused:
        return [_read_one(value, read, f"{where}[{i}].{name}", problems) for i, value in enumerate(values)]


def _read_at_once(values: list[Any], read: Read) -> list[Any]:
    """Reads each distinct value once; only for values of one type, as true, 1 and 1.0 are the same key of a
    dictionary."""
    kinds = set(map(type, values))
    if len(kinds) != 1 or not kinds <= PLAIN:
        return [read(value) for value in values]
    read_as = {value: read(value) for value in set(values)}
    return [read_as[value] for value in values]


def _read_one(value: Any, read: Read, path: str, problems: Problems) -> Any:
    if value is MISSING:
        problems.add(path, "is missing")
        return None
    try:
        return read(value)
    except ValueRefused as reason:
        problems.add(path, str(reason))
        return None


def read_id(value: Any) -> str:
    """An id as text: a whole number, or a text of at most 64 characters."""
    kind = type(value)
    if kind is int:
        if abs(value) < 10**18:
            return str(value)
    elif isinstance(value, str):
        if 0 < len(value) <= ID_LONGEST and value.isprintable():
            return value
    elif kind is float and value.is_integer() and abs(value) < 2**53:
        return str(int(value))  # what pandas makes of a column that had an empty cell
    raise ValueRefused(
        f"{shown(value)} is not an id; accepted is a whole number or a text of 1..{ID_LONGEST} characters"
    )


def read_number(high: float, what: str) -> Read:
    """A reader of numbers in 0..high."""

    def read(value: Any) -> float:
        if type(value) in (int, float) and 0 <= value <= high:
            return float(value)
        raise ValueRefused(f"{shown(value)} is not {what}; accepted is a number from 0 to {high:,.15g}")

    return read


def read_time(value: Any) -> int:
    """Milliseconds since 1970, from a number of them or an ISO 8601 text; UTC if it has no zone."""
    kind = type(value)
    if kind is int or (kind is float and math.isfinite(value)):
        found = int(value)
    elif kind is str:
        found = _iso_ms(value)
    else:
        raise ValueRefused(f"{shown(value)} is not a time; {ACCEPTED_TIMES}")
    if EARLIEST_MS <= found < LATEST_MS:
        return found
    raise ValueRefused(f"{shown(value)} is not a time in {FIRST_YEAR}..{LAST_YEAR - 1}; {ACCEPTED_TIMES}")


ACCEPTED_TIMES: Final = "accepted are milliseconds since 1970 and ISO 8601, for example 2021-12-01T10:20:30"


def _iso_ms(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueRefused(f"{shown(text)} is not a time; {ACCEPTED_TIMES}") from None
    try:
        since = found - (EPOCH if found.tzinfo is None else EPOCH.replace(tzinfo=UTC))
    except OverflowError:
        raise ValueRefused(
            f"{shown(text)} is not a time in {FIRST_YEAR}..{LAST_YEAR - 1}; {ACCEPTED_TIMES}"
        ) from None
    return since // MILLISECOND


def read_city(value: Any) -> str:
    """A city; a missing one counts as unknown."""
    if value is None or value is MISSING:
        return ""
    if type(value) is str:
        return value.strip()
    raise ValueRefused(f"{shown(value)} is not a city; accepted is a text, or null where it is not known")


def repeated(keys: Sequence[Any]) -> list[tuple[int, int]]:
    """Rows whose key occurred before, each with the first row of that key; rows without a key (None) do not count."""
    if len(set(keys)) == len(keys):
        return []
    first: dict[Any, int] = {}
    return [
        (i, first[key]) for i, key in enumerate(keys) if key is not None and first.setdefault(key, i) != i
    ]


def as_floats(values: list[Any]) -> Floats:
    """An array of numbers."""
    return np.array(values, dtype=np.float64)


def as_integers(values: list[Any]) -> Integers:
    """An array of whole numbers."""
    return np.array(values, dtype=np.int64)
