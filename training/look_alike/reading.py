"""Reads the shop's own users: one table, a row per user; every column but the id and the class is a feature."""

from pathlib import Path
from typing import Final

import numpy as np

from liftstream.contracts.errors import InputError
from training.header import check_header, is_parquet, need_table, read_header
from training.look_alike.users import Users
from training.tables import as_flags, as_numbers, as_text, read_parts, refuse_twice

ID: Final = "user"
LABEL: Final = "engaged"
LARGEST: Final = 1e15


def read_users(path: Path, label: str = LABEL) -> Users:
    """Reads a table of users, or `users` of a folder.

    Args:
        path: of the table or folder.
        label: the column of the class: 1 for those who stay, 0 for others.

    Raises:
        InputError: the table is missing or a cell cannot be used.
    """
    file = need_table(path, "users") if path.is_dir() and not is_parquet(path) else path
    header = read_header(file, "--data names a table of users, or a folder with it")
    check_header(file, header, (label,), (ID,))
    names = tuple(name for name in header if name not in (ID, label))
    if not names:
        raise InputError(f"{file}, header: has no feature: every column but {ID!r} and {label!r} is one")
    has_ids = ID in header
    parts = list(read_parts(file, (label, *names), (ID,)))
    if not parts:
        raise InputError(f"{file}: a header without rows; one row per user is needed")
    matrix = np.concatenate(
        [np.stack([as_numbers(part, name, -LARGEST, LARGEST) for name in names], axis=1) for part in parts]
    )
    engaged = np.concatenate([as_flags(part, label) for part in parts]).astype(np.uint8)
    ids = (
        np.concatenate([as_text(part, ID).to_numpy(zero_copy_only=False) for part in parts])
        if has_ids
        else np.array([str(row) for row in range(1, len(engaged) + 1)], dtype=object)
    )
    refuse_twice(file, ID, ids.tolist(), "a user")
    return Users(names, matrix, engaged, ids, f"the file {file.name}")
