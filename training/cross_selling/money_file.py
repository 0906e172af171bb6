"""`--money FILE`: what showing the category earns for each client, `idx,value` with value in $, negative if it
costs."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError

COLUMNS = ("idx", "value")


def read_money(file: Path, features_file: Path, idx: NDArray[np.int64]) -> NDArray[np.float64]:
    """The money of the clients `idx`, in their order.

    Args:
        file: CSV with the columns idx and value, each client once; others than those in `idx` are ignored.
        features_file: which names the clients, for the message.
        idx: of the clients.

    Raises:
        InputError: the file cannot be read, or does not name a client.
    """
    value_of = dict(_read(file))
    missing = [one for one in idx.tolist() if one not in value_of]
    if missing:
        raise InputError(
            f"{file}: no value for idx {missing[0]} of {features_file} ({len(missing):,} such clients); every client needs one"
        )
    return np.array([value_of[one] for one in idx.tolist()])


def _read(file: Path) -> Iterator[tuple[int, float]]:
    seen: set[int] = set()
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise InputError(f"{file}, header: the columns idx and value are needed")
            for number, row in enumerate(reader, start=1):
                client, value = _cells(file, number, row)
                if client in seen:
                    raise InputError(
                        f"{file}, row {number}, column idx: {client} appears twice; a client has one row"
                    )
                seen.add(client)
                yield client, value
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{file}: cannot be read: {error}; --money names a CSV with the columns idx and value"
        ) from None


def _cells(file: Path, number: int, row: dict[str, Any]) -> tuple[int, float]:
    try:
        client = int(row["idx"] or "")
    except ValueError:
        raise InputError(f"{file}, row {number}, column idx: {row['idx']!r} is not a whole number") from None
    try:
        value = float(row["value"] or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{file}, row {number}, column value: {row['value']!r} is not a number of $; write 2.50"
        )
    return client, value
