"""A lane: the partitions that are joined with each other, with their table, ledgers and time.

Keyed topics of equal partition counts have a lane a partition number; otherwise all partitions share one. A fetch goes
in, pairs and halves to put aside come out; later the caller says what was acknowledged, and asks how far to commit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.side_output import Reason
from pipeline.decoding import Decoder
from pipeline.halves import Decoded, Fetch, Halves, Side
from pipeline.join_time import JoinTime
from pipeline.ledger import Ledger, Places
from pipeline.packing import matrix
from pipeline.windowed_table import Matched, WindowedTable

Cut = dict[int, int]
"""The next offset to read of every source."""
Why = Callable[[int], tuple[Reason, str]]
"""Reason and detail for a half, by its event time."""

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
    halves: tuple[Halves, ...]

    def __len__(self) -> int:
        return len(self.uuids)

    def where(self, mask: NDArray[np.bool_]) -> "Pairs":
        """The pairs at which `mask` is true."""
        uuids = list(compress(self.uuids, mask.tolist()))
        places = self.places[0][mask], self.places[1][mask]
        return Pairs(uuids, places, self.ready_ms[mask], tuple(half.at(mask) for half in self.halves))

    def features(self, first: int, after: int) -> NDArray[np.float64]:
        """Some pairs as the matrix that models see."""
        demographic, historic = (half.rows.at(slice(first, after)) for half in self.halves)
        return matrix(demographic, historic)

    def let_go(self) -> None:
        """Forgets what is not needed any more once the predictions are on their way: nearly all of the memory."""
        self.halves = ()

    def refused(self, detail: str) -> list["Aside"]:
        """Both halves of every pair, as `invalid`."""
        pairs = zip(Side, self.halves, strict=True)
        return [aside for side, halves in pairs for aside in _aside("invalid", detail, side, halves)]


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


def _aside(reason: Reason, detail: str, side: Side, halves: Halves) -> list[Aside]:
    return _aside_because(lambda _: (reason, detail), side, halves)


def _aside_because(why: Why, side: Side, halves: Halves) -> list[Aside]:
    columns = (halves.places.tolist(), halves.stamps.tolist(), halves.keys.tolist(), halves.values.tolist())
    return [
        Aside(*why(stamp), side, place, stamp, key, value)
        for place, stamp, key, value in zip(*columns, strict=True)
    ]


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
        counted = fetch.stamps
        if (newest := int(counted.max())) > now_ms:
            newest = int(max(counted[counted <= now_ms], default=now_ms))
            counted = np.minimum(counted, now_ms)
        self._first_ms.setdefault(source, int(counted[0]))
        self.time.read(source, newest)
        after = int(fetch.offsets[-1]) + 1
        if self._done.get(source):
            left = ~np.isin(fetch.offsets, list(self._done[source]))
            fetch, counted = fetch.where(left), counted[left]
        if not fetch:
            ledger.next[source] = after
            return Taken()
        first_place = ledger.enter(source, fetch.offsets, counted)
        ledger.next[source] = after  # what was passed over at its end is read, too
        decoded = self._decoders[side].decode(fetch.values)
        halves = _halves(first_place, fetch, decoded)
        found = self.table.add(side, decoded.uuids, halves, self._door())
        ledger.wait(halves.places, np.fromiter(decoded.uuids, np.int64, len(halves)))
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

    def _door(self) -> int | None:
        return None if self.time.now is None else self.time.now - self.window_ms

    def _pairs(self, side: Side, found: Matched) -> Pairs | None:
        if found.mine is None or found.theirs is None:
            return None
        halves = (found.mine, found.theirs) if side is Side.DEMOGRAPHIC else (found.theirs, found.mine)
        places = halves[0].places, halves[1].places
        for ledger, taken in zip(self.ledgers, places, strict=True):
            ledger.leave(taken)
        return Pairs(found.uuids, places, np.maximum(halves[0].stamps, halves[1].stamps), halves)

    def _out_of_place(self, side: Side, found: Matched) -> list[Aside]:
        late = f"more than {self.window_ms / 1000:g} s behind the join's time, and without a partner"
        pieces: list[tuple[Reason, str, Halves | None]] = [
            ("late", late, found.late),
            ("duplicate", "a newer half of this side came first", found.duplicates),
        ]
        aside: list[Aside] = []
        for reason, detail, halves in pieces:
            if halves is not None:
                self.ledgers[side].leave(halves.places)
                aside += _aside(reason, detail, side, halves)
        return aside

    def _invalid(self, side: Side, first_place: int, fetch: Fetch, index: int, detail: str) -> Aside:
        place, stamp = first_place + index, int(fetch.stamps[index])
        return Aside("invalid", detail, side, place, stamp, fetch.keys[index], fetch.values[index])

    def _give_up(self, side: Side, door: int) -> list[Aside]:
        uuids, places = self.ledgers[side].waiting_before(door)
        return self._remove(side, uuids, places, self._why_alone) if uuids else []

    def _why_alone(self, stamp: int) -> tuple[Reason, str]:
        if self._doubtful and stamp <= min(self._first_ms.values()) + DOUBT_WINDOWS * self.window_ms:
            return "ambiguous", "read again after a restart; its partner may have been answered before"
        partner = f"no partner within {self.window_ms / 1000:g} s"
        return "timeout", partner

    def _remove(self, side: Side, uuids: Iterable[int], places: Iterable[int], why: Why) -> list[Aside]:
        removed = self.table.remove(side, uuids, places)
        self.ledgers[side].leave(removed.places)
        return _aside_because(why, side, removed)


def _halves(first_place: int, fetch: Fetch, decoded: Decoded) -> Halves:
    """The records of a fetch that say something."""
    count = len(fetch)
    stamps, places = fetch.stamps, np.arange(first_place, first_place + count)
    keys, values = np.fromiter(fetch.keys, object, count), np.fromiter(fetch.values, object, count)
    if len(decoded.indexes) < count:
        kept = np.array(decoded.indexes, np.intp)
        stamps, places, keys, values = stamps[kept], places[kept], keys[kept], values[kept]
    return Halves(stamps, places, decoded.rows, keys, values)
