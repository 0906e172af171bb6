"""Finds tables in a folder, CSV or Parquet, and checks that they have the columns that are needed."""

import csv
import io
import zlib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from liftstream.contracts.csv_form import form_of, not_text, open_csv, parquet_parts
from liftstream.contracts.errors import ExtraMissing, InputError

ENDINGS: Final = (".csv", ".csv.gz", ".parquet")
"""Of the tables that every training reads."""
NAMES_SHOWN: Final = 6
LETTERS_SHOWN: Final = 120


def find_table(folder: Path, name: str, endings: Sequence[str] = ENDINGS) -> Path | None:
    """The table `name` of a folder, by whichever ending it has; None if it is not there.

    Raises:
        InputError: it is there twice.
    """
    named = (folder / f"{name}{ending}" for ending in endings)
    found = [file for file in named if file.is_file() or (is_parquet(file) and file.is_dir())]
    if len(found) > 1:
        raise InputError(
            f"{folder}: which is meant, {' or '.join(file.name for file in found)}? Leave one of them"
        )
    return found[0] if found else None


def need_table(folder: Path, name: str, endings: Sequence[str] = ENDINGS) -> Path:
    """The table `name` of a folder.

    Raises:
        InputError: it is not there, or twice.
    """
    accepted = ", ".join(name + ending for ending in endings)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; it must hold one of {accepted}")
    found = find_table(folder, name, endings)
    if found is None:
        raise InputError(f"{folder}: holds no {name}; accepted is one of {accepted}")
    return found


def is_parquet(file: Path) -> bool:
    """Whether a table is read as Parquet: by its name, which may be that of a folder of its parts."""
    return file.suffix.lower() == ".parquet"


def read_header(file: Path, remedy: str = "--data names a folder with it") -> list[str]:
    """The names of a table's columns; of CSV those in the first line, without columns that have no name.

    Args:
        file: CSV, also compressed as .gz, or Parquet.
        remedy: what to do where there is no such file.

    Raises:
        InputError: the file cannot be read as a table.
        ExtraMissing: it is Parquet, and pyarrow is not installed.
    """
    return _parquet_header(file, remedy) if is_parquet(file) else _csv_header(file, remedy)


def one_line(error: Exception) -> str:
    """The first line of what an error says."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _parquet_header(file: Path, remedy: str) -> list[str]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise ExtraMissing("reading these tables", "training") from None
    try:
        names: list[str] = parquet.read_schema(parquet_parts(file)[0]).names
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or one_line(error)}; {remedy}") from None
    except ArrowException as error:
        raise InputError(f"{file}: cannot be read: {one_line(error)}") from None
    return names


def _csv_header(file: Path, remedy: str) -> list[str]:
    try:
        form = form_of(file)
        with io.TextIOWrapper(open_csv(file), encoding=form.encoding, newline="") as lines:
            rows = csv.reader(lines, delimiter=form.delimiter)
            for _ in range(form.lines_before):
                next(rows, None)
            return [name for name in next(rows, []) if name.strip()]
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}; {remedy}") from None
    except UnicodeDecodeError as error:
        raise not_text(file, error) from None
    except (EOFError, zlib.error) as error:
        raise InputError(f"{file}: cannot be unpacked: {error}") from None
    except csv.Error as error:
        raise InputError(f"{file}, header: not CSV: {error}") from None


def check_header(
    file: Path, header: Sequence[str], needed: Sequence[str], optional: Sequence[str] = ()
) -> list[str]:
    """The columns that are not needed.

    Args:
        file: for messages.
        header: the names of its columns.
        needed: names that must be there, once.
        optional: names that may be there, once.

    Raises:
        InputError: a needed column is missing or appears twice.
    """
    if not header:
        raise InputError(
            f"{file}: empty; the first line must name the columns, such as {' and '.join(needed[:2]) or 'id'}"
        )
    twice = [name for name in (*needed, *optional) if header.count(name) > 1]
    if twice:
        raise InputError(f"{file}, header: column {twice[0]!r} appears twice; once is enough")
    missing = [name for name in needed if name not in header]
    if missing:
        near = get_close_matches(missing[0], set(header) - set(needed), n=1)
        hint = f"; there is {near[0]!r}" if near else f"; the header has {_listed(header)}"
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"{file}, header: no column {missing[0]!r}{more}{hint}")
    return [name for name in header if name not in needed]


def _listed(header: Sequence[str]) -> str:
    names = ", ".join(header[:NAMES_SHOWN])
    more = f" and {len(header) - NAMES_SHOWN:,} more" if len(header) > NAMES_SHOWN else ""
    return f"{names if len(names) <= LETTERS_SHOWN else names[:LETTERS_SHOWN] + '…'}{more}"
