"""Reads the first line of a CSV file, and checks that it names the columns that are needed."""

import csv
import io
import zlib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from liftstream.contracts.csv_form import form_of, not_text, open_csv
from liftstream.contracts.errors import InputError

NAMES_SHOWN: Final = 6
LETTERS_SHOWN: Final = 120


def read_header(file: Path, remedy: str = "--data names a folder with it") -> list[str]:
    """The names in the first line; columns without a name are left out.

    Args:
        file: CSV, also compressed as .gz.
        remedy: what to do where there is no such file.

    Raises:
        InputError: the file cannot be read as text.
    """
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
