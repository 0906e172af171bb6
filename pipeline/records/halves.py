"""Halves of pairs on their way through the worker: which side they are of, and the columns they travel in.

An object a record would cost as much as its join, so a fetch is columns from the beginning to the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.records.feature_rows import WIDTHS, FeatureRows, all_rows


class Side(IntEnum):
    """The two topics of the join."""

    DEMOGRAPHIC = 0
    HISTORIC = 1

    @property
    def other(self) -> "Side":
        """The partner's side."""
        return Side(1 - self)

    @property
    def width(self) -> int:
        """How many features a half of this side has."""
        return WIDTHS[self]


@dataclass(slots=True)
class Halves:
    """Halves of one side: event times in ms, places in the side's tracker, features, keys and values as read."""

    stamps: NDArray[np.int64]
    places: NDArray[np.int64]
    rows: FeatureRows
    keys: NDArray[np.object_]
    values: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.stamps)

    def at(self, indexes: NDArray[Any] | slice) -> "Halves":
        """Some of them, by anything that numpy takes as an index."""
        return Halves(
            self.stamps[indexes],
            self.places[indexes],
            self.rows.at(indexes),
            self.keys[indexes],
            self.values[indexes],
        )

    def where(self, mask: NDArray[np.bool_]) -> "Halves":
        """Those at which `mask` is true; nothing is copied where it is true everywhere."""
        return self if mask.all() else self.at(mask)


def all_halves(parts: Sequence[Halves]) -> Halves:
    """Several one after another."""
    return Halves(
        np.concatenate([one.stamps for one in parts]),
        np.concatenate([one.places for one in parts]),
        all_rows([one.rows for one in parts]),
        np.concatenate([one.keys for one in parts]),
        np.concatenate([one.values for one in parts]),
    )


def no_halves(count: int, side: Side) -> Halves:
    """Room for as many."""
    return Halves(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        FeatureRows(np.zeros((count, side.width), np.uint8)),
        np.empty(count, object),
        np.empty(count, object),
    )


@dataclass(slots=True)
class Decoded:
    """What a fetch says: uuids and features of the records at `indexes`, and what is wrong with the others."""

    uuids: list[int]
    rows: FeatureRows
    indexes: Sequence[int]
    faults: list[tuple[int, str]] = field(default_factory=list)
    oddities: dict[str, int] = field(default_factory=dict)

    def fill(self, indexes: Sequence[int] | NDArray[np.int64], uuids: list[int], rows: FeatureRows) -> None:
        """Sets what records say; indexes ascend."""
        if len(indexes) == len(self.uuids):
            self.uuids, self.rows = uuids, rows
            return
        for index, uuid in zip(indexes, uuids, strict=True):
            self.uuids[index] = uuid
        self.rows.put(indexes, rows)

    def without_faults(self) -> "Decoded":
        """Only the records that say something."""
        invalid = {index for index, _ in self.faults}
        kept = [index for index in self.indexes if index not in invalid]
        uuids = [self.uuids[index] for index in kept]
        return Decoded(uuids, self.rows.at(np.array(kept, np.intp)), kept, self.faults, self.oddities)
