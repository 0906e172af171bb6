"""Users with their features and the label that experts gave them, and the parts of a training."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from training.look_alike.selection import Floats, Integers

START, POOL, VALIDATION = 0.2, 0.5, 0.15
"""Shares of the users: the first training set, the pool of the loop, the validation part; the rest is the test part."""
FEWEST_USERS: Final = 500
FEWEST_OF_A_CLASS: Final = 50


@dataclass(frozen=True, eq=False)
class Users:
    """Row i of every array is user i.

    Attributes:
        names: of the features.
        matrix: float64, shape (users, features).
        engaged: uint8, 1 for those who stay.
        ids: the shop's own.
        source: where they come from, for cards and pictures.
    """

    names: tuple[str, ...]
    matrix: Floats
    engaged: NDArray[np.uint8]
    ids: Any
    source: str

    def __len__(self) -> int:
        return len(self.engaged)

    def columns(self, rows: Integers | slice) -> dict[str, Floats]:
        """float64 by feature name, for scorers."""
        return {name: self.matrix[rows, column] for column, name in enumerate(self.names)}


class Parts(NamedTuple):
    """Places of users, ascending, each class in the same share."""

    start: Integers
    pool: Integers
    validation: Integers
    test: Integers


def cut(users: Users, seed: int) -> Parts:
    """Cuts users at random into the four parts.

    Raises:
        InputError: there are too few, altogether or of a class.
    """
    count = len(users)
    rarer = int(min(users.engaged.sum(), count - int(users.engaged.sum())))
    if count < FEWEST_USERS or rarer < FEWEST_OF_A_CLASS:
        raise InputError(
            f"{users.source}: {count:,} users, {rarer:,} of the rarer class; training needs at least {FEWEST_USERS}"
            f" and {FEWEST_OF_A_CLASS}"
        )
    rng = np.random.default_rng(seed)
    parts: list[list[Integers]] = [[], [], [], []]
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(users.engaged == label))
        ends = np.round(np.cumsum([START, POOL, VALIDATION]) * len(rows)).astype(np.int64)
        for part, some in zip(parts, np.split(rows, ends), strict=True):
            part.append(some)
    return Parts(*(np.sort(np.concatenate(part)) for part in parts))
