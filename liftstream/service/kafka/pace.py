"""How long a fetch may wait for more records: not at all if they are rare, a few ms if polls follow each other quickly.

A poll of two records costs as much as one of fifty. While polls come fast the broker is asked to hold its answer for a
moment, so that each brings more; a backlog fills an answer at once and never waits. Knows no Kafka and no clock.
"""

from typing import Final, NamedTuple

FAST_S: Final = 0.02
"""Polls with records that follow each other as fast as this may grow."""
IDLE_S: Final = 0.1
"""After so long without records nothing is held back any more."""
SMOOTHING: Final = 0.2


class FetchWait(NamedTuple):
    """What a fetch asks of the broker: an answer as soon as there are so many bytes, at the latest after so long."""

    min_bytes: int
    max_wait_ms: int


AT_ONCE: Final = FetchWait(1, 50)
GROW: Final = FetchWait(256 * 1024, 8)
"""With 6 ms 500 pairs a second took up to 0.44 of a slow core; with 8 a fifth less, for 2 ms more until an answer."""


class Pace:
    """Follows the polls.

    Attributes:
        wait: what the next fetch asks for.
    """

    def __init__(self) -> None:
        self.wait = AT_ONCE
        self._last_s = float("-inf")
        self._apart_s = float("inf")

    def polled(self, now_s: float) -> FetchWait:
        """A poll has brought records."""
        apart_s = min(now_s - self._last_s, IDLE_S)
        self._apart_s = (
            apart_s if self._apart_s > IDLE_S else self._apart_s + SMOOTHING * (apart_s - self._apart_s)
        )
        self._last_s = now_s
        self.wait = GROW if self._apart_s < FAST_S else AT_ONCE
        return self.wait

    def look(self, now_s: float) -> FetchWait:
        """To be asked a few times a second, also while nothing comes."""
        if now_s - self._last_s > IDLE_S:
            self.wait, self._apart_s = AT_ONCE, float("inf")
        return self.wait
