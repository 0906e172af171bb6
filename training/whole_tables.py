"""Reads tables completely, CSV or Parquet: errors name file, row (1 is the first below the header) and column."""

import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.csv_form import form_of, not_text, read_parquet, with_points
from liftstream.contracts.errors import InputError
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from training.header import check_header, is_parquet, one_line, read_header
from training.tables import decimals_as_text

if TYPE_CHECKING:
    import pandas as pd

LONGEST_SHOWN = 40


def parse(
    file: Path, columns: Sequence[str], *, as_text: bool = False, texts: Sequence[str] = ()
) -> "pd.DataFrame":
    """Some columns of a table; only empty cells are missing. Truths of Parquet are 1 and 0, its times ISO 8601.

    Args:
        file: CSV or Parquet.
        columns: names of its header.
        as_text: every cell is a text, of CSV the one that it is.
        texts: columns whose cells are, such as ids: 01 is not 1.

    Raises:
        InputError: it cannot be read as such, or has no rows.
    """
    read = _parse_parquet if is_parquet(file) else _parse_csv
    frame = read(file, columns, as_text, texts)
    if not len(frame):
        raise InputError(f"{file}: a header without rows; at least one row is needed")
    return frame


def _parse_csv(file: Path, columns: Sequence[str], as_text: bool, texts: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    form = form_of(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(
                file,
                index_col=False,
                skip_blank_lines=False,
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                encoding=form.encoding,
                sep=form.delimiter,
                decimal=form.decimal,
                skiprows=form.lines_before,
                dtype=str if as_text else dict.fromkeys(texts, str),
            )
    except UnicodeDecodeError as error:
        raise not_text(file, error) from None
    except (EOFError, zlib.error) as error:
        raise InputError(f"{file}: cannot be unpacked: {error}") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, OSError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise InputError(f"{file}: {reason}; every line needs as many values as the header") from None
    frame = _without_blank_end(frame)[list(columns)]
    if as_text and form.decimal == ",":
        frame = frame.apply(lambda column: with_points(column.tolist()), result_type="broadcast")
    return frame


def _without_blank_end(frame: "pd.DataFrame") -> "pd.DataFrame":
    rows = len(frame)
    while rows and frame.iloc[rows - 1].isna().all():
        rows -= 1
    return frame.iloc[:rows]


def _parse_parquet(file: Path, columns: Sequence[str], as_text: bool, texts: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd
    from pyarrow import ArrowException

    try:
        table = read_parquet(file, columns)
        cells = {name: _cells(file, name, table[name], as_text or name in texts) for name in columns}
        return pd.DataFrame(cells)
    except (ArrowException, OSError) as error:
        raise InputError(f"{file}: cannot be read: {one_line(error)}") from None


def _cells(file: Path, name: str, column: Any, is_text: bool) -> "pd.Series[Any]":
    """A column of Arrow as that of a CSV file would be."""
    from pyarrow import compute, string, types, uint8

    if types.is_nested(column.type):
        raise InputError(
            f"{file}, column {name}: cells of type {column.type} cannot be used; accepted are numbers, truths, texts and"
            " times: leave the column out, or make columns of its parts"
        )
    if types.is_boolean(column.type):
        column = compute.cast(column, uint8())
    if types.is_decimal(column.type):
        column = compute.cast(decimals_as_text(column), "float64")
    if not is_text and (types.is_integer(column.type) or types.is_floating(column.type)):
        return column.to_pandas()
    texts = compute.cast(column, string())
    if types.is_timestamp(column.type):
        texts = compute.replace_substring_regex(texts, r"^(\S+) ([\d:]+)(?:\.0+)?", r"\1T\2")
    return texts.to_pandas().astype(object)


def read_columns(
    file: Path, needed: Sequence[str], say: Callable[[str], None], *, as_text: bool = False
) -> "pd.DataFrame":
    """The needed columns of a file; `say` is told which others are ignored.

    Raises:
        InputError: the file cannot be read, or a column is missing.
    """
    ignored = check_header(file, read_header(file), needed)
    if ignored:
        say(f"{file}: ignored: {', '.join(map(repr, ignored))}")
    return parse(file, needed, as_text=as_text)


def as_numbers(column: "pd.Series[Any]") -> NDArray[np.float64]:
    """float64; NaN for what is missing or not a number."""
    import pandas as pd

    values: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    return values


def whole_numbers(file: Path, column: "pd.Series[Any]", low: int, high: int) -> NDArray[np.int64]:
    """A column of whole numbers, exact up to 64 bits.

    Raises:
        InputError: a cell is not a whole number from `low` to `high`.
    """
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").to_numpy()
    good = (values >= low) & (values <= high) & (np.floor(values) == values) & (values.dtype.kind != "b")
    refuse_where(file, column, ~good, f"is not a whole number from {low} to {high}")
    whole: NDArray[np.int64] = values.astype(np.int64)
    return whole


def read_ids(file: Path, column: "pd.Series[Any]", like: NDArray[Any] | None = None) -> NDArray[Any]:
    """Ids of rows: int64 where every cell is a number, else texts, compared byte by byte.

    Args:
        file: where the column is.
        column: of text.
        like: ids of another file; these must be of the same kind.

    Raises:
        InputError: a cell is empty, or a number that is not whole.
    """
    refuse_where(file, column, column.isna().to_numpy(), "is no id")
    if like.dtype == np.int64 if like is not None else not np.isnan(as_numbers(column)).any():
        return whole_numbers(file, column, UUID_MIN, UUID_MAX)
    texts: NDArray[Any] = column.to_numpy(dtype=object)
    return texts


def refuse_where(file: Path, column: "pd.Series[Any]", bad: NDArray[np.bool_], what: str) -> None:
    """Refuses a file by the first row in which `bad` is true; `what` says what the value should be."""
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{file}, row {row + 1}, column {column.name}: {shown(column.iloc[row])} {what}")


def shown(value: object) -> str:
    """A value as messages show it."""
    if value is None or value != value:
        return "an empty cell"
    text = str(value)
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def refuse_twice(file: Path, column: str, idx: NDArray[Any]) -> None:
    """Refuses a file in which a client has a second row."""
    import pandas as pd

    (again,) = np.nonzero(pd.Series(idx).duplicated().to_numpy())
    if len(again):
        second = int(again[0])
        first = int(np.nonzero(idx == idx[second])[0][0])
        raise InputError(
            f"{file}, row {second + 1}, column {column}: {idx[second]} stands in row {first + 1} already;"
            " a client has one row"
        )
