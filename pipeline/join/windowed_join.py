"""The whole join of a worker: fetches go in, pairs and records to put aside come out.

One table, and one ledger a side, hold what was read of all partitions, so that what a poll brings is one batch, however many
partitions it is of; each lane has its own time. What was acknowledged, and how far to commit, is `progress.py`'s.

Lives from one assignment of partitions to the next: on a rebalance everything in flight is dropped and read again from
the commit, by us or by somebody else.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.contracts.side_output import REASONS, Reason
from pipeline.join.batches import Arrival, all_arrivals, arrival_of, halves_of
from pipeline.join.commit_positions import Progress
from pipeline.join.halves import Decoded, Halves, Side
from pipeline.join.partition_group import NO_TIME, Lane, Restart
from pipeline.join.results import Aside, Pairs, Taken, all_pairs
from pipeline.join.sources import Sources
from pipeline.join.windowed_table import Matched, WindowedTable
from pipeline.records.decoding import Decoder

Why = Callable[[int, int], tuple[Reason, str]]
"""Reason and detail for a half, by its partition's number and its event time."""


@dataclass
class Counts:
    """What happened to every record; `read = 2 joined + put aside + waiting + returned` at any moment.

    `passed_over` were resolved before a restart and are not `read`.
    """

    read: int = 0
    joined: int = 0
    aside: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(REASONS, 0)))
    returned: int = 0
    passed_over: int = 0
    oddities: Counter[str] = field(default_factory=Counter)


