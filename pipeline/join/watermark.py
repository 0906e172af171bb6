"""The watermark: how far, in event time, all partitions of a group have been read.

It is the smallest of their newest timestamps. The topics are read at different speeds, and a watermark taken from the
faster one would time out halves whose partners only have not been read yet. An idle partition (read to its end) does
not hold the watermark back: its own time advances with the clock, `UNDERWAY_MS` later. If others are nevertheless ahead
of it, as in a replay, it is ignored after `IDLE_AFTER_MS`. If records come from before the time that it reached by the clock, its time goes back to
theirs. When all are idle, the watermark advances in the same way.
It never jumps to the wall clock, so a replay of last month gives the answers of live traffic.
"""

from collections.abc import Iterable, Mapping
from typing import Final

IDLE_AFTER_MS: Final = 3000
"""How long a partition stays in the count that is read to its end while others lead it. Without it, a burst that
reaches one topic some milliseconds before the other would carry the watermark past the other's records, however long
both were idle before."""

UNDERWAY_MS: Final = 1000
"""How long a record may be on its way from its event to us. Time that goes on without the records of a partition stays
so far behind: otherwise a half that comes at the very end of its partner's window would find it gone."""


class Watermark:
    """Event time of a group in ms; None until every partition was read or found idle.

    Args:
        sources: the partitions.

    Attributes:
        read_ms: as far as records show it. It never goes back, and judges who comes late.
        now_ms: with the seconds that passed without records; judges who has waited long enough. It goes back, at most
            to `read_ms`, where records come that were on their way longer than was thought.
    """

    def __init__(self, sources: Iterable[int]) -> None:
        self.now_ms: int | None = None
        self.read_ms: int | None = None
        self.newest: dict[int, int | None] = dict.fromkeys(sources)
        self._led_from: dict[int, int] = {}
        self._passed_ms: dict[int, int] = {}
        self._set_back: dict[int, int] = {}

    def read(self, source: int, first_ms: int, newest_ms: int) -> None:
        """Notes the first and the newest timestamp of a fetch; `advance` moves the watermark afterwards."""
        known = self.newest[source]
        self.newest[source] = newest_ms if known is None else max(known, newest_ms)
        if self.now_ms is not None and first_ms < self.now_ms - UNDERWAY_MS:
            for other in self.newest:
                self._passed_ms[other] = min(first_ms, self._passed_ms.get(other, first_ms))
        for noted in (self._set_back, self._passed_ms):
            noted.pop(source, None)

    def advance(self, idle_ms: Mapping[int, int]) -> None:
        """Moves the watermark; to be called a few times a second.

        Args:
            idle_ms: for how long each partition that is read to its end has been so, in ms; the others are missing.
        """
        known = [newest for newest in self.newest.values() if newest is not None]
        if not known:
            return
        self._set_clocks_back(idle_ms)
        own = {source: self._own(source, idle_ms) for source in self.newest}
        self._note_led(own, max(known), idle_ms)
        asked = [source for source in self.newest if not self._let_go(source, idle_ms)]
        behind = UNDERWAY_MS if len(asked) < len(self.newest) else 0
        read, now = (
            _least({source: times[source] for source in asked}, behind, idle_ms)
            for times in (self.newest, own)
        )
        if read is None or now is None:
            return
        self.read_ms = read if self.read_ms is None else max(read, self.read_ms)
        self.now_ms = max(now, self.read_ms)

    def _own(self, source: int, idle_ms: Mapping[int, int]) -> int | None:
        """The time of a partition by itself."""
        newest, seconds = self.newest[source], idle_ms.get(source, 0) - UNDERWAY_MS
        return None if newest is None else newest + max(0, seconds - self._set_back.get(source, 0))

    def _set_clocks_back(self, idle_ms: Mapping[int, int]) -> None:
        """Records came from before the time that idle partitions had reached by the clock: those of the others may still be
        under way, so the others' time goes back to these and on from there."""
        for source in idle_ms.keys() & self._passed_ms.keys():
            own, newest, passed = self._own(source, idle_ms), self.newest[source], self._passed_ms.pop(source)
            if own is not None and newest is not None and own > max(newest, passed):
                self._set_back[source] = self._set_back.get(source, 0) + own - max(newest, passed)

    def _note_led(self, own: Mapping[int, int | None], newest_ms: int, idle_ms: Mapping[int, int]) -> None:
        """Notes how long partitions had been at their end when others came to lead them."""
        for source, time in own.items():
            idle = idle_ms.get(source)
            if idle is None or (time is not None and time >= newest_ms - UNDERWAY_MS):
                self._led_from.pop(source, None)
            else:
                self._led_from[source] = min(idle, self._led_from.get(source, idle))

    def _let_go(self, source: int, idle_ms: Mapping[int, int]) -> bool:
        return source in self._led_from and idle_ms[source] - self._led_from[source] >= IDLE_AFTER_MS


def _least(times: Mapping[int, int | None], behind: int, idle_ms: Mapping[int, int]) -> int | None:
    """The earliest time; None where one is not known yet, or there is none."""
    known = [
        time - (0 if source in idle_ms else behind) for source, time in times.items() if time is not None
    ]
    return min(known) if known and len(known) == len(times) else None
