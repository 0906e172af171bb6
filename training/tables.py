"""Tables of any size from CSV or Parquet, some rows at a time, every cell checked: errors name file, row and column.

Row 1 is the first below the header.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.csv_form import form_of, not_text, parquet_parts
from liftstream.contracts.errors import ExtraMissing, InputError
from training.header import check_header, is_parquet, one_line, read_header

BLOCK_BYTES: Final = 16 * 2**20
ROWS_AT_ONCE: Final = 500_000
NAME_ANOTHER: Final = "name a table, or the folder that holds it"
YEARS: Final = (1800, 2200)
"""Times and dates are from the first up to, but not in, the second."""
UTC_OFFSET: Final = re.compile(r"[T ].*[+-]\d\d:?(\d\d)?$")
SHOWN: Final = 40
"""Longest value that an error quotes, in letters."""


class TablePart(NamedTuple):
    """Some rows of a table: Arrow arrays by column, the number of the row before the first, and the decimal mark of its
    texts."""

    file: Path
    columns: dict[str, Any]
    before: int
    decimal: str = "."

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def read_parts(file: Path, needed: Sequence[str], optional: Sequence[str]) -> Iterator[TablePart]:
    """The parts of a table: the needed columns, and the optional ones that exist.

    Raises:
        InputError: the file cannot be read as a table, or lacks a column.
        ExtraMissing: pyarrow is not installed.
    """
    if not is_parquet(file):
        yield from _read_file(file, needed, optional)
        return
    for one in parquet_parts(file):
        for part in _read_file(one, needed, optional):
            needed, optional = tuple(part.columns), ()  # the same in all files
            yield part


def _read_file(file: Path, needed: Sequence[str], optional: Sequence[str]) -> Iterator[TablePart]:
    try:
        import pyarrow
    except ImportError:
        raise ExtraMissing("reading these tables", "training") from None
    before = 0
    try:
        names, batches = (_open_parquet if is_parquet(file) else _open_csv)(file, needed, optional)
        decimal = "." if is_parquet(file) else form_of(file).decimal
        for batch in batches if is_parquet(file) else _without_blank_end(batches):
            part = TablePart(file, {name: batch.column(name) for name in names}, before, decimal)
            before += batch.num_rows
            if batch.num_rows:
                yield part
    except UnicodeDecodeError as error:
        raise not_text(file, error) from None
    except (pyarrow.ArrowException, OSError) as error:
        lines = "; every line needs as many values as the header" if isinstance(error, ValueError) else ""
        raise InputError(f"{file}: cannot be read: {one_line(error)}{lines}") from None


def _open_csv(file: Path, needed: Sequence[str], optional: Sequence[str]) -> tuple[list[str], Iterator[Any]]:
    import pyarrow
    from pyarrow import csv

    names = _names(file, read_header(file, NAME_ANOTHER), needed, optional)
    form = form_of(file)
    reader = csv.open_csv(
        file,
        read_options=csv.ReadOptions(
            block_size=BLOCK_BYTES,
            encoding="utf8" if form.encoding == "utf-8-sig" else form.encoding,
            skip_rows=form.lines_before,
        ),
        parse_options=csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=names, column_types=dict.fromkeys(names, pyarrow.string())
        ),
    )
    return names, iter(reader)


def _without_blank_end(batches: Iterator[Any]) -> Iterator[Any]:
    """The batches without rows at the end of the table whose cells are all empty, as spreadsheets write them."""
    waiting = None
    for batch in batches:
        if batch.num_rows == 0:
            continue
        if waiting is not None:
            yield waiting
        waiting = batch
    if waiting is not None:
        yield waiting[: _rows_until_last_cell(waiting)]


def _rows_until_last_cell(batch: Any) -> int:
    from pyarrow import compute

    filled = [compute.not_equal(compute.fill_null(column, ""), "") for column in batch.columns]
    rows = np.flatnonzero(np.any([cells.to_numpy(zero_copy_only=False) for cells in filled], axis=0))
    return int(rows[-1]) + 1 if rows.size else 0


def _open_parquet(
    file: Path, needed: Sequence[str], optional: Sequence[str]
) -> tuple[list[str], Iterator[Any]]:
    from pyarrow import parquet

    table = parquet.ParquetFile(file)
    names = _names(file, table.schema_arrow.names, needed, optional)
    return names, table.iter_batches(ROWS_AT_ONCE, columns=names)


def _names(file: Path, header: list[str], needed: Sequence[str], optional: Sequence[str]) -> list[str]:
    """The columns that are read."""
    check_header(file, header, needed, optional)
    return [*needed, *(name for name in optional if name in header)]


def as_text(part: TablePart, column: str) -> Any:
    """A column as Arrow strings; a list of them is joined by `|`.

    Raises:
        InputError: a cell is empty.
    """
    import pyarrow
    from pyarrow import compute

    values = part.columns[column]
    if pyarrow.types.is_list(values.type) or pyarrow.types.is_large_list(values.type):
        values = compute.binary_join(values, "|")
    text = compute.cast(values, pyarrow.string())
    empty = compute.equal(compute.fill_null(text, ""), "").to_numpy(zero_copy_only=False)
    if empty.any():
        refuse(part, column, int(np.argmax(empty)), "a name")
    return text


def as_numbers(part: TablePart, column: str, low: float, high: float) -> NDArray[np.float64]:
    """A column as float64.

    Raises:
        InputError: a cell is not a number from `low` to `high`.
    """
    import pyarrow
    from pyarrow import compute

    what = f"a number from {low:,.15g} to {high:,.15g}"
    cells = part.columns[column]
    if part.decimal == "," and _is_text(cells):
        cells = compute.replace_substring(cells, ",", ".")
    numbers = _cast(part, column, decimals_as_text(cells), pyarrow.float64(), what)
    values = numbers.to_numpy(zero_copy_only=False)
    good = (values >= low) & (values <= high)
    if not good.all():
        refuse(part, column, int(np.argmin(good)), what)
    return np.asarray(values, dtype=np.float64)


def decimals_as_text(cells: Any) -> Any:
    """A column of Arrow whose decimals are texts: cast to float64 at once, 0.3 becomes 0.30000000000000004."""
    from pyarrow import compute, string, types

    return compute.cast(cells, string()) if types.is_decimal(cells.type) else cells


def as_flags(part: TablePart, column: str, *, empty: bool | None = None) -> NDArray[np.bool_]:
    """A column of 0 and 1 (or false and true); all 0 if the table has no such column.

    Args:
        part: of the table.
        column: its name.
        empty: what an empty cell means; None: it is refused.

    Raises:
        InputError: a cell is something else.
    """
    import pyarrow
    from pyarrow import compute

    if column not in part.columns:
        return np.zeros(len(part), dtype=np.bool_)
    text = compute.utf8_lower(compute.cast(part.columns[column], pyarrow.string()))
    yes = compute.is_in(text, pyarrow.array(["1", "true", "1.0"])).to_numpy(zero_copy_only=False)
    no = compute.is_in(text, pyarrow.array(["0", "false", "0.0"])).to_numpy(zero_copy_only=False)
    if empty is not None:
        nothing = compute.equal(compute.fill_null(text, ""), "").to_numpy(zero_copy_only=False)
        yes, no = yes | (nothing & empty), no | (nothing & (not empty))
    if not (yes | no).all():
        refuse(part, column, int(np.argmin(yes | no)), "0 or 1")
    return np.asarray(yes)


def as_times(part: TablePart, column: str) -> NDArray[np.datetime64]:
    """A column of times as datetime64[s], from ISO 8601 (in UTC where no offset says otherwise) or seconds since 1970; all NaT
    without the column.

    Raises:
        InputError: a cell is no time.
    """
    import pyarrow
    from pyarrow import compute

    if column not in part.columns:
        return np.full(len(part), np.datetime64("NaT", "s"))
    values, what = part.columns[column], "a time such as 2026-01-31T20:15:00, or seconds since 1970"
    if _is_text(values):
        first = values[0].as_py() or ""
        is_number, has_offset = re.fullmatch(r"-?\d+", first), UTC_OFFSET.search(first)
        values = values if is_number or has_offset else compute.utf8_rtrim(values, "Z")
        kind = pyarrow.int64() if is_number else pyarrow.timestamp("us", "UTC" if has_offset else None)
    else:
        kind = pyarrow.int64() if pyarrow.types.is_integer(values.type) else pyarrow.timestamp("us")
    found = _cast(part, column, values, kind, what).to_numpy(zero_copy_only=False)
    return _in_years(part, column, np.asarray(found).astype("datetime64[s]"), what)


def as_dates(part: TablePart, column: str) -> NDArray[np.datetime64]:
    """A column of days as datetime64[D].

    Raises:
        InputError: a cell is no date.
    """
    import pyarrow

    values, what = part.columns[column], "a date such as 2026-01-31"
    kind = (
        pyarrow.timestamp("s") if _is_text(values) else pyarrow.date32()
    )  # of a text its time of the day is cut off
    found = _cast(part, column, values, kind, what).to_numpy(zero_copy_only=False)
    return _in_years(part, column, np.asarray(found).astype("datetime64[D]"), what)


def _is_text(values: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(values.type) or types.is_large_string(values.type))


def _in_years(
    part: TablePart, column: str, times: NDArray[np.datetime64], what: str
) -> NDArray[np.datetime64]:
    """The times, if all are of years that people write: milliseconds read as seconds are not."""
    first, end = (np.datetime64(f"{year}-01-01", "D") for year in YEARS)
    good = (times >= first) & (times < end)
    if not good.all():
        refuse(part, column, int(np.argmin(good)), f"{what}, from {YEARS[0]} up to {YEARS[1]}")
    return times


def _cast(part: TablePart, column: str, values: Any, kind: Any, what: str) -> Any:
    """The column in another type; an empty or unreadable cell is refused."""
    import pyarrow
    from pyarrow import compute

    def readable(first: int) -> bool:
        try:
            return bool(compute.cast(values[:first], kind, safe=False).null_count == 0)
        except pyarrow.ArrowException:
            return False

    if not readable(len(values)):
        refuse(part, column, _first_bad(readable, len(values)), what)
    return compute.cast(values, kind, safe=False)


def _first_bad(readable: Callable[[int], bool], rows: int) -> int:
    """The first row that cannot be read, found by halving the column."""
    good, bad = 0, rows
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if readable(middle) else (good, middle)
    return good


def refuse(part: TablePart, column: str, row: int, what: str) -> None:
    """Raises the error of a cell.

    Raises:
        InputError: always.
    """
    value = part.columns[column][row].as_py()
    plain = isinstance(value, str | bytes | int | float)
    text = "an empty cell" if value is None or value == "" else repr(value) if plain else str(value)
    text = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    raise InputError(f"{part.file}, row {part.before + row + 1}, column {column}: {text} is not {what}")


def refuse_twice(file: Path, column: str, ids: Sequence[str], what: str) -> None:
    """Refuses a table in which an id appears twice; `what` has one row.

    Raises:
        InputError: it does; the message names both rows.
    """
    first_row: dict[str, int] = {}
    for row, name in enumerate(ids, start=1):
        first = first_row.setdefault(name, row)
        if first != row:
            raise InputError(
                f"{file}, row {row}, column {column}: {name!r} stands in row {first} already; {what} has one row"
            )
