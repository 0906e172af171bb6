"""Reads a table of clients: CSV of any delimiter, decimal mark and encoding, gzipped or not, Parquet, or standard input.

Every cell of a CSV file stays the text it is, so that ids keep leading zeros and all their digits; `experiment.data`
makes numbers of the columns that hold them. What was found out about the file is said.
"""

import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from liftstream.contracts.csv_form import (
    COMMA,
    DELIMITERS,
    GZIPPED,
    delimiter_of,
    encoding_of,
    parquet_parts,
    read_parquet,
    refuse_other_formats,
    said_delimiter,
    with_points,
)
from liftstream.contracts.errors import InputError, UsageError, require
from liftstream.contracts.typed_numbers import THOUSANDS

STDIN: Final = "-"
PARQUET: Final = {".parquet", ".pq"}
DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}
GROUPED = re.compile(r"\s*[-+]?\d{1,3}(\.\d{3})+,\d+\s*")
"""Points between thousands, a comma before the decimals."""
LATIN_1 = "text in Latin-1 (--encoding says otherwise)"
SAMPLE = 20_000
"""Cells that are looked at to find the decimal mark."""

Wanted = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True)
class Table:
    """The columns of a file by name, and how it was read."""

    columns: Mapping[str, Any]
    delimiter: str = ","
    notes: tuple[str, ...] = ()

    def hint_at_encoding(self, error: ValueError) -> str:
        """What to do about a column that is not found, where the encoding of the names was a guess."""
        guessed = LATIN_1 in self.notes and str(error).startswith("there is no column")
        return (
            "; read as Latin-1: if these look wrong, say --encoding, such as cp1251 or gbk" if guessed else ""
        )

    def read_as(self, mark: str, blank: int = 0) -> list[str]:
        """How the file was read, where it is not the usual way: its own notes, the decimal mark, blank cells."""
        commas = ["decimal commas"] if mark == "," else []
        return [
            *self.notes,
            *commas,
            *([f"{blank:,} blank cells of the wide file left out"] if blank else []),
        ]


def read_table(
    path: str, *, wanted: Wanted | None = None, delimiter: str | None = None, encoding: str | None = None
) -> Table:
    """A file's columns.

    Args:
        wanted: of the names of the columns, those that are needed; default: all.
        delimiter: between the cells of a CSV file; default: the one that its first line holds most of.
        encoding: of its text; default: found by its byte order mark, else UTF-8, else Latin-1.

    Raises:
        UsageError: `delimiter` is not one mark.
        InputError: not readable as a table.
        ExtraMissing: Parquet without pyarrow.
    """
    if path != STDIN and is_parquet(Path(path)):
        return Table(_parquet(path, wanted))
    name = "standard input" if path == STDIN else path
    raw = _bytes(path)
    if raw[:4] == b"PAR1":
        return Table(_parquet(path, wanted))
    refuse_other_formats(name, raw)
    text, notes = _decoded(raw, name, encoding)
    text, mark = said_delimiter(text)
    found = _asked_delimiter(delimiter) or mark or delimiter_of(text)
    if found != ",":
        notes = (*notes, f"cells separated by {_name(found)}")
    text, blank = _without_blank_end(text, found)
    if blank:
        notes = (*notes, f"without {blank:,} empty {'row' if blank == 1 else 'rows'} at the end")
    return Table(_csv(text, name, found, wanted), found, notes)


def read_columns(path: str) -> Mapping[str, Any]:
    """A file's columns as lists: the cells of CSV as they are written, decimal commas as points, None where they are
    empty."""
    columns = read_table(path).columns
    lists = {
        name: column.to_pylist() if hasattr(column, "to_pylist") else column
        for name, column in columns.items()
    }
    return {
        name: with_points([None if cell == "" else cell for cell in cells]) for name, cells in lists.items()
    }


def standard_input() -> IO[bytes]:
    """What is piped into the command.

    Raises:
        InputError: the command was started without.
    """
    if sys.stdin is None:
        raise InputError("standard input: it is closed; pipe a file into the command, or name one")
    return sys.stdin.buffer


