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
SINCE: Final = re.compile(r"(?:date(?:Time)?(?:Days|Seconds)Since\[?(?:0|1960|1970|1980)\]?|timeSeconds)")
OPTYPES: Final = {"categorical": "categorical", "ordinal": "ordinal", "continuous": "continuous"}
BOOLEANS: Final = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
CLOCK: Final = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?"
MOMENT: Final = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[T ]{CLOCK})?|{CLOCK}")
OFFSET: Final = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")
NAN: Final = float("nan")
TRUTHS: Final = {"true": 1.0, "false": 0.0}
FLOAT32_MAX: Final = float(np.finfo(np.float32).max)


def is_numeric(datatype: str) -> bool:
    """Whether columns of this data type are numbers."""
    return datatype in NUMERIC or SINCE.fullmatch(datatype) is not None


@dataclass(frozen=True)
class FieldType:
    """What a field holds. `values` are its declared categories in order, canonical; empty where none are declared."""

    datatype: str
    optype: str
    values: tuple[str, ...] = ()
    numeric: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numeric", is_numeric(self.datatype))

    @property
    def float32(self) -> bool:
        """Whether values are held in single precision."""
        return self.datatype == "float"


DOUBLE: Final = FieldType("double", "continuous")
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
        return NAN
    if datatype in ("double", "float"):
        return float(np.float32(value)) if datatype == "float" and abs(value) <= FLOAT32_MAX else value
    return value if value == np.floor(value) and abs(value) < np.inf else NAN


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
