"""Numbers, shares and times as people read them; the amounts are `experiment`'s own, so page and sentence agree."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from liftstream.experiment.amounts import has_power, money

MISSING = "–"
"""What stands where nothing is known."""
MINUS = "−"
HOUR, DAY, WEEK = 1 / 24, 1.0, 7.0
_NEGATIVE: Final = re.compile(r"(?<![\w.-])-(?=[\d.])")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d) at (\d\d:\d\d)(?= UTC)")


def count(number: float | None) -> str:
    """Whole clients, records, looks: `3,402`."""
    return MISSING if number is None else f"{number:,.0f}"


def amount(usd: float | None, sign: bool = False) -> str:
    """Money without its unit: `19.71`, with sign `+0.61`, with a minus that is as wide as the plus."""
    return MISSING if usd is None else money(usd, sign=sign).replace("-", MINUS)


def percent(share: float | None, digits: int = 3) -> str:
    """A share as people say it, with at most so many digits: `5 %`, `34.7 %`; never `100 %` for less than all."""
    if share is None:
        return MISSING
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{plain(100 * share, digits)} %"


def change_of(ratio: float, low: float, high: float) -> str:
    """A ratio and its interval as changes: `+3.4 % (−0.2 % to +7.1 %)`."""
    said, *ends = (f"{100 * (value - 1):+,.1f} %".replace("-", MINUS) for value in (ratio, low, high))
    return f"{said} ({' to '.join(ends)})"


def plain(number: float | None, digits: int = 3) -> str:
    """A number with at most so many significant digits, and a power of ten only far from 1: `0.7`, `5,680`, `2e+18`."""
    if number is None or not math.isfinite(number):
        return MISSING
    if number == 0:
        return "0"
    magnitude = _magnitude((number,))
    if has_power(abs(number), -magnitude):
        return f"{number:.{digits}g}".replace("-", MINUS)
    places = max(0, digits - 1 - magnitude)
    text = f"{number:,.{min(places, 8)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", MINUS)


def alike(*numbers: float | None, digits: int = 3) -> tuple[str, ...]:
    """An estimate and the ends of its interval with the same number of decimals: as many as the largest needs.

    >>> alike(0.0571, 0.0048, 0.1124)
    ('0.057', '0.005', '0.112')
    """
    magnitude = _magnitude(numbers)
    places = max(0, digits - 1 - magnitude)
    form = f".{digits - 1}e" if has_power(10.0**magnitude, -magnitude) else f",.{min(places, 8)}f"
    return tuple(MISSING if number is None else f"{number:{form}}".replace("-", MINUS) for number in numbers)


def roughly(number: float, *, sign: bool = False, beside: Sequence[float | None] = ()) -> str:
    """An estimate with two significant digits: `27,000`, with sign `+2.7`; no more decimals than those beside it."""
    magnitude = _magnitude((number, *beside))
    if has_power(10.0**magnitude, -magnitude):
        return f"{number:{'+' if sign else ''}.1e}".replace("-", MINUS)
    most = max(0, 1 - magnitude)
    places = min(most, 1 - _magnitude((number,)))
    text = f"{round(number, places):,.{most}f}".replace("-", MINUS)
    if most and not beside:
        text = text.rstrip("0").rstrip(".")
    return f"+{text}" if sign and number > 0 else text


def _magnitude(numbers: Iterable[float | None]) -> int:
    """The power of ten of the largest; 0 where none is known."""
    largest = max((abs(n) for n in numbers if n is not None and math.isfinite(n)), default=0.0)
    return math.floor(math.log10(largest)) if largest else 0


def score(z: float | None) -> str:
    """A z value: two decimals, as the event log has it."""
    return MISSING if z is None else f"{z:.2f}".replace("-", MINUS)


def duration(days: float | None) -> str:
    """A length of time in the unit that a person would choose: `20 minutes`, `6 hours`, `3.2 days`, `5 weeks`."""
    if days is None or not math.isfinite(days):
        return MISSING
    if days < HOUR:
        return _units(max(1, math.ceil(days * 24 * 60)), "minute")
    if days < 2 * DAY:
        return _units(max(1, round(days * 24)), "hour")
    if days < 3 * WEEK:
        return f"{plain(days, 2)} days"
    return _units(round(days / 7), "week")


def clock(text: str | None, beside: str | None = None) -> str:
    """The time of an ISO time; with its day where that is not the day of `beside`: `14:20:03`, `15 Nov 14:20`."""
    if not text:
        return MISSING
    at = _read(text)
    if beside and _read(beside).date() == at.date():
        return at.strftime("%H:%M:%S")
    year = "" if beside and _read(beside).year == at.year else " %Y"
    return at.strftime(f"%-d %b{year} %H:%M")


def typeset(text: str) -> str:
    """A sentence with minus signs as wide as the plus, as in tables: `−0.90`."""
    return _NEGATIVE.sub(MINUS, text)


def times_in(text: str) -> list[tuple[str, str, str]]:
    """A sentence in pieces: text, and the time behind it as ISO and as written (`2026-11-29 at 13:12`), both empty at
    the end."""
    pieces = _TIME.split(text)
    times = [
        (f"{day}T{hour}:00Z", f"{day} at {hour}")
        for day, hour in zip(pieces[1::3], pieces[2::3], strict=True)
    ]
    return [(said, *time) for said, time in zip(pieces[::3], [*times, ("", "")], strict=True)]


def _units(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