def _bytes(path: str) -> bytes:
    try:
        raw = standard_input().read() if path == STDIN else Path(path).read_bytes()
        return gzip.decompress(raw) if raw[:2] == GZIPPED else raw
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _decoded(raw: bytes, name: str, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and what is to be said of its encoding."""
    encoding = encoding or encoding_of(raw)
    try:
        text = raw.decode(encoding or "utf-8")
    except LookupError:
        raise InputError(f"{name}: no encoding is called {encoding!r}; utf-8, utf-16, latin-1 are") from None
    except UnicodeDecodeError as error:
        if encoding is not None:
            raise InputError(f"{name}: not text in {encoding} ({error.reason}); say --encoding") from None
        return raw.decode("cp1252", errors="replace"), (LATIN_1,)
    told = {
        "utf-32": "text in UTF-32",
        "utf-16": "text in UTF-16",
        "utf-16-le": "text in UTF-16",
        "utf-16-be": "text in UTF-16",
    }
    return text.removeprefix("\ufeff"), (told[encoding],) if encoding in told else ()


def _asked_delimiter(asked: str | None) -> str | None:
    """The mark that was asked for, by itself or by name."""
    found = DELIMITER_NAMES.get(asked or "", asked)
    if found and (len(found) > 1 or found in '"\r\n' or found.isalnum()):
        raise UsageError(f"--delimiter: one mark between cells, such as , ; | or the word tab, got {asked!r}")
    return found


def _name(delimiter: str) -> str:
    return next((name for name, mark in DELIMITER_NAMES.items() if mark == delimiter), repr(delimiter))


def _without_blank_end(text: str, delimiter: str) -> tuple[str, int]:
    """The text without rows at its end that have delimiters only, as spreadsheets write them, and their number."""
    last = len(text[:-SAMPLE]) + len(text[-SAMPLE:].rstrip(delimiter + " \t\r\n"))
    end = text.find("\n", last)
    blank = "" if end < 0 else text[end:]
    rows = sum(bool(row) for row in blank.splitlines())
    return (text, 0) if '"' in blank or not rows else (text[: end + 1], rows)


def _csv(text: str, name: str, delimiter: str, wanted: Wanted | None) -> Mapping[str, Any]:
    header = _header(text, name, delimiter)
    named = [column for column in header if column.strip()]
    names = list(named if wanted is None else wanted(named))
    try:
        return _arrow_csv(text, delimiter, header, names)
    except ImportError:
        return _plain(text, name, delimiter, names)


def _header(text: str, name: str, delimiter: str) -> list[str]:
    header = next(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter), None)
    if not header or not any(cell.strip() for cell in header):
        raise InputError(f"{name}: empty; a CSV file begins with the names of its columns")
    check_header(header, name)
    return header


def _arrow_csv(text: str, delimiter: str, header: list[str], names: list[str]) -> Mapping[str, Any]:
    """Ten times as fast as the standard library; a file that it does not understand is read the slow way."""
    import pyarrow
    from pyarrow import csv as arrow_csv

    try:
        table = arrow_csv.read_csv(
            pyarrow.BufferReader(text.encode()),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values='"' in text),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pyarrow.string()), include_columns=names
            ),
        )
    except (pyarrow.ArrowException, UnicodeError):
        raise ImportError from None
    return {column: table[column] for column in names}


def _plain(text: str, name: str, delimiter: str, names: list[str]) -> Mapping[str, Any]:
    rows = csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter)
    header = next(rows)
    cells: list[list[str]] = [[] for _ in header]
    try:
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise InputError(
                    f"{name}, line {rows.line_num}: {len(row)} cells, but the header names {len(header)} columns"
                    f"{_other(row, header)}"
                )
            for column, cell in zip(cells, row, strict=True):
                column.append(cell)
    except csv.Error as error:
        raise InputError(f"{name}, line {rows.line_num}: not CSV: {error}") from None
    by_name = dict(zip(header, cells, strict=True))
    return {column: by_name[column] for column in names}


def _other(row: list[str], header: list[str]) -> str:
    """A hint, where the file seems to be cut at the wrong delimiter."""
    joined = "".join(row) + "".join(header)
    marks = [_name(mark) for mark in DELIMITERS[1:] if joined.count(mark) >= len(header)]
    return f"; is it cut at each {marks[0]}? then say --delimiter {marks[0]}" if marks else ""


def require_parquet() -> None:
    """Checks that Parquet can be read and written.

    Raises:
        ExtraMissing: pyarrow is not installed.
    """
    require("Parquet", {"parquet": ["pyarrow"]})


def is_parquet(path: Path) -> bool:
    """Whether a table is read as Parquet: by its name, or as a folder of files."""
    return path.suffix.lower() in PARQUET or path.is_dir()


def _parquet(path: str, wanted: Wanted | None) -> Mapping[str, Any]:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    try:
        header = parquet.read_schema(parquet_parts(Path(path))[0]).names
        check_header(header, path)
        names = list(header if wanted is None else wanted(header))
        table = read_parquet(Path(path), names)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a Parquet file: {_line(error)}") from None
    return {column: table[column] for column in names}


def decimal_mark(table: Table, names: Sequence[str], path: str) -> str:
    """The decimal mark of the named columns: a comma where their cells hold one and no point.

    Raises:
        InputError: `1,234` may be one and a bit or a thousand.
    """
    commas: list[str] = []
    for name in names:
        cells = _sample(table.columns.get(name))
        commas += [cell.strip() for cell in cells if COMMA.fullmatch(cell)]
        if any(GROUPED.fullmatch(cell) for cell in cells):
            return ","
        if any("." in cell for cell in cells):
            return "."
    if not commas:
        return "."
    if all(THOUSANDS.fullmatch(cell) for cell in commas):
        raise InputError(
            f"{path}: is {commas[0]} a number with decimals or a thousand? say --decimal , or write numbers without commas"
        )
    return ","


def _sample(column: Any) -> list[str]:
    if column is None or (hasattr(column, "type") and "string" not in str(column.type)):
        return []
    cells = column[:SAMPLE].to_pylist() if hasattr(column, "to_pylist") else list(column[:SAMPLE])
    return [cell for cell in cells if isinstance(cell, str)]


def check_header(header: Sequence[str], name: str) -> None:
    """Checks that no two columns have one name.

    Raises:
        InputError: two have; columns without a name may be many.
    """
    twice = sorted({column for column in header if column.strip() and list(header).count(column) > 1})
    if twice:
        raise InputError(
            f"{name}: the column {twice[0]!r} is there twice; give each column a name of its own"
        )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
