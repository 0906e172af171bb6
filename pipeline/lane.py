"""A lane: the partitions that are joined with each other, with their table, ledgers and time.

Keyed topics of equal partition counts have a lane a partition number; otherwise all partitions share one. A fetch goes
in, pairs and halves to put aside come out; later the caller says what was acknowledged, and asks how far to commit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.side_output import Reason
from pipeline.decoding import Decoder
from pipeline.halves import KEY, PLACE, ROW, STAMP, VALUE, Fetch, Half, Side
from pipeline.join_time import JoinTime
from pipeline.ledger import Ledger, Places
from pipeline.packing import matrix
from pipeline.windowed_table import Matched, WindowedTable, places_of, stamps_of

Cut = dict[int, int]
"""The next offset to read of every source."""

DOUBT_WINDOWS = 2
"""For how many windows after a restart a lone half may be one whose partner was answered before."""


@dataclass(slots=True)
class Pairs:
    """Pairs of a fetch, column by column.

    `places` are those of their halves, by side; `ready_ms` is the later half's event time, from which latency counts.
    """

    uuids: Sequence[int]
    places: tuple[Places, Places]
    ready_ms: Places
    halves: tuple[Sequence[Half], Sequence[Half]]

    def __len__(self) -> int:
        return len(self.uuids)

    def where(self, mask: NDArray[np.bool_]) -> "Pairs":
        """The pairs at which `mask` is true."""
        rows = np.flatnonzero(mask)
        chosen = rows.tolist()
        uuids = [self.uuids[row] for row in chosen]
        halves = [self.halves[0][row] for row in chosen], [self.halves[1][row] for row in chosen]
        places = self.places[0][rows], self.places[1][rows]
        return Pairs(uuids, places, self.ready_ms[rows], halves)

    def features(self, first: int, after: int) -> NDArray[np.float64]:
        """Some pairs as the matrix that models see."""
        return matrix(*([half[ROW] for half in one[first:after]] for one in self.halves))

    def let_go(self) -> None:
        """Forgets what is not needed any more once the predictions are on their way: nearly all of the memory."""
        self.halves = [], []

    def refused(self, detail: str) -> list["Aside"]:
        """Both halves of every pair, as `invalid`."""
        return [_aside("invalid", detail, side, half) for side in Side for half in self.halves[side]]


@dataclass(slots=True)
class Aside:
    """A record on its way to the side output."""

    reason: Reason
    detail: str
    side: Side
    place: int
    stamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Taken:
    """What became of a fetch."""

    read: int = 0
    pairs: Pairs | None = None
    aside: list[Aside] = field(default_factory=list)
    oddities: Mapping[str, int] = field(default_factory=dict)


def _aside(reason: Reason, detail: str, side: Side, half: Half) -> Aside:
    return Aside(reason, detail, side, half[PLACE], half[STAMP], half[KEY], half[VALUE])


class Lane:
    """One windowed table with the partitions that feed it.

    Args:
        sources: the side of every partition, by its number.
        positions: where reading begins in each.
        window_ms: of the join.
        done: offsets that were resolved before a restart, by source; they are passed over.
        doubtful: halves may have been answered before the first position, and there is no exact record of it.
    """

    def __init__(
        self,
        sources: Mapping[int, Side],
        positions: Mapping[int, int],
        window_ms: int,
        *,
        done: Mapping[int, frozenset[int]] | None = None,
        doubtful: bool = False,
    ) -> None:
        self.sources = dict(sources)
        self.window_ms = window_ms
        self.table = WindowedTable(window_ms)
        self.time = JoinTime(sources)
        self._decoders = Decoder(Side.DEMOGRAPHIC), Decoder(Side.HISTORIC)
        self.ledgers = (Ledger(), Ledger())
        for source, at in positions.items():
            self.ledgers[sources[source]].next[source] = at
        self._done = dict(done or {})
        self._doubtful = doubtful
        self._first_ms: dict[int, int] = {}

    def take(self, source: int, fetch: Fetch, now_ms: int) -> Taken:
        """Takes in a fetch of one partition, judged by the time before it.

        Args:
            source: the partition.
            fetch: its records, not empty, none of them taken before.
            now_ms: the wall clock. A record from the future counts as of now in everything but matching, and moves time
                only where it comes alone: a single one would otherwise make all others late, those of a backlog too.
        """
        side = self.sources[source]
        ledger = self.ledgers[side]
        stamps = np.fromiter(fetch.stamps, np.int64, len(fetch))
        counted = np.minimum(stamps, now_ms)
        self._first_ms.setdefault(source, int(counted[0]))
        past = stamps[stamps <= now_ms]
        self.time.read(source, int(past.max()) if len(past) else now_ms)
        after = fetch.offsets[-1] + 1
        if self._done.get(source):
            fetch, counted = self._pass_over_done(source, fetch, counted)
        if not fetch:
            ledger.next[source] = after
            return Taken()
        first_place = ledger.enter(source, fetch.offsets, counted)
        ledger.next[source] = after  # what was passed over at its end is read, too
        decoded = self._decoders[side].decode(fetch.values)
        indexes = decoded.indexes
        halves = list(_halves(first_place, fetch, decoded.rows, indexes))
        found = self.table.add(side, decoded.uuids, halves, self._door())
        ledger.wait(first_place + np.fromiter(indexes, np.int64, len(indexes)), decoded.uuids)
        pairs = self._pairs(side, found)
        aside = [self._invalid(side, first_place, fetch, index, detail) for index, detail in decoded.faults]
        aside += self._out_of_place(side, found)
        return Taken(len(fetch), pairs, aside, decoded.oddities)

    def locate(self, aside: Aside) -> tuple[int, int]:
        """Source and offset of a record that is not resolved yet."""
        return self.ledgers[aside.side].locate(aside.place)

    def advance(self, quiet_ms: Mapping[int, int]) -> list[Aside]:
        """Moves time (see `JoinTime.advance`); the halves whose time is over, now out of the table."""
        before = self.time.now
        self.time.advance(quiet_ms)
        door = self._door()
        if door is None or self.time.now == before:
            return []
        return [aside for side in Side for aside in self._give_up(side, door)]

    def overflow(self, side: Side, uuids: Sequence[int], places: Sequence[int], bound: int) -> list[Aside]:
        """Takes waiting halves out of the table, because there are more than `bound` in all."""
        detail = f"more than {bound} halves wait (PIPELINE__MAX_WAITING)"
        return self._remove(side, uuids, places, lambda _: ("overflow", detail))

    def resolve_pairs(self, pairs: Pairs) -> None:
        """The predictions of these pairs are acknowledged."""
        for ledger, places in zip(self.ledgers, pairs.places, strict=True):
            ledger.resolve(places)

    def resolve_aside(self, aside: Sequence[Aside]) -> None:
        """These records are in the side output for good."""
        for side in Side:
            places = [one.place for one in aside if one.side is side]
            self.ledgers[side].resolve(np.array(places, np.int64))

    @property
    def waiting(self) -> int:
        """How many halves wait, of both sides."""
        return self.table.waiting(Side.DEMOGRAPHIC) + self.table.waiting(Side.HISTORIC)

    def cut(self) -> Cut:
        """How far to commit: on both sides what is resolved and more than a window older than the oldest unresolved
        half; everything where there is none. To cut one side only would strand the other half for good."""
        oldest = [stamp for ledger in self.ledgers if (stamp := ledger.oldest_unresolved()) is not None]
        before = min(oldest) - self.window_ms if oldest else None
        return self.ledgers[0].cut(before) | self.ledgers[1].cut(before)

    def committed(self, cut: Cut) -> None:
        """The broker has these offsets: what is before them need not be remembered."""
        for ledger in self.ledgers:
            ledger.forget_before({source: at for source, at in cut.items() if source in ledger.next})

    def resolved_from(self, cut: Cut) -> dict[int, Places]:
        """Offsets from a cut on that are resolved all the same, by source: what a restart need not do again."""
        found = {}
        for source, at in cut.items():
            offsets = self.ledgers[self.sources[source]].resolved_from(source, at)
            done = [offset for offset in self._done.get(source, ()) if offset >= at]
            found[source] = np.union1d(offsets, np.array(done, np.int64)) if done else offsets
        return found

    def _pass_over_done(self, source: int, fetch: Fetch, counted: Places) -> tuple[Fetch, Places]:
        """The fetch without what was resolved before the restart."""
        kept = fetch.without(self._done[source])
        remaining = np.isin(np.fromiter(fetch.offsets, np.int64, len(fetch)), kept.offsets)
        return kept, counted[remaining]

    def _door(self) -> int | None:
        return None if self.time.now is None else self.time.now - self.window_ms

    def _pairs(self, side: Side, found: Matched) -> Pairs | None:
        if not found.uuids:
            return None
        halves = (found.mine, found.theirs) if side is Side.DEMOGRAPHIC else (found.theirs, found.mine)
        places = places_of(halves[0]), places_of(halves[1])
        for ledger, taken in zip(self.ledgers, places, strict=True):
            ledger.leave(taken)
        ready_ms = np.maximum(stamps_of(found.mine), stamps_of(found.theirs))
        return Pairs(found.uuids, places, ready_ms, halves)

    def _out_of_place(self, side: Side, found: Matched) -> list[Aside]:
        late = f"more than {self.window_ms / 1000:g} s behind the join's time, and without a partner"
        aside = [_aside("late", late, side, half) for half in found.late]
        aside += [
            _aside("duplicate", "a newer half of this side came first", side, half)
            for half in found.duplicates
        ]
        if aside:
            self.ledgers[side].leave(np.array([one.place for one in aside], np.int64))
        return aside

    def _invalid(self, side: Side, first_place: int, fetch: Fetch, index: int, detail: str) -> Aside:
        place, stamp = first_place + index, fetch.stamps[index]
        return Aside("invalid", detail, side, place, stamp, fetch.keys[index], fetch.values[index])

    def _give_up(self, side: Side, door: int) -> list[Aside]:
        uuids, places = self.ledgers[side].waiting_before(door)
        return self._remove(side, uuids, places, self._why_alone) if uuids else []

    def _why_alone(self, stamp: int) -> tuple[Reason, str]:
        if self._doubtful and stamp <= min(self._first_ms.values()) + DOUBT_WINDOWS * self.window_ms:
            return "ambiguous", "read again after a restart; its partner may have been answered before"
        partner = f"no partner within {self.window_ms / 1000:g} s"
        return "timeout", partner

    def _remove(
        self,
        side: Side,
        uuids: Iterable[int],
        places: Iterable[int],
        why: Callable[[int], tuple[Reason, str]],
    ) -> list[Aside]:
        removed = self.table.remove(side, uuids, places)
        self.ledgers[side].leave(places_of(removed))
        return [_aside(*why(half[STAMP]), side, half) for half in removed]


def _halves(first_place: int, fetch: Fetch, rows: Sequence[bytes], indexes: Sequence[int]) -> Iterable[Half]:
    """Plain tuples made by zip: a class of its own would cost 0.25 us a record."""
    if len(indexes) == len(fetch):
        places = range(first_place, first_place + len(fetch))
        return zip(fetch.stamps, places, rows, fetch.keys, fetch.values, strict=True)
    stamps = [fetch.stamps[index] for index in indexes]
    keys = [fetch.keys[index] for index in indexes]
    values = [fetch.values[index] for index in indexes]
    return zip(stamps, [first_place + index for index in indexes], rows, keys, values, strict=True)
