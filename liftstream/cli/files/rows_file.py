"""Rows to score, a chunk at a time: CSV from a file or standard input, or Parquet; and the results written
beside them."""

import csv
import io
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from liftstream.cli.files.client_file import (
    PARQUET,
    STDIN,
    check_header,
    is_parquet,
    require_parquet,
    standard_input,
)
from liftstream.cli.files.number_rows import NumberRows, WatchedLines
from liftstream.contracts.csv_form import (
    CsvForm,
    check_part,
    form_of,
    form_of_head,
    not_text,
    open_csv,
    parquet_parts,
    unpacked,
)
from liftstream.contracts.errors import InputError
from liftstream.contracts.whole_file import open_whole

ROWS_AT_ONCE: Final = 10_000
CELLS_AT_ONCE: Final = 2_000_000
"""Limits the rows of a chunk, so that a wide file takes no more than a few hundred MB."""

Columns = Mapping[str, NDArray[Any]]


class Chunk(NamedTuple):
    """Some rows: columns by name, how many rows, and what share of the file is read (None where nobody knows)."""

    columns: dict[str, Any]
    rows: int
    done: float | None


def read_chunks(
    path: str, wanted: Sequence[str] | None, missing: set[str], numeric: frozenset[str] = frozenset()
) -> Iterator[Chunk]:
    """The rows of a file, `wanted` columns only; cells that are empty or in `missing` are None.

    Columns named in `numeric` come as numbers (NaN where missing) where all their cells are, as text otherwise.

    Raises:
        InputError: the file cannot be read as a table; the message names file and row.
        ExtraMissing: Parquet without pyarrow.
    """
    if path != STDIN and is_parquet(Path(path)):
        yield from _read_parquet(path, wanted, missing)
        return
    name = "standard input" if path == STDIN else path
    try:
        if path != STDIN and Path(path).is_file():
            form, content, size = form_of(Path(path)), open_csv(Path(path)), Path(path).stat().st_size
        else:  # the beginning of a pipe cannot be read twice
            content = unpacked(standard_input() if path == STDIN else Path(path).open("rb"))  # noqa: SIM115
            form, size = form_of_head(name, content.peek(2)), None
        with io.TextIOWrapper(content, encoding=form.encoding, newline="") as file:
            yield from _read_csv(file, name, size, wanted, missing, numeric, form)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: cannot be read: {reason}; give a CSV or Parquet file") from error


