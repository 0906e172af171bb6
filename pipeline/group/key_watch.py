"""When to check again whether the topics are co-partitioned; has no Kafka and no clock."""

from typing import Final

from pipeline.group.co_partitioning import CHANGED, CoPartitioning

AGAIN_S: Final = 1.0
AGAIN_AT_MOST_S: Final = 30.0
SETTLE_S: Final = 330.0
"""How long to wait after the number of partitions changed: Kafka's clients notice it within five minutes, each at
another time, and until all have, the halves of a client may be in partitions of different numbers."""
SUSPICIOUS: Final = 20
"""Timeouts since the last judgement that make it doubtful."""


class KeyWatch:
    """Decides at each look; to be asked about once a second."""

    def __init__(self) -> None:
        self._next_s, self._wait_s = float("-inf"), AGAIN_S
        self._timeouts = 0
        self._settling: int | None = None

    def is_due(self, now_s: float, known: CoPartitioning, timeouts: int) -> bool:
        """Whether to judge the newest records now.

        Args:
            now_s: of a clock that never goes back.
            known: what the group goes by.
            timeouts: halves that were timed out so far.
        """
        if known.holds is False:
            return False
        if known.holds:
            return self._is_doubtful(now_s, timeouts)
        settling = known.partitions if known.why == CHANGED else None
        if settling != self._settling:
            self._settling = settling
            self._next_s, self._wait_s = now_s + (0 if settling is None else SETTLE_S), AGAIN_S
        if now_s < self._next_s:
            return False
        self._wait_s = min(2 * self._wait_s, AGAIN_AT_MOST_S)
        self._next_s = now_s + self._wait_s
        return True

    def _is_doubtful(self, now_s: float, timeouts: int) -> bool:
        """Whether there were so many timeouts that one topic's keys may be elsewhere now."""
        self._settling, self._wait_s = None, AGAIN_S
        if timeouts - self._timeouts < SUSPICIOUS or now_s < self._next_s:
            return False
        self._timeouts, self._next_s = timeouts, now_s + AGAIN_AT_MOST_S
        return True
