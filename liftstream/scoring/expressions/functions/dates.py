"""Functions of dates and times, which are words in ISO form; worked out once for every distinct one."""

import re
from datetime import date, datetime, time
from typing import Final

from liftstream.scoring.expressions.expression import Expression
from liftstream.scoring.expressions.functions.function import Function
from liftstream.scoring.expressions.functions.text import of_texts, texts_to
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import INTEGER, STRING, iso

FORMAT: Final = re.compile(r"(?:[^%]|%[aAbBdeHIjmMpSUwWyY%])*")
SHORT: Final = {
    "%D": "%m/%d/%y",
    "%F": "%Y-%m-%d",
    "%h": "%b",
    "%n": "\n",
    "%r": "%I:%M:%S %p",
    "%R": "%H:%M",
    "%t": "\t",
    "%T": "%H:%M:%S",
}
"""What POSIX has for others together, which not every platform knows."""


def read_moment(text: str) -> datetime | None:
    """A date or dateTime; None where the text is none, or has a UTC offset."""
    iso_form = iso(text, "dateTime")
    return None if iso_form is None else datetime.fromisoformat(iso_form)


def _days_since_year(text: str, year: str) -> str | None:
    moment, first = read_moment(text), _new_year(year)
    return None if moment is None or first is None else str((moment.date() - first).days)


def _seconds_since_year(text: str, year: str) -> str | None:
    moment, first = read_moment(text), _new_year(year)
    if moment is None or first is None:
        return None
    passed = moment - datetime.combine(first, time())
    return str(passed.days * 86_400 + passed.seconds)


def _seconds_since_midnight(text: str) -> str | None:
    moment, time_of_day = read_moment(text), iso(text, "time")
    if moment is not None:
        clock = moment.time()
    elif time_of_day is not None:
        clock = time.fromisoformat(time_of_day)
    else:
        return None
    return str(clock.hour * 3600 + clock.minute * 60 + clock.second)


def _new_year(year: str) -> date | None:
    try:
        return date(int(float(year)), 1, 1)
    except (ValueError, OverflowError):
        return None


def _format_datetime(element: Element, arguments: list[Expression]) -> Expression:
    pattern = arguments[1].constant
    if isinstance(pattern, str):
        pattern = re.sub("%.", lambda found: SHORT.get(found[0], found[0]), pattern)
    if not isinstance(pattern, str) or len(pattern) > 200 or not FORMAT.fullmatch(pattern):
        raise element.unsupported(
            f"has the format {str(pattern)[:60]!r}; supported: as of strftime, '%Y-%m-%d'"
        )

    def of(text: str) -> str | None:
        moment = read_moment(text)
        return None if moment is None else moment.strftime(pattern)

    return texts_to(of, arguments[:1], element, STRING)


DATES: Final[dict[str, Function]] = {
    "dateDaysSinceYear": of_texts(_days_since_year, (2, 2), INTEGER),
    "dateSecondsSinceYear": of_texts(_seconds_since_year, (2, 2), INTEGER),
    "dateSecondsSinceMidnight": of_texts(_seconds_since_midnight, (1, 1), INTEGER),
    "formatDatetime": Function(_format_datetime, (2, 2), total=True),
}
