"""The ledger of one side of a lane: which records are resolved, and so how far each partition may be committed.

A record is entered when it is read. It is WAITING while it is in the windowed table, UNDERWAY while its prediction is
not acknowledged or its line not on disk, and RESOLVED after that. Columns, not objects: everything asked of it (what is
older than a time, where to cut) is one numpy pass over the records since the last cut.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RESOLVED, WAITING, UNDERWAY = range(3)

Places = NDArray[np.int64]
COLUMNS: Final[dict[str, Any]] = {
    "source": np.int16,
    "offset": np.int64,
    "stamp": np.int64,
    "uuid": np.int64,
    "state": np.uint8,
}
ROOM: Final = 1024


class Ledger:
    """Every record of one side since the last cut, at places that are numbered from 0 and never used twice.

    Sources are partitions, by number of the caller's choosing; a keyed topic has one a lane.
    """

    def __init__(self) -> None:
        self._base = 0  # place of the first row
        self._used = 0  # rows in use
        self._rows = {name: np.empty(ROOM, kind) for name, kind in COLUMNS.items()}
        self.next: dict[int, int] = {}

    def enter(self, source: int, offsets: Places, stamps: Places) -> int:
        """Enters records of one partition, all UNDERWAY, in the order of their offsets; the first one's place.

        Args:
            source: the partition.
            offsets: of the records.
            stamps: their event times in ms; those from the future as of now, so that they do not hold a cut back.
        """
        count = len(offsets)
        self._make_room(count)
        rows = slice(self._used, self._used + count)
        for name, values in (("source", source), ("offset", offsets), ("stamp", stamps), ("state", UNDERWAY)):
            self._rows[name][rows] = values
        self._used += count
        self.next[source] = int(offsets[-1]) + 1
        return self._base + rows.start

    def wait(self, places: Places, uuids: Places) -> None:
        """Marks records as WAITING in the table, under their uuids."""
        rows = places - self._base
        self._rows["uuid"][rows] = uuids
        self._rows["state"][rows] = WAITING

    def leave(self, places: Places) -> None:
        """Marks records as UNDERWAY: out of the table, not resolved yet."""
        self._rows["state"][places - self._base] = UNDERWAY

    def resolve(self, places: Places) -> None:
        """Marks records as RESOLVED: answered or put aside, for good."""
        self._rows["state"][places - self._base] = RESOLVED

    def locate(self, place: int) -> tuple[int, int]:
        """Source and offset of a record that is not resolved."""
        row = place - self._base
        return int(self._rows["source"][row]), int(self._rows["offset"][row])

    def waiting_before(self, stamp: int) -> tuple[list[int], list[int]]:
        """uuids and places of the WAITING records from before a time, oldest entry first."""
        live = slice(0, self._used)
        old = (self._rows["state"][live] == WAITING) & (self._rows["stamp"][live] < stamp)
        return self._named(np.flatnonzero(old))

    def oldest_waiting(self, count: int) -> tuple[Places, list[int], list[int]]:
        """Times, uuids and places of the WAITING records that are oldest in event time, at most `count`, oldest first."""
        rows = np.flatnonzero(self._rows["state"][: self._used] == WAITING)
        stamps = self._rows["stamp"][rows]
        first = np.argsort(stamps, kind="stable")[:count]
        return stamps[first], *self._named(rows[first])

    def oldest_unresolved(self) -> int | None:
        """The earliest event time of a record that is not resolved; None where all are."""
        live = slice(0, self._used)
        stamps = self._rows["stamp"][live][self._rows["state"][live] != RESOLVED]
        return int(stamps.min()) if len(stamps) else None

    def cut(self, before: int | None) -> dict[int, int]:
        """The next offset of every source if all is committed that is resolved and from before a time.

        Args:
            before: event time in ms; None: no matter how new.
        """
        blocked = np.flatnonzero(self._blocked(before))
        sources, first = np.unique(self._rows["source"][blocked], return_index=True)
        offsets = self._rows["offset"][blocked[first]]
        return self.next | dict(zip(sources.tolist(), offsets.tolist(), strict=True))

    def resolved_from(self, source: int, offset: int) -> NDArray[np.int64]:
        """Offsets of a source from `offset` on that are resolved."""
        live = slice(0, self._used)
        offsets: NDArray[np.int64] = self._rows["offset"][live]
        done = (self._rows["state"][live] == RESOLVED) & (self._rows["source"][live] == source)
        found: NDArray[np.int64] = offsets[done & (offsets >= offset)]
        return found

    def forget_before(self, cut: dict[int, int]) -> None:
        """Drops the rows that a cut has passed, as far as they stand at the beginning."""
        live = slice(0, self._used)
        kept = np.ones(self._used, bool)
        for source, at in cut.items():
            kept &= (self._rows["source"][live] != source) | (self._rows["offset"][live] >= at)
        first = int(kept.argmax()) if kept.any() else self._used
        if first:
            self._used -= first
            self._base += first
            for column in self._rows.values():
                column[: self._used] = column[first : first + self._used].copy()

    def _named(self, rows: Places) -> tuple[list[int], list[int]]:
        return self._rows["uuid"][rows].tolist(), (rows + self._base).tolist()

    def _blocked(self, before: int | None) -> NDArray[np.bool_]:
        live = slice(0, self._used)
        blocked: NDArray[np.bool_] = self._rows["state"][live] != RESOLVED
        if before is not None:
            blocked |= self._rows["stamp"][live] >= before
        return blocked

    def _make_room(self, count: int) -> None:
        size = len(self._rows["offset"])
        if self._used + count <= size:
            return
        size = max(2 * size, self._used + count)
        for name, column in self._rows.items():
            larger = np.empty(size, column.dtype)
            larger[: self._used] = column[: self._used]
            self._rows[name] = larger
