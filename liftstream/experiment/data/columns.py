"""Columns of whatever people bring: a dictionary, a pandas or polars frame, an Arrow table.

Ids and names of arms are text, to the byte, whatever the column looks like: `01` is not `1`, and a number of 60 bits keeps
all its digits. Numbers may be written as text; a blank is NaN, and what is no number is refused by its row.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import shown

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

EXACT_MOST = 2**53
"""Whole numbers above this are not all floats: two ids may have become one."""
NOBODY = frozenset(
    {
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "<NA>",
        "NaN",
        "nan",
        "null",
        "NULL",
        "Null",
        "(null)",
        "None",
        "none",
        "-",
        "\\N",
    }
)
"""Texts that often stand for a blank."""
BLANKS = NOBODY | {""}
"""Texts that stand for no number."""
THOUSANDS = {
    ".": re.compile(r"[-+]?\d{1,3}(?:([,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?"),
    ",": re.compile(r"[-+]?\d{1,3}(?:([.'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:,\d+)?"),
}
"""Numbers grouped in threes, by the decimal mark."""
TRUTHS = {"true": 1.0, "false": 0.0}
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")


class Columns(Mapping[str, Any]):
    """Columns by name, whatever holds them."""

    def __init__(self, source: Any) -> None:
        self.source = source
        names = getattr(source, "column_names", None) or getattr(source, "columns", None)
        self.names = [str(name) for name in (source if names is None else names)]
        self._keys = dict(zip(self.names, source if names is None else names, strict=True))

    def __getitem__(self, name: str) -> Any:
        return self.source[self._keys[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def need(self, name: str) -> Any:
        """A column that must be there.

        Raises:
            ValueError: it is not; the message lists those that are.
        """
        if name not in self._keys:
            alike = [known for known in self.names if known.strip().casefold() == name.strip().casefold()]
            hint = f"; {alike[0]!r} differs by case or blanks" if alike else ""
            raise ValueError(f"there is no column {name!r}; the columns are {', '.join(self.names)}{hint}")
        return self[name]


@dataclass(frozen=True)
class Texts:
    """A column of names: for each row the code of its text, -1 where it is blank."""

    codes: Codes
    labels: Sequence[str]
    """In order of appearance for text; sorted for numbers."""

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Rows without a name."""
        return self.codes < 0

    def counts(self, labels: Collection[str]) -> dict[str, int]:
        """Rows of these texts, for those that are there."""
        codes = self._codes_of(labels)
        rows = np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels)) if codes else ()
        return {self.labels[code]: int(rows[code]) for code in codes}

    def _codes_of(self, labels: Collection[str]) -> list[int]:
        return [self.labels.index(label) for label in sorted(frozenset(labels).intersection(self.labels))]

    def without(self, labels: Collection[str]) -> "Texts":
        """The same with these texts as blanks."""
        codes = self._codes_of(labels)
        return self if not codes else Texts(np.where(np.isin(self.codes, codes), -1, self.codes), self.labels)


def texts(column: Any, name: str = "column") -> Texts:
    """A column as text.

    Raises:
        ValueError: floating-point numbers so large that different ids have become one.
    """
    column = _arrow_of(column)
    if _is_arrow(column):
        return _arrow_texts(column, name)
    values = column.to_numpy() if hasattr(column, "to_numpy") and _is_numeric(column) else column
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return _number_texts(values.ravel(), name)
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    return _encoded([_text(item, name) for item in items])


def numbers(
    column: Any, name: str, decimal: str = ".", count: Callable[[str, int], None] | None = None
) -> Array:
    """A column of numbers; NaN where a cell is blank, 1 and 0 for true and false.

    Args:
        count: is told what was done with cells that were not read as they stand, and how many there were.

    Raises:
        ValueError: a cell holds something else; the message names the row, counted from 1 after the header.
    """
    column = _arrow_of(column)
    if _is_arrow(column):
        found = _arrow_numbers(column, decimal)
        if found is not None:
            return found
        column = column.to_pylist()
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    if kind in {"M", "m"}:
        raise ValueError(
            f"{name} must be a number in every row, but the column holds dates; name another column"
        )
    if kind in {"i", "u", "f", "b"} and _is_plain(column):
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
    """The cells without their marks of thousands: where each that has one is grouped in threes, and one shows the decimal mark."""
    grouped, seen = THOUSANDS[decimal], False
    found = []
    for item in items:
        text = item.strip() if isinstance(item, str) else ""
        if grouped.fullmatch(text):
            item = re.sub(r"[^\d+\-" + re.escape(decimal) + "]", "", text)
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
            hint = "" if what == "date" else _hint(str(item), decimal)
            raise ValueError(
                f"{name} must be a number in every row, but row {row} holds {what}: {shown(item)}{hint}"
            ) from None
    raise ValueError(f"{name} must be a number in every row")


