"""A partition group: partitions that are joined with each other, with the watermark they share.

Co-partitioned topics have one group for each partition number (as Kafka Streams and Flink do); otherwise all partitions
share one.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import numpy as np

from liftstream.contracts.fetch import Partition
from liftstream.contracts.side_output import Reason, alone_detail
from pipeline.join.watermark import Watermark

NO_TIME: Final = np.iinfo(np.int64).min
"""Earlier than any record."""
DOUBT_WINDOWS: Final = 2
"""For how many windows after a restart a lone half may be one whose partner was answered before."""
ALIGN_ABOVE: Final = 6_000
"""Halves of two partitions, one of each topic, that may wait before the one ahead is held: with 12,000 what waits
falls out of the processor's cache, with 3,000 topics are held and released too often."""


class Restart(NamedTuple):
    """What is known of a group when it begins: offsets resolved beyond the commit, or doubt."""

    done: Mapping[Partition, frozenset[int]] = {}
    doubtful: bool = False


class Alignment:
    """Watermark alignment: which partitions are paused until the slower ones have caught up.

    A fetch holds twenty times more demographic than historic records. Without a bound the faster topic of a backlog would
    be read far ahead, and all of it would wait in memory. The partition that holds the watermark back is never held
    itself, so there is always progress. It has a memory, so that partitions are not held and released at every fetch.

    Args:
        limit: waiting halves from which on partitions are held; released at half of it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._holding = False

    def decide(
        self, waiting: int, newest: Mapping[int, int | None], at_end: Collection[int]
    ) -> frozenset[int]:
        """The partitions to hold.

        Args:
            waiting: halves of the group in its table.
            newest: how far each partition was read, in event time; None: nothing yet.
            at_end: the partitions that are read to their end; nobody waits for those.
        """
        self._holding = waiting > (self.limit // 2 if self._holding else self.limit)
        behind = [source for source in newest if source not in at_end] if self._holding else []
        if not behind:
            return frozenset()
        reached = {source: _or_never(newest[source]) for source in newest}
        slowest = min(reached[source] for source in behind)
        return frozenset(source for source in newest if reached[source] > slowest)


class PartitionGroup:
    """The watermark of some partitions, and which of them are held back.

    Args:
        sources: the partitions, by number.
        window_ms: of the join.
        may_wait: halves of this group that may wait in all.
        lateness_ms: how far behind the watermark a half may come and still be joined.
        doubtful: halves may have been answered before the first position, and there is no exact record of it.

    Attributes:
        rows: the partitions in arrays that are by number.
    """

    def __init__(
        self, sources: range, window_ms: int, may_wait: int, *, lateness_ms: int, doubtful: bool
    ) -> None:
        self.rows = slice(sources.start, sources.stop)
        self._window_ms, self._lateness_ms, self._doubtful = window_ms, lateness_ms, doubtful
        self._watermark = Watermark(sources)
        self._alignment = Alignment(max(1, min(ALIGN_ABOVE * len(sources) // 2, may_wait // 2)))
        self._first_ms: dict[int, int] = {}

    @property
    def late_before_ms(self) -> int:
        """A half that comes from before it and finds no partner is late; `NO_TIME` while there is no watermark yet."""
        return self._before(self._watermark.read_ms)

    @property
    def over_before_ms(self) -> int:
        """A half that waits from before it has waited long enough; `NO_TIME` while there is no watermark yet."""
        return self._before(self._watermark.now_ms)

    def _before(self, watermark: int | None) -> int:
        return NO_TIME if watermark is None else watermark - self._window_ms - self._lateness_ms

    @property
    def newest(self) -> Mapping[int, int | None]:
        """The newest event time that was read of each partition."""
        return self._watermark.newest

    def read(self, source: int, first_ms: int, newest_ms: int) -> None:
        """Notes the event times of a fetch: its first and its newest."""
        self._first_ms.setdefault(source, first_ms)
        self._watermark.read(source, first_ms, newest_ms)

    def advance(self, idle_ms: Mapping[int, int]) -> bool:
        """Moves the watermark (see `Watermark.advance`); whether it moved."""
        before = self._watermark.now_ms, self._watermark.read_ms
        self._watermark.advance(idle_ms)
        return (self._watermark.now_ms, self._watermark.read_ms) != before

    def held(self, waiting: int, at_end: Collection[int]) -> frozenset[int]:
        """The partitions that must not be read on for now; see `Alignment`."""
        return self._alignment.decide(waiting, self._watermark.newest, at_end)

    def why_alone(self, stamp: int) -> tuple[Reason, str]:
        """Reason and detail for a half that the watermark has passed."""
        if self._doubtful and stamp <= min(self._first_ms.values()) + DOUBT_WINDOWS * self._window_ms:
            return "ambiguous", "read again after a restart; its partner may have been answered before"
        return "timeout", alone_detail("timeout", self._window_ms)


def _or_never(stamp: int | None) -> float:
    return float("-inf") if stamp is None else stamp
