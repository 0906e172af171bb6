"""`--money FILE`: what showing the category earns for each client, `idx,value` with value in $, negative if it
costs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from training.header import read_header
from training.whole_tables import as_numbers, parse, read_ids, refuse_twice, refuse_where

COLUMNS = ("idx", "value")


def read_money(file: Path, features_file: Path, idx: NDArray[Any]) -> NDArray[np.float64]:
    """The money of the clients `idx`, in their order.

    Args:
        file: a table with the columns idx and value, each client once; others than those in `idx` are ignored.
        features_file: the file that names the clients, for the message.
        idx: of the clients.

    Raises:
        InputError: the file cannot be read, or does not name a client.
    """
    header = read_header(file, "--money names a table with the columns idx and value")
    if not set(COLUMNS) <= set(header):
        raise InputError(f"{file}, header: the columns idx and value are needed")
    frame = parse(file, COLUMNS, texts=("idx",))
    client = read_ids(file, frame["idx"], like=idx)
    refuse_twice(file, "idx", client)
    value = as_numbers(frame["value"])
    refuse_where(file, frame["value"], ~np.isfinite(value), "is not a number of $; write 2.50")
    value_of = dict(zip(client.tolist(), value.tolist(), strict=True))
    missing = [one for one in idx.tolist() if one not in value_of]
    if missing:
        raise InputError(
            f"{file}: no value for idx {missing[0]} of {features_file} ({len(missing):,} such clients);"
            " every client needs one"
        )
    return np.array([value_of[one] for one in idx.tolist()])
