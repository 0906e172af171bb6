"""Reads CSV files completely: errors name file, row (1 is the first below the header) and column."""

import re
import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.csv_form import form_of, not_text, with_points
from liftstream.contracts.errors import InputError
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from training.header import check_header, read_header

if TYPE_CHECKING:
    import pandas as pd

LONGEST_SHOWN = 40
UNNAMED = re.compile(r"\s*$|Unnamed: \d+$")
"""What pandas calls a column without a name."""


def parse(file: Path, *, as_text: bool = False, texts: Sequence[str] = ()) -> "pd.DataFrame":
    """The table; only empty cells are missing.

    Args:
        file: CSV.
        as_text: every cell stays the text that it is.
        texts: columns whose cells do, such as ids: 01 is not 1.

    Raises:
        InputError: not CSV, or without rows.
    """
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
    frame = _without_blank_end(named_columns(frame))
    if not len(frame):
        raise InputError(f"{file}: a header without rows; one row per client is needed")
    if as_text and form.decimal == ",":
        frame = frame.apply(lambda column: with_points(column.tolist()), result_type="broadcast")
    return frame


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
    return parse(file, as_text=as_text)[list(needed)]


def named_columns(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The table without columns that have no name in the file."""
    return frame.loc[:, [UNNAMED.match(str(name)) is None for name in frame.columns]]


def _without_blank_end(frame: "pd.DataFrame") -> "pd.DataFrame":
    rows = len(frame)
    while rows and frame.iloc[rows - 1].isna().all():
        rows -= 1
    return frame.iloc[:rows]


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