class Join:
    """Over the partitions that are assigned.

    Args:
        lanes: the sides of each lane's partitions.
        positions: where reading begins.
        window_ms: of the join.
        max_waiting: halves that may wait, in all lanes together.
        counts: where to count; it outlives assignments.
        restarts: what is known of lanes, in the order of `lanes`.

    Attributes:
        partitions: all that are read.
        progress: how far they are read, resolved and may be committed.
    """

    def __init__(
        self,
        lanes: Iterable[Mapping[Partition, Side]],
        positions: Mapping[Partition, int],
        window_ms: int,
        max_waiting: int,
        counts: Counts,
        restarts: Iterable[Restart] | None = None,
    ) -> None:
        self.counts, self.max_waiting, self.window_ms = counts, max_waiting, window_ms
        self._decoders = Decoder(Side.DEMOGRAPHIC), Decoder(Side.HISTORIC)
        self._start(Sources(lanes), positions, list(restarts or []))

    def _start(
        self, sources: Sources, positions: Mapping[Partition, int], restarts: Sequence[Restart]
    ) -> None:
        self.sources = sources
        known = restarts or [Restart()] * len(sources.lanes)
        may_wait = self.max_waiting // max(1, len(sources.lanes))
        self.lanes = [
            Lane(lane, self.window_ms, may_wait, doubtful=restart.doubtful)
            for lane, restart in zip(sources.lanes, known, strict=True)
        ]
        self._doors = np.full(len(sources), NO_TIME)
        self.table = WindowedTable(self.window_ms)
        self.progress = Progress(sources, positions, known)
        self.ledgers = self.progress.ledgers

    @property
    def partitions(self) -> list[Partition]:
        """All that are read."""
        return self.sources.names

    def take(self, fetches: Iterable[tuple[Partition, Fetch]], now_ms: int) -> Taken:
        """Takes in fetches, judged by the time before them.

        Args:
            fetches: of partitions that are read, not empty, no record of them taken before.
            now_ms: the wall clock; see `arrival_of`.
        """
        arrivals: tuple[list[Arrival], list[Arrival]] = ([], [])
        for name, fetch in fetches:
            arrival = self._arrive(name, fetch, now_ms)
            self.counts.passed_over += len(fetch) - len(arrival.fetch)
            if arrival.fetch:
                arrivals[self.sources.sides[arrival.sources[0]]].append(arrival)
        taken = Taken()
        for side in Side:
            if arrivals[side]:
                self._take_side(side, all_arrivals(arrivals[side]), taken)
        self.counts.read += taken.read
        self.counts.joined += len(taken.pairs) if taken.pairs else 0
        return taken

    def advance(self, quiet_ms: Mapping[Partition, int]) -> list[Aside]:
        """Moves the time of every lane (see `JoinTime.advance`); the halves whose time is over, now out of the table.

        Args:
            quiet_ms: for how long each partition that is read to its end has been so; the others are missing.
        """
        quiet = self.sources.numbered(quiet_ms)
        moved = [lane for lane in self.lanes if lane.advance(quiet)]
        for lane in moved:
            self._doors[lane.rows] = lane.door_ms
        return [aside for side in Side for aside in self._give_up(side)] if moved else []

    def refuse(self, pairs: Pairs, detail: str) -> list[Aside]:
        """Turns pairs that the model cannot score into two records each to put aside."""
        self.counts.joined -= len(pairs)
        sides = zip(Side, pairs.halves, strict=True)
        return [aside for side, halves in sides for aside in self._aside(side, halves, "invalid", detail)]

    def overflow(self) -> list[Aside]:
        """Where more halves wait than may: the oldest of all, now out of the table."""
        excess = self.waiting - self.max_waiting
        if excess <= 0:
            return []
        oldest = sorted(
            (stamp, side, uuid, place)
            for side in Side
            for stamp, uuid, place in zip(*self.ledgers[side].oldest_waiting(excess), strict=True)
        )[:excess]
        detail = f"more than {self.max_waiting} halves wait (PIPELINE__MAX_WAITING)"
        found = []
        for side in Side:
            chosen = [(uuid, place) for _, one, uuid, place in oldest if one is side]
            if chosen:
                found += self._aside(side, self._remove(side, *zip(*chosen, strict=True)), "overflow", detail)
        return found

    def held(self, at_end: Collection[Partition]) -> frozenset[Partition]:
        """The partitions that must not be read on for now; see `HoldBack`."""
        waiting = self.ledgers[0].waiting + self.ledgers[1].waiting
        ends = self.sources.numbered(dict.fromkeys(at_end, 0))
        held = [source for lane in self.lanes for source in lane.held(int(waiting[lane.rows].sum()), ends)]
        return frozenset(self.sources.names[source] for source in held)

    @property
    def waiting(self) -> int:
        """How many halves wait, of both sides."""
        return sum(self.table.waiting(side) for side in Side)

    def give_back(self) -> None:
        """The partitions go: what waits will be read again."""
        self.counts.returned += self.waiting
        self._start(Sources([]), {}, [])

    def _arrive(self, name: Partition, fetch: Fetch, now_ms: int) -> Arrival:
        """Notes how far a partition is read, and what time that is; its records without those that are done already."""
        source = self.sources.number_of[name]
        arrival, newest = arrival_of(fetch, source, now_ms)
        self.lanes[self.sources.lane_of[source]].read(source, int(arrival.counted[0]), newest)
        return self.progress.read(source, arrival)

    def _take_side(self, side: Side, arrival: Arrival, taken: Taken) -> None:
        """Takes in what came of one side."""
        fetch, ledger = arrival.fetch, self.ledgers[side]
        first_place = ledger.enter(arrival.sources, fetch.offsets, arrival.counted)
        decoded = self._decoders[side].decode(fetch.values)
        halves, sources = halves_of(arrival, first_place, decoded)
        found = self.table.add(side, decoded.uuids, halves, self._doors[sources])
        ledger.wait(halves.places, np.fromiter(decoded.uuids, np.int64, len(halves)))
        taken.read += len(fetch)
        taken.pairs = all_pairs(taken.pairs, self._pairs(side, found))
        taken.aside += self._invalid(side, first_place, arrival, decoded) + self._out_of_place(side, found)
        if decoded.oddities:
            self.counts.oddities.update(decoded.oddities)

    def _pairs(self, side: Side, found: Matched) -> Pairs | None:
        if found.mine is None or found.theirs is None:
            return None
        sources, _ = self.ledgers[side].located(found.mine.places)
        halves = (found.mine, found.theirs) if side is Side.DEMOGRAPHIC else (found.theirs, found.mine)
        places = halves[0].places, halves[1].places
        for ledger, taken in zip(self.ledgers, places, strict=True):
            ledger.leave(taken)
        ready_ms = np.maximum(halves[0].stamps, halves[1].stamps)
        return Pairs(found.uuids, places, ready_ms, self.sources.written_to[sources], halves)

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
                aside += self._aside(side, halves, reason, detail)
        return aside

    def _invalid(self, side: Side, first_place: int, arrival: Arrival, decoded: Decoded) -> list[Aside]:
        names, fetch, aside = self.sources.names, arrival.fetch, []
        for index, detail in decoded.faults:
            name = names[arrival.sources[index]]
            offset, stamp = int(fetch.offsets[index]), int(fetch.stamps[index])
            origin = name, offset, stamp, fetch.keys[index], fetch.values[index]
            aside.append(Aside("invalid", detail, side, first_place + index, *origin))
        self.counts.aside["invalid"] += len(aside)
        return aside

    def _give_up(self, side: Side) -> list[Aside]:
        """The halves that time has passed by."""
        uuids, places = self.ledgers[side].waiting_before(self._doors)
        if not uuids:
            return []

        def why(source: int, stamp: int) -> tuple[Reason, str]:
            return self.lanes[self.sources.lane_of[source]].why_alone(stamp)

        return self._aside_because(side, self._remove(side, uuids, places), why)

    def _remove(self, side: Side, uuids: Iterable[int], places: Iterable[int]) -> Halves:
        removed = self.table.remove(side, uuids, places)
        self.ledgers[side].leave(removed.places)
        return removed

    def _aside(self, side: Side, halves: Halves, reason: Reason, detail: str) -> list[Aside]:
        return self._aside_because(side, halves, lambda *_: (reason, detail))

    def _aside_because(self, side: Side, halves: Halves, why: Why) -> list[Aside]:
        sources, offsets = (column.tolist() for column in self.ledgers[side].located(halves.places))
        columns = halves.places, halves.stamps, halves.keys, halves.values
        rows = zip(sources, offsets, *(column.tolist() for column in columns), strict=True)
        names = self.sources.names
        aside = [
            Aside(*why(source, stamp), side, place, names[source], offset, stamp, key, value)
            for source, offset, place, stamp, key, value in rows
        ]
        self.counts.aside.update(one.reason for one in aside)
        return aside
