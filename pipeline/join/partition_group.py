"""A lane: partitions that are joined with each other, with the time they share.

Keyed topics of equal partition counts have a lane a partition number; otherwise all partitions share one.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import numpy as np

from liftstream.contracts.fetch import Partition
from liftstream.contracts.side_output import Reason
from pipeline.join.alignment import HoldBack
from pipeline.join.watermark import JoinTime

NO_TIME: Final = np.iinfo(np.int64).min
"""Earlier than any record."""
DOUBT_WINDOWS: Final = 2
"""For how many windows after a restart a lone half may be one whose partner was answered before."""
HOLD_ABOVE: Final = 12_000
"""Halves of two partitions, one of each topic, that may wait before the one ahead is held (measured: docs/pipeline.md)."""


class Restart(NamedTuple):
    """What is known of a lane when it begins: offsets resolved beyond the commit, or doubt."""

    done: Mapping[Partition, frozenset[int]] = {}
    doubtful: bool = False


class Lane:
    """Time of some partitions, and which of them are held back.

    Args:
        sources: the partitions, by number.
        window_ms: of the join.
        may_wait: halves of this lane that may wait in all.
        doubtful: halves may have been answered before the first position, and there is no exact record of it.

    Attributes:
        rows: the partitions in arrays that are by number.
    """

    def __init__(self, sources: range, window_ms: int, may_wait: int, *, doubtful: bool) -> None:
        self.rows = slice(sources.start, sources.stop)
        self._window_ms, self._doubtful = window_ms, doubtful
        self._time = JoinTime(sources)
        self._hold = HoldBack(max(1, min(HOLD_ABOVE * len(sources) // 2, may_wait // 2)))
        self._first_ms: dict[int, int] = {}

    @property
    def door_ms(self) -> int:
        """A half from before it that finds no partner is late; `NO_TIME` while there is no time yet."""
        return NO_TIME if self._time.now is None else self._time.now - self._window_ms

    def read(self, source: int, first_ms: int, newest_ms: int) -> None:
        """Notes the event times of a fetch: its first and its newest."""
        self._first_ms.setdefault(source, first_ms)
        self._time.read(source, newest_ms)

    def advance(self, quiet_ms: Mapping[int, int]) -> bool:
        """Moves time (see `JoinTime.advance`); whether it moved."""
        before = self._time.now
        self._time.advance(quiet_ms)
        return self._time.now != before

    def held(self, waiting: int, at_end: Collection[int]) -> frozenset[int]:
        """The partitions that must not be read on for now; see `HoldBack`."""
        return self._hold.decide(waiting, self._time.newest, at_end)

    def why_alone(self, stamp: int) -> tuple[Reason, str]:
        """Reason and detail for a half that time has passed by."""
        if self._doubtful and stamp <= min(self._first_ms.values()) + DOUBT_WINDOWS * self._window_ms:
            return "ambiguous", "read again after a restart; its partner may have been answered before"
        return "timeout", f"no partner within {self._window_ms / 1000:g} s"
