"""The offset tracker of one side: which records are resolved, and so how far each partition may be committed.

A record is entered when it is read. It is WAITING while it is in the windowed table, UNDERWAY while its prediction is
not acknowledged or its line not on disk, and RESOLVED after that. Columns, not objects: everything asked of it (what is
older than a time, how far to commit) is one numpy pass over the records since the last commit, of all partitions
together.
"""

from collections.abc import Iterator, Mapping
from mmap import ACCESS_COPY, mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.streams.ids import Id
from pipeline.join.runs import NO_RUNS, Runs, SourceRuns, all_runs, join_runs
from pipeline.records.id_columns import Ids

RESOLVED, WAITING, UNDERWAY = range(3)

Places = NDArray[np.int64]
NEVER: Final = np.iinfo(np.int64).max
"""Later than any record."""
COLUMNS: Final[dict[str, Any]] = {
    "source": np.int16,
    "offset": np.int64,
    "stamp": np.int64,
    "uuid": np.int64,
    "state": np.uint8,
}
PLACE: Final = "place"
"""A column that is there only while rows are missing between the first and the last: else places follow from the first."""
ROOM: Final = 1024
ROWS_AT_ONCE: Final = 65_536
"""So many are looked at together: what is worked out of them stays in the processor's cache."""
MAPPED_FROM: Final = 65_536
"""Rows."""


