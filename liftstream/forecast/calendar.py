"""Months: the periods that are predicted. A month is a number, `12 * year + month - 1`; its text is `YYYY-MM`.
All in UTC."""

import re
from calendar import monthrange
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
"""Last year of the periods; events happen before it, so that their next month is a period."""

_PERIOD: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_UNIX_MONTH: Final = 12 * 1970


def month_of(period: str) -> int:
    """The month of a text.

    >>> month_of("2021-12")
    24263

    Raises:
        ValueError: it is none, or none of 1990..2100.
    """
    found = _PERIOD.fullmatch(period)
    year = int(found[1]) if found else 0
    if not found or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(
            f"{period[:40]!r} is not a month; accepted is YYYY-MM from {FIRST_YEAR}-01 to {LAST_YEAR}-12"
        )
    return 12 * year + int(found[2]) - 1


def period_of(month: int) -> str:
    """The text of a month.

    >>> period_of(24263)
    '2021-12'
    """
    year, number = divmod(int(month), 12)
    return f"{year:04}-{number + 1:02}"


def months_of(time_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """The month of each time."""
    months: NDArray[np.int64] = time_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    return months + _UNIX_MONTH


def month_at(time_ms: int) -> int:
    """The month of one time."""
    return int(months_of(np.array([time_ms], dtype=np.int64))[0])


def start_ms(month: int) -> int:
    """When a month begins."""
    year, number = divmod(int(month), 12)
    return round(datetime(year, number + 1, 1, tzinfo=UTC).timestamp() * 1_000)


def last_day(month: int) -> str:
    """The last day of a month as text."""
    year, number = divmod(int(month), 12)
    return f"{period_of(month)}-{monthrange(year, number + 1)[1]:02}"


def day_of(time_ms: int) -> str:
    """The day of a time as text."""
    return str(np.datetime64(int(time_ms), "ms").astype("datetime64[D]"))


def training_months(month: int) -> range:
    """The months that the trend is fitted to: those of the target's year before the target; for a January the whole
    year before.

    The grid is the calendar's, so it is the same for every user, whoever else is asked for.
    """
    year, number = divmod(int(month), 12)
    return range(12 * year, month) if number else range(12 * (year - 1), month)


def year_range_ms() -> tuple[int, int]:
    """The accepted times: from the first, up to but not including the second."""
    return start_ms(12 * FIRST_YEAR), start_ms(12 * LAST_YEAR)
