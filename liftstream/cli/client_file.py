"""Reads the columns that are asked for from a CSV or Parquet file, or CSV from standard input."""

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from liftstream.contracts.errors import ExtraMissing, InputError

STDIN = "-"


def read_columns(path: str) -> Mapping[str, Any]:
    """Columns by name; empty cells are None.

    Raises:
        InputError: not readable as a table.
        ExtraMissing: Parquet without pyarrow.
    """
    if path == STDIN:
        return _plain(io.StringIO(sys.stdin.read()), "standard input")
    if Path(path).suffix.lower() in {".parquet", ".pq"}:
        return _parquet(path)
    try:
        return _arrow_csv(path)
    except ImportError:
        return _open_plain(path)


def _parquet(path: str) -> Mapping[str, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("Parquet", "parquet") from None
    try:
        return _columns(parquet.read_table(path), path)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a Parquet file: {_line(error)}") from None


def _arrow_csv(path: str) -> Mapping[str, Any]:
    """Ten times as fast as the standard library; a file that it does not understand is read the slow way."""
    import pyarrow
    from pyarrow import csv as arrow_csv

    try:
        return _columns(arrow_csv.read_csv(path), path)
    except (pyarrow.ArrowException, UnicodeDecodeError):
        return _open_plain(path)


def _columns(table: Any, path: str) -> dict[str, Any]:
    import pyarrow

    columns: dict[str, Any] = {}
    _check_header(table.column_names, path)
    for name in table.column_names:
        column = table[name]
        number = pyarrow.types.is_floating(column.type) or pyarrow.types.is_integer(column.type)
        columns[name] = column.to_numpy() if number else column.to_pylist()
    return columns


def _open_plain(path: str) -> Mapping[str, Any]:
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return _plain(file, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not text in UTF-8; save it as a CSV file in UTF-8") from None


def _plain(file: TextIO, name: str) -> Mapping[str, Any]:
    rows = csv.reader(file)
    try:
        header = next(rows, None)
        if not header:
            raise InputError(f"{name}: empty; a CSV file begins with the names of its columns")
        _check_header(header, name)
        cells: list[list[Any]] = [[] for _ in header]
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise InputError(
                    f"{name}, line {rows.line_num}: {len(row)} cells, but the header names {len(header)} columns"
                )
            for column, cell in zip(cells, row, strict=True):
                column.append(cell if cell != "" else None)
    except csv.Error as error:
        raise InputError(f"{name}, line {rows.line_num}: not CSV: {error}") from None
    return dict(zip(header, cells, strict=True))


def _check_header(header: Sequence[str], name: str) -> None:
    twice = sorted({column for column in header if list(header).count(column) > 1})
    if twice:
        raise InputError(
            f"{name}: the column {twice[0]!r} is there twice; give each column a name of its own"
        )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
