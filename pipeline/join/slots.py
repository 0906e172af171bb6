"""Waiting halves in columns; each has a slot, which is reused after it."""

import numpy as np
from numpy.typing import NDArray

from pipeline.records.feature_rows import FeatureRows
from pipeline.records.halves import Halves, no_halves

SlotNumbers = NDArray[np.int64]
ROOM = 1024


class Slots:
    """The waiting halves of one side.

    Args:
        width: how many features each has.
        own_times: whether event times are fields of the records, not Kafka's.
    """

    def __init__(self, width: int, *, own_times: bool = False) -> None:
        self._width, self._own_times = width, own_times
        self._start()

    def _start(self) -> None:
        self._kept = no_halves(ROOM, self._width, own_times=self._own_times)
        self._free = np.arange(ROOM)[::-1].copy()
        self._unused = ROOM

    @property
    def stamps(self) -> NDArray[np.int64]:
        """Event times in ms, by slot."""
        return self._kept.stamps

    @property
    def rows(self) -> FeatureRows:
        """Features, by slot; of meaning where a half is."""
        return self._kept.rows

    @property
    def places(self) -> NDArray[np.int64]:
        """Places in the tracker, by slot."""
        return self._kept.places

    def in_use(self) -> SlotNumbers:
        """The slots that hold a half."""
        return np.setdiff1d(np.arange(len(self._free)), self._free[: self._unused])

    def put(self, halves: Halves) -> SlotNumbers:
        """Keeps halves; their slots."""
        while len(halves) > self._unused:
            self._grow()
        self._unused -= len(halves)
        slots = self._free[self._unused : self._unused + len(halves)].copy()
        self._write(slots, halves)
        return slots

    def take(self, slots: SlotNumbers) -> Halves:
        """Takes halves away; they come in the order of the slots."""
        taken = self._kept.at(slots)
        self._kept.keys[slots] = None
        self._kept.values[slots] = None
        if self._kept.rows.exact:
            self._kept.rows.forget(slots)
        self._free[self._unused : self._unused + len(slots)] = slots
        self._unused += len(slots)
        if self._unused == len(self._free) > ROOM:
            self._start()  # what a burst has needed is given back
        return taken

    def _write(self, slots: SlotNumbers, halves: Halves) -> None:
        kept = self._kept
        kept.stamps[slots], kept.places[slots] = halves.stamps, halves.places
        kept.keys[slots], kept.values[slots] = halves.keys, halves.values
        kept.rows.put(slots, halves.rows)
        if kept.written is not None:
            kept.written[slots] = halves.kafka_stamps

    def _grow(self) -> None:
        """Twice as many slots."""
        size, before = len(self._free), self._kept
        self._kept = no_halves(2 * size, self._width, own_times=self._own_times)
        self._write(np.arange(size), before)
        new = np.arange(size, 2 * size)
        self._free = np.concatenate([self._free[: self._unused], new, self._free[self._unused :]])
        self._unused += size