class OffsetTracker:
    """Every record of one side since the last commit, at places that are numbered from 0 and never used twice.

    Args:
        sources: how many partitions there are; they have numbers.
        id_column: what numpy keeps ids in.

    Attributes:
        waiting: how many records of each partition are WAITING.
    """

    def __init__(self, sources: int, id_column: type = np.int64) -> None:
        self._sources = sources
        self.waiting = np.zeros(sources, np.int64)
        self._next_place, self._used = 0, 0
        self._rows = {name: np.empty(ROOM, kind) for name, kind in (COLUMNS | {"uuid": id_column}).items()}
        self._none_waits_before: int = NEVER

    def __len__(self) -> int:
        return self._used

    def enter(self, sources: NDArray[np.int16], offsets: Places, stamps: Places) -> int:
        """Enters records, all UNDERWAY, those of a partition in the order of their offsets; the first one's place.

        Args:
            sources: the partition of each.
            offsets: of the records.
            stamps: their event times in ms; those from the future as of now, so that they do not hold the commit back.
        """
        count, first = len(offsets), self._next_place
        self._make_room(count)
        rows = slice(self._used, self._used + count)
        for name, values in (
            ("source", sources),
            ("offset", offsets),
            ("stamp", stamps),
            ("state", UNDERWAY),
        ):
            self._rows[name][rows] = values
        if PLACE in self._rows:
            self._rows[PLACE][rows] = np.arange(first, first + count)
        self._used += count
        self._next_place += count
        return first

    def wait(self, places: Places, uuids: Ids) -> None:
        """Marks records as WAITING in the table, under their ids."""
        if not len(places):
            return
        rows = self._rows_at(places)
        self._rows["uuid"][rows] = uuids
        self._rows["state"][rows] = WAITING
        self.waiting += self._counted(rows)
        self._none_waits_before = min(self._none_waits_before, int(self._rows["stamp"][rows].min()))

    def leave(self, places: Places) -> None:
        """Marks WAITING records as UNDERWAY: out of the table, not resolved yet."""
        rows = self._rows_at(places)
        self._rows["state"][rows] = UNDERWAY
        self.waiting -= self._counted(rows)

    def resolve(self, places: Places) -> None:
        """Marks records as RESOLVED: answered or put aside, for good."""
        self._rows["state"][self._rows_at(places)] = RESOLVED

    def located(self, places: Places) -> tuple[NDArray[np.int16], Places]:
        """Partitions and offsets of records that are not resolved."""
        rows = self._rows_at(places)
        return self._rows["source"][rows], self._rows["offset"][rows]

    def ids_at(self, places: Places) -> Ids:
        """The ids of records that wait or have waited."""
        return self._rows["uuid"][self._rows_at(places)]

    def are_waiting(self, places: Places) -> NDArray[np.bool_]:
        """Whether each of some records is WAITING."""
        return np.asarray(self._rows["state"][self._rows_at(places)] == WAITING)

    def waiting_before(self, stamps: Places) -> tuple[list[Id], list[int]]:
        """uuids and places of the WAITING records from before a time of their partition, oldest entry first.

        Args:
            stamps: event times in ms, by partition.
        """
        if self._none_waits_before >= stamps.max(initial=0):
            return [], []
        waiting = np.flatnonzero(self._live("state") == WAITING)
        times = self._rows["stamp"][waiting]
        old = times < stamps[self._rows["source"][waiting]]
        if not old.any():
            self._none_waits_before = int(times.min(initial=NEVER))
        return self._named(waiting[old])

    def oldest_waiting(self, count: int) -> tuple[list[int], list[Id], list[int]]:
        """Times, uuids and places of the WAITING records that are oldest in event time, at most `count`, oldest first."""
        rows = np.flatnonzero(self._live("state") == WAITING)
        stamps = self._rows["stamp"][rows]
        first = np.argsort(stamps, kind="stable")[:count]
        return stamps[first].tolist(), *self._named(rows[first])

    def oldest_unresolved(self) -> Places:
        """The earliest event time of a record that is not resolved, by partition; `NEVER` where all are."""
        rows = np.flatnonzero(self._live("state") != RESOLVED)
        oldest = np.full(self._sources, NEVER)
        np.minimum.at(oldest, self._rows["source"][rows], self._rows["stamp"][rows])
        return oldest

    def blocked(self, before: Places) -> dict[int, int]:
        """The first offset of a partition that must not be committed, where there is one.

        Args:
            before: event times in ms by partition: what is resolved and from before them may be committed.
        """
        found: dict[int, int] = {}
        for part in self._parts():
            sources, stamps = self._rows["source"][part], self._rows["stamp"][part]
            rows = np.flatnonzero((self._rows["state"][part] != RESOLVED) | (stamps >= before[sources]))
            first = np.full(self._sources, -1)
            first[sources[rows[::-1]]] = rows[::-1]  # of equal indexes the last one stays
            at = np.flatnonzero(first >= 0)
            offsets = self._rows["offset"][part][first[at]]
            found = dict(zip(at.tolist(), offsets.tolist(), strict=True)) | found
        return found

    def resolved_from(self, commit: Mapping[int, int]) -> dict[int, Runs]:
        """The runs of offsets of each partition that are resolved, from its offset in `commit` on."""
        begins = np.full(self._sources, NEVER)
        begins[list(commit)] = list(commit.values())
        parts = [NO_RUNS]
        for part in self._parts():
            resolved = (self._rows["state"][part] == RESOLVED) & self._stay(part, begins)
            sources, offsets = self._rows["source"][part][resolved], self._rows["offset"][part][resolved]
            parts.append(join_runs(SourceRuns(sources, offsets, offsets)))
        return all_runs(parts).by_source(commit)

    def forget_before(self, commit: Mapping[int, int]) -> None:
        """Drops the rows that a commit has passed: those at the beginning, or all where they are the most."""
        begins = np.zeros(self._sources, np.int64)
        begins[list(commit)] = list(commit.values())
        kept, first = 0, self._used
        for part in self._parts():
            stay = self._stay(part, begins)
            if not kept and stay.any():
                first = part.start + int(stay.argmax())
            kept += int(np.count_nonzero(stay))
        if 2 * kept < self._used - first:  # a partition that stands still must not keep the others' rows
            self._rows.setdefault(PLACE, self._places())
            parts = [part.start + np.flatnonzero(self._stay(part, begins)) for part in self._parts()]
            self._keep(np.concatenate(parts))
        elif first:
            self._keep(slice(first, self._used))

    def _parts(self) -> Iterator[slice]:
        """All rows, `ROWS_AT_ONCE` at a time."""
        for first in range(0, self._used, ROWS_AT_ONCE):
            yield slice(first, min(first + ROWS_AT_ONCE, self._used))

    def _stay(self, part: slice, begins: Places) -> NDArray[np.bool_]:
        """Which rows are at or behind the offset of their partition."""
        return np.asarray(self._rows["offset"][part] >= begins[self._rows["source"][part]])

    def _live(self, name: str) -> NDArray[Any]:
        return self._rows[name][: self._used]

    def _rows_at(self, places: Places) -> Places:
        if PLACE in self._rows:
            return np.searchsorted(self._live(PLACE), places)
        return places - (self._next_place - self._used)

    def _places(self) -> Places:
        """The place of every row, where none is missing."""
        places = np.empty(len(self._rows["offset"]), np.int64)
        places[: self._used] = np.arange(self._next_place - self._used, self._next_place)
        return places

    def _keep(self, rows: Places | slice) -> None:
        for column in self._rows.values():
            kept = column[rows].copy()
            column[: len(kept)] = kept
        self._used = len(kept)
        if PLACE in self._rows and (not self._used or self._rows[PLACE][0] == self._next_place - self._used):
            del self._rows[PLACE]

    def _counted(self, rows: Places) -> NDArray[np.int64]:
        return np.bincount(self._rows["source"][rows], minlength=self._sources)

    def _named(self, rows: Places) -> tuple[list[Id], list[int]]:
        first = self._next_place - self._used
        places = self._rows[PLACE][rows] if PLACE in self._rows else rows + first
        return self._rows["uuid"][rows].tolist(), places.tolist()

    def _make_room(self, count: int) -> None:
        size = len(self._rows["offset"])
        if self._used + count <= size:
            return
        size = max(2 * size, self._used + count)
        for name, column in self._rows.items():
            larger = _room(size, column.dtype)
            larger[: self._used] = column[: self._used]
            self._rows[name] = larger


def _room(size: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """An empty column; a large one of numbers lies outside of the heap: there it takes no more memory than was written, and
    leaves no hole when a larger one takes its place."""
    if kind.hasobject or size < MAPPED_FROM:
        return np.empty(size, kind)
    return np.frombuffer(mmap(-1, size * kind.itemsize, access=ACCESS_COPY), kind)