def _hint(text: str, decimal: str) -> str:
    if decimal == "." and re.fullmatch(r"[-+]?[\d.]*\d,\d+", text.strip()):
        return " (a decimal comma? then say decimal ',')"
    if re.search(r"[$€£%]", text):
        return " (write plain numbers, without signs of currency or percent)"
    return ""


def _number(item: Any, decimal: str) -> float:
    if not isinstance(item, str):
        return math.nan if _is_missing(item) else float(item)
    text = item.strip()
    if text in BLANKS:
        return math.nan
    truth = TRUTHS.get(text.lower())
    if truth is not None:
        return truth
    if "_" in text:
        raise ValueError(text)
    return float(text.replace(",", ".") if decimal == "," and "." not in text else text)


def _text(item: Any, name: str) -> str | None:
    """None for a blank."""
    if isinstance(item, str):
        return item if item.strip() else None
    if _is_missing(item):
        return None
    if isinstance(item, bytes):
        return item.decode(errors="backslashreplace")
    if isinstance(item, float):
        if abs(item) >= EXACT_MOST:
            _refuse_merged(name)
        return str(int(item)) if item == int(item) else repr(item)
    return str(item)


def _is_missing(item: Any) -> bool:
    """None, NaN, or the missing value of pandas, which refuses to be compared."""
    return item is None or type(item).__name__ in {"NAType", "NaTType"} or bool(item != item)


def _encoded(items: list[str | None]) -> Texts:
    index: dict[str | None, int] = {None: -1}
    codes = np.fromiter((index.setdefault(item, len(index) - 1) for item in items), np.int64, len(items))
    return Texts(codes, [text for text in index if text is not None])


def _number_texts(values: NDArray[Any], name: str) -> Texts:
    blank = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.size, dtype=bool)
    known = values[~blank]
    if values.dtype.kind == "f" and known.size and np.abs(known).max() >= EXACT_MOST:
        _refuse_merged(name)
    labels, inverse = np.unique(known, return_inverse=True)
    codes = np.full(values.size, -1, dtype=np.int64)
    codes[~blank] = inverse
    return Texts(codes, [_text(label, name) or "" for label in labels.tolist()])


def _refuse_merged(name: str) -> NoReturn:
    raise ValueError(
        f"{name} must be text or whole numbers: it holds floating-point numbers above 2^53, in which different ids are "
        "one; read the column as text (dtype=str)"
    )


def _is_numeric(column: Any) -> bool:
    return getattr(getattr(column, "dtype", None), "kind", "") in {"i", "u", "f"} and _is_plain(column)


def _is_plain(column: Any) -> bool:
    """Whether numpy holds it; columns of pandas that know a missing value lose digits on the way to numpy."""
    return isinstance(getattr(column, "dtype", None), np.dtype)


def _is_arrow(column: Any) -> bool:
    return type(column).__module__.partition(".")[0] == "pyarrow"


def _arrow_of(column: Any) -> Any:
    """Series of polars come as Arrow arrays."""
    return column.to_arrow() if hasattr(column, "to_arrow") else column


def _combined(column: Any) -> Any:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _arrow_texts(column: Any, name: str) -> Texts:
    import pyarrow
    from pyarrow import compute

    if pyarrow.types.is_floating(column.type):
        return _number_texts(column.to_numpy(), name)
    if not pyarrow.types.is_dictionary(column.type):
        column = compute.cast(column, pyarrow.large_string())
    encoded = _combined(column if pyarrow.types.is_dictionary(column.type) else column.dictionary_encode())
    labels = [str(label) for label in encoded.dictionary.to_pylist()]
    codes = compute.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    blanks = [code for code, label in enumerate(labels) if not label.strip()]
    if blanks:
        codes[np.isin(codes, blanks)] = -1
    return Texts(codes, labels)


def _arrow_numbers(column: Any, decimal: str) -> Array | None:
    """None where it takes a look at every cell."""
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
        else:
            if decimal == ",":
                if compute.any(compute.match_substring(text, ".")).as_py():
                    return None
                text = compute.replace_substring(text, ",", ".")
            column = text
    try:
        found = compute.cast(column, pyarrow.float64())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return None
    return np.asarray(compute.fill_null(found, math.nan).to_numpy(), dtype=np.float64)
