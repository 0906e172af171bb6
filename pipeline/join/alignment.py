"""Watermark alignment: which partitions are paused until the slower ones have caught up.

A fetch holds twenty times more demographic than historic records. Without a bound the faster topic of a backlog would
be read far ahead, and all of it would wait in memory. The partition that holds the watermark back is never held itself,
so there is always progress.
"""

from collections.abc import Collection, Mapping


class Alignment:
    """The decision for one partition group; it has a memory, so that partitions are not held and released at every fetch.

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


def _or_never(stamp: int | None) -> float:
    return float("-inf") if stamp is None else stamp
