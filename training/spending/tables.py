"""`users`, `sessions`, `products` of a folder as a history: JSON, JSON Lines, CSV or Parquet, by the file's ending."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from liftstream.contracts.errors import InputError
from liftstream.contracts.messages import NOT_JSON
from liftstream.forecast.history import History
from liftstream.forecast.request.data_object import LISTS, read_data_object
from liftstream.forecast.request.problem import InvalidRequest
from training.header import ENDINGS, check_header, need_table, read_header
from training.whole_tables import parse

if TYPE_CHECKING:
    import pandas as pd

Rows = list[Any]
PROBLEMS_SHOWN: Final = 3
TEXTS: Final = ("user_id", "session_id", "product_id", "purchase_id", "city")
"""Columns whose cells in a table stay the texts that they are: 007 is not 7, and NA is a city."""
NUMBERS: Final = ("price", "offered_discount")
FIELDS: Final = {*TEXTS, *NUMBERS, "timestamp", "event_type"}
NEEDED: Final = {
    "users": ("user_id",),
    "sessions": ("session_id", "timestamp", "user_id", "product_id", "event_type", "offered_discount"),
    "products": ("product_id", "price"),
}
"""The columns that each table must have."""
IN_DOCUMENT: Final = re.compile(rf"\$\.({'|'.join(LISTS)})(?:\[(\d+)\])?(?:\.(\w+))?")
"""How the service names a value of a request."""


def read_folder(folder: Path) -> History:
    """The history of a folder's three files.

    Raises:
        InputError: a file is missing, cannot be read, or holds values that cannot be used.
    """
    files = {name: need_table(folder, name, tuple(READERS)) for name in LISTS}
    for name, file in files.items():
        if _reader_of(file) is _read_table:
            check_header(file, read_header(file), NEEDED[name])
    document = {name: read_rows(file) for name, file in files.items()}
    try:
        return read_data_object(document)
    except InvalidRequest as refused:
        shown = refused.problems[:PROBLEMS_SHOWN]
        told = "; ".join(_in_rows(f"{found.path}: {found.reason}", files) for found in shown)
        more = len(refused.problems) - PROBLEMS_SHOWN
        raise InputError(f"{folder}: {told}{f'; and {more} more' if more > 0 else ''}") from None


def _in_rows(problem: str, files: Mapping[str, Path]) -> str:
    """A problem with file, row and column for the path in the document; row 1 is the first of the file.

    >>> _in_rows("$.users[2].city: 3 is no text", {"users": Path("users.csv")})
    'users.csv, row 3, column city: 3 is no text'
    """

    def place(found: re.Match[str]) -> str:
        name, index, column = found.groups()
        row = f", row {int(index) + 1}" if index else ""
        return f"{files[name].name}{row}{f', column {column}' if column else ''}"

    return IN_DOCUMENT.sub(place, problem)


def read_rows(file: Path) -> Rows:
    """The rows of a file, an object each.

    Raises:
        InputError: it is not of its ending's format.
    """
    try:
        return _reader_of(file)(file)
    except (*NOT_JSON, OSError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"{file}: cannot be read as {file.suffix[1:]}: {said[0]}") from None


def _reader_of(file: Path) -> Callable[[Path], Rows]:
    return READERS["".join(file.suffixes) if file.suffix == ".gz" else file.suffix]


def _read_json(file: Path) -> Rows:
    """A list of objects; a file with an object per line is read as JSON Lines."""
    content = file.read_bytes()
    if content.lstrip()[:1] == b"{":
        return msgspec.json.Decoder().decode_lines(content)
    return msgspec.json.decode(content, type=list[Any])


def _read_lines(file: Path) -> Rows:
    return msgspec.json.Decoder().decode_lines(file.read_bytes())


def _read_table(file: Path) -> Rows:
    header = read_header(file)
    check_header(file, header, header)
    read = [name for name in header if name in FIELDS] or header
    return rows_of(_with_numbers(parse(file, read, texts=[name for name in TEXTS if name in read])))


def _with_numbers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The table whose numbers are numbers also where another cell of their column is none, which is refused alone."""
    import pandas as pd

    for name in {*NUMBERS} & {*frame}:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        frame[name] = numbers.astype(object).where(numbers.notna(), frame[name])
    return frame


def rows_of(frame: Any) -> Rows:
    """A DataFrame's rows as in JSON: empty cells are null, times are ISO texts."""
    columns = {str(name): [_plain(value) for value in frame[name].tolist()] for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    if value is None or value != value:  # NaN and NaT differ from themselves
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


READERS: Final[dict[str, Callable[[Path], Rows]]] = {
    ".json": _read_json,
    ".jsonl": _read_lines,
    **dict.fromkeys(ENDINGS, _read_table),
}
