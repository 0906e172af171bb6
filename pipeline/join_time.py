"""The join's time: in event time, as far as all partitions of a lane have been read.

It is the smallest of their newest timestamps: topics are read at different speeds, and time taken from the faster one
would give up halves whose partners only have not been read yet. A partition that is read to its end does not hold time
back: its own time goes on with the seconds that pass (`UNDERWAY_MS` later), and after `QUIET_MS` it is no longer asked. When
all are quiet, time goes on likewise, never by a jump to the wall clock's reading, so that a replay of last month behaves
as live traffic did.
"""

from collections.abc import Iterable, Mapping
from typing import Final

QUIET_MS: Final = 3000
"""How long a partition stays in the count after it was read to its end. Without it, a burst that reaches one topic some
milliseconds before the other would carry time past the other's records, where event time runs faster than the clock."""

UNDERWAY_MS: Final = 1000
"""How long a record may be on its way from its event to us. Time that goes on without the records of a
partition stays so far behind: otherwise a half that comes at the very end of its partner's window would find it gone."""


class JoinTime:
    """Event time of a lane in ms, `now`; None until every partition was read or found quiet. It never goes back.

    Args:
        sources: the partitions.
    """

    def __init__(self, sources: Iterable[int]) -> None:
        self.now: int | None = None
        self.newest: dict[int, int | None] = dict.fromkeys(sources)

    def read(self, source: int, newest_ms: int) -> None:
        """Notes the newest timestamp of a fetch; `advance` moves time afterwards."""
        known = self.newest[source]
        self.newest[source] = newest_ms if known is None else max(known, newest_ms)

    def advance(self, quiet_ms: Mapping[int, int]) -> None:
        """Moves time.

        Args:
            quiet_ms: for how long each partition that is read to its end has been so, in ms; the others are missing.
        """
        reached = self._reached(quiet_ms)
        if reached is not None and (self.now is None or reached > self.now):
            self.now = reached

    def _reached(self, quiet_ms: Mapping[int, int]) -> int | None:
        asked = [source for source in self.newest if quiet_ms.get(source, 0) < QUIET_MS]
        passed = {source: max(0, quiet_ms.get(source, 0) - UNDERWAY_MS) for source in self.newest}
        if asked:
            times = [(self.newest[source], passed[source]) for source in asked]
            bounds = [None if newest is None else newest + ms for newest, ms in times]
            if None in bounds:
                return None
            behind = UNDERWAY_MS if len(asked) < len(self.newest) else 0
            return min(bound for bound in bounds if bound is not None) - behind
        known = [newest for newest in self.newest.values() if newest is not None]
        return max(known) + min(passed.values()) if known else None
