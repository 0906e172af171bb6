"""Halves on their way through the worker: their side, and their columns.

One object per record would cost as much as its join, so a fetch is columns throughout.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.records.feature_rows import FeatureRows, all_rows, no_rows
from pipeline.records.id_columns import Ids


@dataclass(slots=True)
class Halves:
    """Halves of one side: event times in ms, places in the side's tracker, features, keys and values as read.

    `written` are Kafka's timestamps where the event times are fields of the records; None: they are the event times.
    """

    stamps: NDArray[np.int64]
    places: NDArray[np.int64]
    rows: FeatureRows
    keys: NDArray[np.object_]
    values: NDArray[np.object_]
    written: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def kafka_stamps(self) -> NDArray[np.int64]:
        """Kafka's timestamps."""
        return self.stamps if self.written is None else self.written

    def at(self, indexes: NDArray[Any] | slice) -> "Halves":
        """Some halves, by anything that numpy takes as an index."""
        return Halves(
            self.stamps[indexes],
            self.places[indexes],
            self.rows.at(indexes),
            self.keys[indexes],
            self.values[indexes],
            None if self.written is None else self.written[indexes],
        )

    def where(self, mask: NDArray[np.bool_]) -> "Halves":
        """The halves at which `mask` is true; without a copy if it is true everywhere."""
        return self if mask.all() else self.at(mask)


def all_halves(parts: Sequence[Halves]) -> Halves:
    """Several batches of halves as one."""
    return Halves(
        np.concatenate([one.stamps for one in parts]),
        np.concatenate([one.places for one in parts]),
        all_rows([one.rows for one in parts]),
        np.concatenate([one.keys for one in parts]),
        np.concatenate([one.values for one in parts]),
        None if parts[0].written is None else np.concatenate([one.kafka_stamps for one in parts]),
    )


def no_halves(count: int, width: int, *, own_times: bool) -> Halves:
    """Room for `count` halves of `width` features; `own_times` if their event times are not Kafka's."""
    return Halves(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        no_rows(count, width),
        np.empty(count, object),
        np.empty(count, object),
        np.zeros(count, np.int64) if own_times else None,
    )


@dataclass(slots=True)
class Decoded:
    """The content of a fetch: ids and features of the records at `indexes`, and the faults of the others.

    `stamps` are their event times in ms where those are fields of the records; None: they are Kafka's timestamps.
    """

    uuids: Ids
    rows: FeatureRows
    indexes: Sequence[int]
    faults: list[tuple[int, str]] = field(default_factory=list)
    oddities: dict[str, int] = field(default_factory=dict)
    stamps: NDArray[np.int64] | None = None

    def without_faults(self) -> "Decoded":
        """Without the records that have faults."""
        invalid = {index for index, _ in self.faults}
        kept = [index for index in self.indexes if index not in invalid]
        rows = np.array(kept, np.intp)
        stamps = None if self.stamps is None else self.stamps[rows]
        return Decoded(self.uuids[rows], self.rows.at(rows), kept, self.faults, self.oddities, stamps)


def all_decoded(parts: Sequence[Decoded], counts: Sequence[int]) -> Decoded:
    """Several fetches of one side as one.

    Args:
        parts: what each says.
        counts: how many records each has.
    """
    firsts = np.cumsum([0, *counts])[:-1].tolist()
    oddities: Counter[str] = Counter()
    for one in parts:
        oddities.update(one.oddities)
    stamps = [one.stamps for one in parts if one.stamps is not None]
    return Decoded(
        np.concatenate([one.uuids for one in parts]),
        all_rows([one.rows for one in parts]),
        [first + index for first, one in zip(firsts, parts, strict=True) for index in one.indexes],
        [(first + index, why) for first, one in zip(firsts, parts, strict=True) for index, why in one.faults],
        oddities,
        np.concatenate(stamps) if stamps else None,
    )
