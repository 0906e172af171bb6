"""Types of fields: which of the standard's data types are numbers and which are words, and how text becomes either."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

import numpy as np

from liftstream.scoring.xml.element import Element

NUMERIC: Final = {"integer", "float", "double", "boolean"}
DATES: Final = {"date", "time", "dateTime"}
SINCE: Final = re.compile(
    r"(?:x-)?date(?P<unit>Days|TimeSeconds)Since\[?(?P<year>0|19[6-9]0|20[0-2]0)\]?|timeSeconds"
)
"""Data types that count days or seconds; JPMML puts x- before those that begin after 1980."""
OPTYPES: Final = ("categorical", "ordinal", "continuous")
BOOLEANS: Final = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
MOMENT: Final = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[T ]{CLOCK})?|{CLOCK}")
HOURS: Final = re.compile(r"(-?)(\d{1,6}):([0-5]\d):([0-5]\d)")
YEAR_0: Final = 366
"""Days of the year 0, which Python's calendar does not have."""
OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")
NAN: Final = float("nan")
TRUTHS: Final = {"true": 1.0, "false": 0.0}
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)


def is_numeric(datatype: str) -> bool:
    """Whether columns of this data type are numbers."""
    return datatype in NUMERIC or SINCE.fullmatch(datatype) is not None


@dataclass(frozen=True)
class FieldType:
    """What a field holds.

    `values` are its declared categories in order, canonical; empty where none are declared. `whole` marks results that
    are doubles for what is done with them, and are written as the whole numbers that they are.
    """

    datatype: str
    optype: str
    values: tuple[str, ...] = ()
    whole: bool = False
    numeric: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numeric", is_numeric(self.datatype))

    @property
    def ranks(self) -> dict[float, float]:
        """The places of ordinal numbers that are not declared in the order of their size; empty for any other field."""
        if self.optype != "ordinal" or not self.numeric or self.datatype == "boolean":
            return {}
        numbers = [number_of(text, "double") for text in self.values]
        return {} if numbers == sorted(numbers) else {n: float(place) for place, n in enumerate(numbers)}

    @property
    def float32(self) -> bool:
        """Whether values are held in single precision."""
        return self.datatype == "float"


DOUBLE: Final = FieldType("double", "continuous")
FLOAT: Final = FieldType("float", "continuous")
WHOLE: Final = FieldType("double", "continuous", whole=True)
STRING: Final = FieldType("string", "categorical")
BOOLEAN: Final = FieldType("boolean", "categorical", ("false", "true"))
INTEGER: Final = FieldType("integer", "continuous")


def read_datatype(element: Element, default: str = "double") -> str:
    """The attribute dataType; anything that the standard does not list is refused."""
    datatype = element.get("dataType") or default
    if datatype in DATES or datatype == "string" or is_numeric(datatype):
        return datatype
    raise element.unsupported(f"has dataType={datatype[:60]!r}; supported: those of the PMML standard")


def number_of(text: str, datatype: str) -> float:
    """The number that a cell or attribute of this data type says, NaN where it says none."""
    if datatype == "boolean":
        return BOOLEANS.get(text.strip().lower(), NAN)
    if "_" in text:
        return NAN
    try:
        value = float(text)
    except ValueError:
        return passed(text, datatype)
    if datatype in ("double", "float"):
        return float(np.float32(value)) if datatype == "float" and abs(value) <= FLOAT32_MAX else value
    return value if value == np.floor(value) and abs(value) < np.inf else NAN


def passed(text: str, datatype: str) -> float:
    """The days to a date, or seconds to a dateTime or time; NaN where the text is none, or the type counts nothing."""
    counts = SINCE.fullmatch(datatype)
    if counts is None:
        return NAN
    if counts["unit"] is None:
        clock = HOURS.fullmatch(text.strip())
        if clock is None:
            return NAN
        hours, minutes, seconds = map(int, clock.groups()[1:])
        return (-1.0 if clock[1] else 1.0) * (hours * 3600 + minutes * 60 + seconds)
    written = iso(text, "dateTime")
    if written is None:
        return NAN
    moment, year = datetime.fromisoformat(written), int(counts["year"])
    days = moment.toordinal() - (date(year, 1, 1).toordinal() if year else 1 - YEAR_0)
    clock_s = moment.hour * 3600 + moment.minute * 60 + moment.second
    if counts["unit"] == "Days":
        return float(days) if moment.time() == time() else NAN
    return float(days * 86_400 + clock_s)


def number_or_truth(text: str, datatype: str) -> float:
    """As `number_of`; true and false are 1 and 0 in every numeric field, as arrays of them are."""
    number = number_of(text, datatype)
    return number if number == number else TRUTHS.get(text.lower(), NAN)


def word_of(text: str, datatype: str) -> str | None:
    """The canonical word of this data type, None where the text is none."""
    if datatype == "string":
        return text
    if datatype in DATES:
        return iso(text, datatype)
    number = number_of(text, datatype)
    return None if np.isnan(number) else write_number(number, datatype)


def write_number(number: float, datatype: str) -> str:
    """A number as the text that documents use for it: 1, true, 0.5."""
    if datatype == "boolean":
        return "true" if number else "false"
    return str(int(number)) if abs(number) < 1e15 and number == int(number) else repr(number)


@lru_cache(maxsize=4096)
def iso(text: str, datatype: str) -> str | None:
    """A date, time or dateTime in ISO form, which sorts as it flows; None where it is none, or has a UTC offset."""
    kind: type[date] | type[time] = {"date": date, "time": time, "dateTime": datetime}[datatype]
    text = text.strip()
    if not MOMENT.fullmatch(text):
        return None
    try:
        return kind.fromisoformat(text).isoformat()
    except ValueError:
        return None


def why_no_moment(text: str) -> str:
    """What is wrong with a text that is no date or time, where it is known: a UTC offset."""
    text = text.strip()
    offset = OFFSET.search(text)
    if offset is None or not MOMENT.fullmatch(text[: offset.start()]):
        return ""
    return f" ({offset[0]} is a UTC offset; give the local time that the model was trained on, without it)"
