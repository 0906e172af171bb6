"""`users`, `sessions`, `products` of a folder as a history: JSON, JSON Lines, CSV or Parquet, by the file's ending."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from liftstream.contracts.csv_form import form_of
from liftstream.contracts.errors import InputError
from liftstream.contracts.messages import NOT_JSON
from liftstream.forecast.history import History
from liftstream.forecast.request.data_object import LISTS, read_data_object
from liftstream.forecast.request.problem import InvalidRequest
from training.csv_tables import named_columns
from training.header import check_header, read_header

if TYPE_CHECKING:
    import pandas as pd

Rows = list[Any]
PROBLEMS_SHOWN: Final = 3
TEXTS: Final = ("user_id", "session_id", "product_id", "purchase_id", "city")
"""Columns whose cells in a CSV file stay the texts that they are: 007 is not 7, and NA is a city."""
NUMBERS: Final = ("price", "offered_discount")
IN_DOCUMENT: Final = re.compile(rf"\$\.({'|'.join(LISTS)})(?:\[(\d+)\])?(?:\.(\w+))?")
"""How the service names a value of a request."""


def read_folder(folder: Path) -> History:
    """The history of a folder's three files.

    Raises:
        InputError: a file is missing, cannot be read, or holds values that cannot be used.
    """
    files = {name: _file_of(folder, name) for name in LISTS}
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
        return READERS[file.suffix](file)
    except (*NOT_JSON, OSError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"{file}: cannot be read as {file.suffix[1:]}: {said[0]}") from None


def _file_of(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; it must hold {', '.join(LISTS)}, each as one of {', '.join(READERS)}"
        )
    found = [folder / f"{name}{ending}" for ending in READERS if (folder / f"{name}{ending}").is_file()]
    if not found:
        raise InputError(
            f"{folder}: holds no {name}; accepted is one of {', '.join(name + e for e in READERS)}"
        )
    if len(found) > 1:
        raise InputError(
            f"{folder}: which is meant, {' or '.join(file.name for file in found)}? Leave one of them"
        )
    return found[0]


def _read_json(file: Path) -> Rows:
    """A list of objects; a file with an object per line is read as JSON Lines."""
    content = file.read_bytes()
    if content.lstrip()[:1] == b"{":
        return msgspec.json.Decoder().decode_lines(content)
    return msgspec.json.decode(content, type=list[Any])


def _read_lines(file: Path) -> Rows:
    return msgspec.json.Decoder().decode_lines(file.read_bytes())


def _read_csv(file: Path) -> Rows:
    import pandas as pd

    header = read_header(file)
    check_header(file, header, header)
    form = form_of(file)
    frame = pd.read_csv(
        file, encoding=form.encoding, sep=form.delimiter, decimal=form.decimal, skiprows=form.lines_before,
        dtype=dict.fromkeys(TEXTS, str), keep_default_na=False, na_values=[""],
    )  # fmt: skip
    return rows_of(_with_numbers(named_columns(frame).dropna(how="all")))


def _with_numbers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The table whose numbers are numbers also where another cell of their column is none, which is refused alone."""
    import pandas as pd

    for name in {*NUMBERS} & {*frame}:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        frame[name] = numbers.astype(object).where(numbers.notna(), frame[name])
    return frame


def _read_parquet(file: Path) -> Rows:
    import pandas as pd

    return rows_of(pd.read_parquet(file))


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
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
