"""Reads the first line of a CSV file, and checks that it names the columns that are needed."""

import csv
import gzip
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from liftstream.contracts.errors import InputError


def read_header(file: Path, remedy: str = "--data names a folder with it") -> list[str]:
    """The names in the first line.

    Args:
        file: CSV, also compressed as .gz.
        remedy: what to do where there is no such file.

    Raises:
        InputError: the file cannot be read as text.
    """
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
            return next(csv.reader(lines), [])
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}; {remedy}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8: {error.reason} at byte {error.start:,}") from None
    except csv.Error as error:
        raise InputError(f"{file}, header: not CSV: {error}") from None


def check_header(file: Path, header: Sequence[str], needed: Sequence[str]) -> list[str]:
    """The columns that are not needed.

    Raises:
        InputError: a needed column is missing or appears twice.
    """
    if not header:
        raise InputError(
            f"{file}: empty; the first line must name the columns, {needed[0]} and {needed[1]}..."
        )
    twice = [name for name in needed if header.count(name) > 1]
    if twice:
        raise InputError(f"{file}, header: column {twice[0]!r} appears twice; once is enough")
    missing = [name for name in needed if name not in header]
    if missing:
        near = get_close_matches(missing[0], set(header) - set(needed), n=1)
        hint = (
            f"; there is {near[0]!r}"
            if near
            else f"; the header has {len(header)} columns separated by commas"
        )
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"{file}, header: no column {missing[0]!r}{more}{hint}")
    return [name for name in header if name not in needed]
