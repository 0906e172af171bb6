"""A half of a pair on its way through the worker: which side it is of, and the columns a fetch of them comes in.

Fetches travel as columns and a waiting half as a plain tuple: an object per record would cost as much as its join.
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeAlias

Half: TypeAlias = tuple[int, int, bytes, bytes | None, bytes | None]
"""Event time in ms, place in its side's ledger, packed features, key and value as read."""

STAMP: Final = 0
PLACE: Final = 1
ROW: Final = 2
KEY: Final = 3
VALUE: Final = 4


class Side(IntEnum):
    """The two topics of the join."""

    DEMOGRAPHIC = 0
    HISTORIC = 1

    @property
    def other(self) -> "Side":
        """The partner's side."""
        return Side(1 - self)


@dataclass(slots=True)
class Fetch:
    """Records of one partition in the order of their offsets, column by column."""

    offsets: Sequence[int]
    stamps: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]

    def __len__(self) -> int:
        return len(self.offsets)

    def since(self, offset: int) -> "Fetch":
        """The records from `offset` on."""
        first = bisect_left(self.offsets, offset)
        return Fetch(self.offsets[first:], self.stamps[first:], self.keys[first:], self.values[first:])

    def without(self, offsets: Collection[int]) -> "Fetch":
        """The records whose offsets are not among `offsets`."""
        kept = [index for index, at in enumerate(self.offsets) if at not in offsets]
        columns = (self.offsets, self.stamps, self.keys, self.values)
        return Fetch(*([column[index] for index in kept] for column in columns))  # type: ignore[arg-type]


@dataclass(slots=True)
class Decoded:
    """What a fetch says: uuids and packed features of the records at `indexes`, and what is wrong with the others."""

    uuids: list[int] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    indexes: Sequence[int] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    oddities: dict[str, int] = field(default_factory=dict)
