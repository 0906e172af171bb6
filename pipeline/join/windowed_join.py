"""The whole join of a worker: fetches go in, pairs and records to put aside come out.

One table, and one offset tracker a side, hold what was read of all partitions, so that what a poll brings is one batch, however many
partitions it is of; each partition group has its own watermark. What was acknowledged, and how far to commit, is the business of `commit_positions.py`.

Lives from one assignment of partitions to the next: on a rebalance everything in flight is dropped and read again from
the commit, by us or by somebody else.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.contracts.side_output import REASONS, Reason, alone_detail
from pipeline.join.batches import InputBatch, all_batches, batch_of, halves_of
from pipeline.join.commit_positions import CommitPositions
from pipeline.join.partition_group import NO_TIME, PartitionGroup, Restart
from pipeline.join.results import Aside, JoinResults, Pairs, all_pairs
from pipeline.join.sources import Sources
from pipeline.join.windowed_table import Matched, WindowedTable, meet, without
from pipeline.records.decoding import Decoder
from pipeline.records.halves import Decoded, Halves, Side

Why = Callable[[int, int], tuple[Reason, str]]
"""Reason and detail for a half, by its partition's number and its event time."""


@dataclass
class JoinCounts:
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
        groups: the sides of the partitions of each group.
        positions: where reading begins.
        window_ms: of the join.
        max_waiting: halves that may wait, in all groups together.
        counts: where to count; it outlives assignments.
        restarts: what is known of groups, in the order of `groups`.
        lateness_ms: how far behind the watermark a half may come and still be joined.

    Attributes:
        partitions: all that are read.
        progress: how far they are read, resolved and may be committed.
    """

    def __init__(
        self,
        groups: Iterable[Mapping[Partition, Side]],
        positions: Mapping[Partition, int],
        window_ms: int,
        max_waiting: int,
        counts: JoinCounts,
        restarts: Iterable[Restart] | None = None,
        lateness_ms: int = 0,
    ) -> None:
        self.counts, self.max_waiting, self.window_ms = counts, max_waiting, window_ms
        self._lateness_ms = lateness_ms
        self._decoders = Decoder(Side.DEMOGRAPHIC), Decoder(Side.HISTORIC)
        self._start(Sources(groups), positions, list(restarts or []))

    def _start(
        self, sources: Sources, positions: Mapping[Partition, int], restarts: Sequence[Restart]
    ) -> None:
        self.sources = sources
        known = restarts or [Restart()] * len(sources.groups)
        may_wait = self.max_waiting // max(1, len(sources.groups))
        self.groups = [
            PartitionGroup(
                group, self.window_ms, may_wait, lateness_ms=self._lateness_ms, doubtful=restart.doubtful
            )
            for group, restart in zip(sources.groups, known, strict=True)
        ]
        self._late_before = np.full(len(sources), NO_TIME)
        self._over_before = np.full(len(sources), NO_TIME)
        self.table = WindowedTable(self.window_ms)
        self.positions = CommitPositions(sources, positions, known)
        self.trackers = self.positions.trackers

    @property
    def partitions(self) -> list[Partition]:
        """All that are read."""
        return self.sources.names

    def take(self, fetches: Iterable[tuple[Partition, Fetch]], now_ms: int) -> JoinResults:
        """Takes in fetches, judged by the watermark before them.

        Args:
            fetches: of partitions that are read, not empty, no record of them taken before.
            now_ms: the wall clock; see `batch_of`.
        """
        batches: tuple[list[InputBatch], list[InputBatch]] = ([], [])
        for name, fetch in fetches:
            batch = self._arrive(name, fetch, now_ms)
            self.counts.passed_over += len(fetch) - len(batch.fetch)
            if batch.fetch:
                batches[self.sources.sides[batch.sources[0]]].append(batch)
        taken = JoinResults()
        found = {
            side: self._take_side(side, all_batches(batches[side]), taken) for side in Side if batches[side]
        }
        self._judge_late(found, taken)
        self.counts.read += taken.read
        self.counts.joined += len(taken.pairs) if taken.pairs else 0
        return taken

    def advance(self, idle_ms: Mapping[Partition, int]) -> list[Aside]:
        """Moves the watermark of every group (see `Watermark.advance`); the halves that it has passed, now out of the table.

        Args:
            idle_ms: for how long each partition that is read to its end has been so; the others are missing.
        """
        idle = self.sources.numbered(idle_ms)
        moved = [group for group in self.groups if group.advance(idle)]
        for group in moved:
            self._late_before[group.rows] = group.late_before_ms
            self._over_before[group.rows] = group.over_before_ms
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
            for stamp, uuid, place in zip(*self.trackers[side].oldest_waiting(excess), strict=True)
        )[:excess]
        detail = f"more than {self.max_waiting} halves wait (PIPELINE__MAX_WAITING)"
        found = []
        for side in Side:
            chosen = [(uuid, place) for _, one, uuid, place in oldest if one is side]
            if chosen:
                found += self._aside(side, self._remove(side, *zip(*chosen, strict=True)), "overflow", detail)
        return found

    def held(self, at_end: Collection[Partition]) -> frozenset[Partition]:
        """The partitions that must not be read on for now; see `Alignment`."""
        waiting = self.trackers[0].waiting + self.trackers[1].waiting
        ends = self.sources.numbered(dict.fromkeys(at_end, 0))
        held = [
            source for group in self.groups for source in group.held(int(waiting[group.rows].sum()), ends)
        ]
        return frozenset(self.sources.names[source] for source in held)

    def newest_ms(self, side: Side) -> int | None:
        """The newest event time that was read of a side; None: nothing was."""
        known = [
            stamp
            for group in self.groups
            for source, stamp in dict(group.newest).items()
            if stamp is not None and self.sources.sides[source] is side
        ]
        return max(known, default=None)

    @property
    def waiting(self) -> int:
        """How many halves wait, of both sides."""
        return sum(self.table.waiting(side) for side in Side)

    def give_back(self) -> None:
        """The partitions go: what waits will be read again."""
        self.counts.returned += self.waiting
        self._start(Sources([]), {}, [])

    def _arrive(self, name: Partition, fetch: Fetch, now_ms: int) -> InputBatch:
        """Notes how far a partition is read, and up to which event time; its records without those that are done already."""
        source = self.sources.number_of[name]
        batch, newest = batch_of(fetch, source, now_ms)
        self.groups[self.sources.group_of[source]].read(source, int(batch.counted[0]), newest)
        return self.positions.read(source, batch)

    def _take_side(self, side: Side, batch: InputBatch, taken: JoinResults) -> Matched:
        """Takes in what came of one side; halves that are late are not judged yet."""
        fetch, tracker = batch.fetch, self.trackers[side]
        first_place = tracker.enter(batch.sources, fetch.offsets, batch.counted)
        decoded = self._decoders[side].decode(fetch.values)
        halves, sources = halves_of(batch, first_place, decoded)
        found = self.table.add(side, decoded.uuids, halves, self._late_before[sources])
        tracker.wait(halves.places, np.fromiter(decoded.uuids, np.int64, len(halves)))
        taken.read += len(fetch)
        taken.pairs = all_pairs(taken.pairs, self._pairs(side, found))
        taken.aside += self._invalid(side, first_place, batch, decoded) + self._out_of_place(side, found)
        if decoded.oddities:
            self.counts.oddities.update(decoded.oddities)
        return found

    def _judge_late(self, found: Mapping[Side, Matched], taken: JoinResults) -> None:
        """Puts late halves aside, after those that came together have met: it does not matter which side was taken first."""
        late = {side: one for side, one in found.items() if one.late is not None}
        if len(found) == len(Side) and Side.DEMOGRAPHIC in late:
            late[Side.DEMOGRAPHIC] = self._have_meet(late[Side.DEMOGRAPHIC], found[Side.HISTORIC], taken)
        for side, one in late.items():
            if one.late is not None:
                self.trackers[side].leave(one.late.places)
                taken.aside += self._aside(
                    side, one.late, "late", alone_detail("late", self.window_ms + self._lateness_ms)
                )

    def _have_meet(self, demographic: Matched, historic: Matched, taken: JoinResults) -> Matched:
        """Late demographic halves look for a partner among all that came with them; the late ones of both that found none."""
        assert demographic.late is not None  # noqa: S101
        sources, _ = self.trackers[Side.DEMOGRAPHIC].located(demographic.late.places)
        again = self.table.add(
            Side.DEMOGRAPHIC, demographic.late_uuids, demographic.late, self._late_before[sources]
        )
        taken.pairs = all_pairs(taken.pairs, self._pairs(Side.DEMOGRAPHIC, again))
        met = meet(again, historic, self.window_ms)
        if met is not None:
            taken.pairs = all_pairs(taken.pairs, self._pairs(Side.HISTORIC, met))
            again.late, historic.late = without(again, met.theirs), without(historic, met.mine)
        return again

    def _pairs(self, side: Side, found: Matched) -> Pairs | None:
        if found.mine is None or found.theirs is None:
            return None
        sources, _ = self.trackers[side].located(found.mine.places)
        halves = (found.mine, found.theirs) if side is Side.DEMOGRAPHIC else (found.theirs, found.mine)
        places = halves[0].places, halves[1].places
        for tracker, taken in zip(self.trackers, places, strict=True):
            tracker.leave(taken)
        ready_ms = np.maximum(halves[0].stamps, halves[1].stamps)
        return Pairs(found.uuids, places, ready_ms, self.sources.written_to[sources], halves)

    def _out_of_place(self, side: Side, found: Matched) -> list[Aside]:
        if found.duplicates is None:
            return []
        self.trackers[side].leave(found.duplicates.places)
        return self._aside(side, found.duplicates, "duplicate", alone_detail("duplicate", self.window_ms))

    def _invalid(self, side: Side, first_place: int, batch: InputBatch, decoded: Decoded) -> list[Aside]:
        names, fetch, aside = self.sources.names, batch.fetch, []
        for index, detail in decoded.faults:
            name = names[batch.sources[index]]
            offset, stamp = int(fetch.offsets[index]), int(fetch.stamps[index])
            origin = name, offset, stamp, fetch.keys[index], fetch.values[index]
            aside.append(Aside("invalid", detail, side, first_place + index, *origin))
        self.counts.aside["invalid"] += len(aside)
        return aside

    def _give_up(self, side: Side) -> list[Aside]:
        """The halves that the watermark has passed."""
        uuids, places = self.trackers[side].waiting_before(self._over_before)
        if not uuids:
            return []

        def why(source: int, stamp: int) -> tuple[Reason, str]:
            return self.groups[self.sources.group_of[source]].why_alone(stamp)

        return self._aside_because(side, self._remove(side, uuids, places), why)

    def _remove(self, side: Side, uuids: Iterable[int], places: Iterable[int]) -> Halves:
        removed = self.table.remove(side, uuids, places)
        self.trackers[side].leave(removed.places)
        return removed

    def _aside(self, side: Side, halves: Halves, reason: Reason, detail: str) -> list[Aside]:
        return self._aside_because(side, halves, lambda *_: (reason, detail))

    def _aside_because(self, side: Side, halves: Halves, why: Why) -> list[Aside]:
        sources, offsets = (column.tolist() for column in self.trackers[side].located(halves.places))
        columns = halves.places, halves.stamps, halves.keys, halves.values
        rows = zip(sources, offsets, *(column.tolist() for column in columns), strict=True)
        names = self.sources.names
        aside = [
            Aside(*why(source, stamp), side, place, names[source], offset, stamp, key, value)
            for source, offset, place, stamp, key, value in rows
        ]
        self.counts.aside.update(one.reason for one in aside)
        return aside
