"""Columns of numbers, which may be written as text: a blank is NaN, and what is no number is refused by its row."""

import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from liftstream.experiment.arguments import shown
from liftstream.experiment.data.columns import Array, arrow_of, is_arrow, is_missing, is_plain
from liftstream.experiment.data.texts import NOBODY

BLANKS = NOBODY | {""}
"""Texts that stand for no number."""
THOUSANDS = {
    ".": re.compile(r"[-+]?\d{1,3}(?:([,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?"),
    ",": re.compile(r"[-+]?\d{1,3}(?:([.'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:,\d+)?"),
}
"""Numbers grouped in threes, by the decimal mark."""
TRUTHS = {"true": 1.0, "false": 0.0}
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")


def numbers(
    column: Any, name: str, decimal: str = ".", count: Callable[[str, int], None] | None = None
) -> Array:
    """A column of numbers; NaN where a cell is blank, 1 and 0 for true and false.

    Args:
        count: is told what was done with cells that were not read as they stand, and how many there were.

    Raises:
        ValueError: a cell holds something else; the message names the row, counted from 1 after the header.
    """
    column = arrow_of(column)
    if is_arrow(column):
        found = _arrow_numbers(column, decimal)
        if found is not None:
            return found
        column = column.to_pylist()
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    if kind in {"M", "m"}:
        raise ValueError(
            f"{name} must be a number in every row, but the column holds dates; name another column"
        )
    if kind in {"i", "u", "f", "b"} and is_plain(column):
        return np.asarray(column, dtype=np.float64).ravel()
    items = column.tolist() if hasattr(column, "tolist") else list(column)
    try:
        return np.asarray([_number(item, decimal) for item in items], dtype=np.float64)
    except (TypeError, ValueError):
        plain = _without_thousands(items, decimal)
        if plain is not None:
            if count is not None:
                grouped = sum(before != after for before, after in zip(items, plain, strict=True))
                count(f"numbers of {name} read without their marks of thousands", grouped)
            return numbers(plain, name, decimal)
        _refuse_first(items, name, decimal)


def _without_thousands(items: list[Any], decimal: str) -> list[Any] | None:
    """The cells without their marks of thousands: where each that has one is grouped in threes, and one shows the
    decimal mark or a mark that cannot be one."""
    grouped, seen = THOUSANDS[decimal], False
    found = []
    for item in items:
        text = item.strip() if isinstance(item, str) else ""
        if grouped.fullmatch(text):
            item = re.sub(r"[^\d+\-" + re.escape(decimal) + "]", "", text)
            seen |= not {".", ","} & set(text)  # such a mark cannot be a decimal one
        seen |= decimal in text
        found.append(item)
    return found if seen and found != items else None


def _refuse_first(items: list[Any], name: str, decimal: str) -> NoReturn:
    """Names the first row without a number, and what it holds."""
    for row, item in enumerate(items, start=1):
        try:
            _number(item, decimal)
        except (TypeError, ValueError):
            what = "a date" if DATE.search(str(item)) or hasattr(item, "isoformat") else "a text"
            told = f"{what}: {shown(item)}{_hint(str(item), decimal)}"
            raise ValueError(f"{name} must be a number in every row, but row {row} holds {told}") from None
    raise ValueError(f"{name} must be a number in every row")


def _hint(text: str, decimal: str) -> str:
    if decimal == "." and re.fullmatch(r"[-+]?[\d.]*\d,\d+", text.strip()):
        return " (a decimal comma? then say decimal ',')"
    if re.search(r"[$€£%]", text):
        return " (write plain numbers, without signs of currency or percent)"
    return ""


def _number(item: Any, decimal: str) -> float:
    if not isinstance(item, str):
        return math.nan if is_missing(item) else float(item)
    text = item.strip()
    if text in BLANKS:
        return math.nan
    truth = TRUTHS.get(text.lower())
    if truth is not None:
        return truth
    if "_" in text:
        raise ValueError(text)
    return float(text.replace(",", ".") if decimal == "," and "." not in text else text)


def _arrow_numbers(column: Any, decimal: str) -> Array | None:
    """The numbers of an Arrow column; None if every cell must be looked at."""
    import pyarrow
    from pyarrow import compute

    kind = column.type
    if pyarrow.types.is_temporal(kind):
        return None
    if pyarrow.types.is_dictionary(kind):
        column = compute.cast(column, kind.value_type)
        kind = column.type
    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        text = compute.utf8_trim_whitespace(column)
        blank = compute.is_in(text, value_set=pyarrow.array(sorted(BLANKS), text.type))
        text = compute.if_else(blank, pyarrow.scalar(None, text.type), text)
        truths = compute.is_in(
            compute.utf8_lower(text), value_set=pyarrow.array(["true", "false", None], text.type)
        )
        if compute.all(truths).as_py():
            column = compute.equal(compute.utf8_lower(text), "true")
        elif decimal == "," and compute.any(compute.match_substring(text, ".")).as_py():
            return None
        else:
            column = compute.replace_substring(text, ",", ".") if decimal == "," else text
    try:
        found = compute.cast(column, pyarrow.float64())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return None
    return np.asarray(compute.fill_null(found, math.nan).to_numpy(), dtype=np.float64)