def _read_csv(
    file: TextIO,
    name: str,
    size: int | None,
    wanted: Sequence[str] | None,
    missing: set[str],
    numeric: frozenset[str],
    form: CsvForm,
) -> Iterator[Chunk]:
    try:
        for _ in range(form.lines_before):
            file.readline()
        first = file.readline()
        if not first.strip():
            raise InputError(f"{name}: is empty; the first line must name the columns")
        with_commas = numeric if form.decimal == "," else frozenset[str]()
        reader = csv.reader(chain([first], iter(file.readline, "")), delimiter=form.delimiter, strict=True)
        header = next(reader)  # several lines, if a name is
        check_header(header, name)
        lines, numbers = WatchedLines(file), NumberRows(header, numeric, missing)
        reader = csv.reader(lines, delimiter=form.delimiter, strict=True)
        number, read = 1, len(first)
        while rows := _read_rows(reader, numbers, _rows_at_once(len(header))):
            _check_widths(rows, len(header), name, number + 1)
            number += len(rows)
            rows = [row for row in rows if row]
            matrix, lines.odd = None if lines.odd else numbers.matrix(), False
            columns = _columns(rows, header, wanted, missing, matrix, numbers.places, with_commas)
            read += sum(map(len, rows[0])) * len(rows) + len(header) * len(rows) if rows else 0
            yield Chunk(columns, len(rows), None if size is None else min(read / max(size, 1), 1.0))
        if number == 1:
            yield Chunk({column: [] for column in header}, 0, 1.0)
    except csv.Error as error:
        raise InputError(f"{name}: line {reader.line_num + 1}: not CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise not_text(name, error) from error


def _read_rows(reader: Iterator[list[str]], numbers: NumberRows, count: int) -> list[list[str]]:
    """The next rows, of which `numbers` takes what are numbers."""
    rows = []
    numbers.begin()
    for row in islice(reader, count):
        rows.append(row)
        numbers.add(row)
    return rows


def _rows_at_once(columns: int) -> int:
    return min(ROWS_AT_ONCE, max(1, CELLS_AT_ONCE // max(columns, 1)))


def _check_widths(rows: list[list[str]], width: int, name: str, first: int) -> None:
    for number, row in enumerate(rows, first):
        if row and len(row) != width:
            raise InputError(f"{name}: row {number}: has {len(row)} cells, the header names {width} columns")


def _columns(
    rows: list[list[str]],
    header: Sequence[str],
    wanted: Sequence[str] | None,
    missing: set[str],
    matrix: NDArray[np.float64] | None,
    numeric: Sequence[int],
    with_commas: frozenset[str],
) -> dict[str, Any]:
    asked = set(filter(str.strip, header)) if wanted is None else set(wanted)
    names = [column for column in header if column in asked]
    place_of = {column: place for place, column in enumerate(header)}
    known = {} if matrix is None else {header[place]: matrix[:, at] for at, place in enumerate(numeric)}
    cells = {column: [row[place_of[column]] for row in rows] for column in names if column not in known}
    for column in with_commas & cells.keys():
        cells[column] = [cell.replace(",", ".") for cell in cells[column]]
    return {column: known[column] if column in known else _cells(cells[column], missing) for column in names}


def _cells(cells: Sequence[str], missing: set[str]) -> NDArray[np.object_]:
    values = np.empty(len(cells), dtype=object)
    values[:] = (
        cells if not missing and all(cells) else [c if c and c not in missing else None for c in cells]
    )
    return values


def _read_parquet(path: str, wanted: Sequence[str] | None, missing: set[str]) -> Iterator[Chunk]:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    files, done = parquet_parts(Path(path)), 0
    try:
        names = parquet.read_schema(files[0]).names
        some = set(names if wanted is None else wanted)
        asked = [name for name in names if name in some]
        total = sum(parquet.read_metadata(file).num_rows for file in files)
        for part in chain.from_iterable(_parquet_batches(file, asked) for file in files):
            done += part.num_rows
            columns = {name: _arrow_values(part.column(name), missing) for name in asked}
            yield Chunk(columns, part.num_rows, done / max(total, 1))
        if not total:
            yield Chunk({name: [] for name in asked}, 0, 1.0)
    except (pyarrow.ArrowException, OSError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path}: not a Parquet file that can be read: {first}") from error


def _parquet_batches(path: Path, asked: Sequence[str]) -> Iterator[Any]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        check_part(file.schema_arrow.names, asked, path)
        yield from file.iter_batches(batch_size=_rows_at_once(len(asked)), columns=list(asked))


def _arrow_values(column: Any, missing: set[str]) -> Any:
    import pyarrow

    kind = column.type
    if pyarrow.types.is_floating(kind) or (pyarrow.types.is_integer(kind) and not column.null_count):
        return column.to_numpy(zero_copy_only=False)
    values = np.empty(len(column), dtype=object)
    values[:] = [_plain(value, missing) for value in column.to_pylist()]
    return values


def _plain(value: Any, missing: set[str]) -> Any:
    """A cell as CSV would have it: bytes in hexadecimal, lists and records as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict):
        return str(value)
    return None if isinstance(value, str) and value in missing else value


def write_rows(columns: Columns, path: Path | None) -> None:
    """Result columns as CSV, or Parquet by the name's ending; to standard output where there is no path.

    Raises:
        InputError: the place cannot be written.
        ExtraMissing: Parquet without pyarrow.
    """
    if path is None:
        _write_csv(columns, sys.stdout)
        return
    if path.suffix.lower() in PARQUET:
        _write_parquet(columns, path)
        return
    with open_whole(path) as file, _as_text(file) as text:
        _write_csv(columns, text)


@contextmanager
def _as_text(file: IO[bytes]) -> Iterator[TextIO]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    yield text
    text.flush()
    text.detach()


def _write_csv(columns: Columns, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(map(_cell, values.tolist()) for values in columns.values()), strict=True))
    file.flush()


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _write_parquet(columns: Columns, path: Path) -> None:
    require_parquet()
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table(
        {name: pyarrow.array(values.tolist(), from_pandas=True) for name, values in columns.items()}
    )
    with open_whole(path) as file:
        parquet.write_table(table, file)
