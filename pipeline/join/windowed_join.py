"""The whole join of a worker: fetches in, pairs and records for the side output out.

One table, and one offset tracker a side, hold what was read of all partitions, so that what a poll brings is one batch,
however many partitions it is of; each partition group has its own watermark. `commit_positions.py` keeps what was
acknowledged, and how far to commit.

Lives from one assignment of partitions to the next: on a rebalance everything in flight is dropped and read again from
the commit, by us or by somebody else.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.contracts.side_output import Reason, alone_detail
from liftstream.streams.ids import Id
from pipeline.join.batches import InputBatch, all_batches, batch_of, halves_of, timed_batch
from pipeline.join.commit_positions import CommitPositions
from pipeline.join.late_halves import meet, meet_all
from pipeline.join.partition_group import NO_TIME, PartitionGroup, Restart
from pipeline.join.results import Aside, JoinCounts, JoinResults, Pairs, all_pairs
from pipeline.join.sources import Sources
from pipeline.join.windowed_table import Matched, WindowedTable
from pipeline.records.decoding import Decoder
from pipeline.records.halves import Decoded, Halves

Why = Callable[[int, int], tuple[Reason, str]]
"""Reason and detail for a half, by its partition's number and its event time."""


class Join:
    """Over the partitions that are assigned.

    Args:
        decoders: of each side's records.
        groups: the sides of the partitions of each group.
        positions: where reading begins.
        window_ms: of the join.
        max_waiting: halves that may wait, in all groups together.
        counts: where to count; it outlives assignments.
        restarts: what is known of groups, in the order of `groups`.
        lateness_ms: how far behind the watermark a half may come and still be joined.

    Attributes:
        partitions: all that are read.
        positions: how far they are read, resolved and may be committed.
    """

    def __init__(
        self,
        decoders: Sequence[Decoder],
        groups: Iterable[Mapping[Partition, int]],
        positions: Mapping[Partition, int],
        window_ms: int,
        max_waiting: int,
        counts: JoinCounts,
        restarts: Iterable[Restart] | None = None,
        lateness_ms: int = 0,
    ) -> None:
        self.counts, self.max_waiting, self.window_ms = counts, max_waiting, window_ms
        self._lateness_ms = lateness_ms
        self._decoders, self.sides = decoders, range(len(decoders))
        self._first_names = (
            decoders[0].side.id.type == "uuid"
        )  # the one id whose records may write it differently
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
        column = self._decoders[0].id_column
        self.table = WindowedTable(
            self.window_ms,
            [one.width for one in self._decoders],
            column,
            [one.has_times for one in self._decoders],
        )
        self.positions = CommitPositions(sources, len(self.sides), positions, known, column)
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
        batches: list[list[InputBatch]] = [[] for _ in self.sides]
        for name, fetch in fetches:
            batch = self._arrive(name, fetch, now_ms)
            self.counts.passed_over += len(fetch) - len(batch.fetch)
            if batch.fetch:
                batches[self.sources.sides[batch.sources[0]]].append(batch)
        taken = JoinResults()
        found = {
            side: self._take_side(side, all_batches(batches[side]), taken)
            for side in self.sides
            if batches[side]
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
        return [aside for side in self.sides for aside in self._give_up(side)] if moved else []

    def refuse(self, pairs: Pairs, detail: str) -> list[Aside]:
        """Turns pairs that the model cannot score into the records to put aside, one of each side."""
        self.counts.joined -= len(pairs)
        sides = zip(self.sides, pairs.halves, strict=True)
        return [aside for side, halves in sides for aside in self._aside(side, halves, "invalid", detail)]

    def overflow(self) -> list[Aside]:
        """Where more halves wait than may: the oldest of all, now out of the table."""
        excess = self.waiting - self.max_waiting
        if excess <= 0:
            return []
        oldest = sorted(
            (stamp, side, uuid, place)
            for side in self.sides
            for stamp, uuid, place in zip(*self.trackers[side].oldest_waiting(excess), strict=True)
        )[:excess]
        detail = f"more than {self.max_waiting} halves wait (PIPELINE__MAX_WAITING)"
        found = []
        for side in self.sides:
            chosen = [(uuid, place) for _, one, uuid, place in oldest if one == side]
            if chosen:
                found += self._aside(side, self._remove(side, *zip(*chosen, strict=True)), "overflow", detail)
        return found

    def held(self, at_end: Collection[Partition]) -> frozenset[Partition]:
        """The partitions that must not be read on for now; see `Alignment`."""
        waiting = np.add.reduce([tracker.waiting for tracker in self.trackers])
        ends = self.sources.numbered(dict.fromkeys(at_end, 0))
        held = [
            source for group in self.groups for source in group.held(int(waiting[group.rows].sum()), ends)
        ]
        return frozenset(self.sources.names[source] for source in held)

    def newest_ms(self, side: int) -> int | None:
        """The newest event time that was read of a side; None: nothing was."""
        known = [
            stamp
            for group in self.groups
            for source, stamp in dict(group.newest).items()
            if stamp is not None and self.sources.sides[source] == side
        ]
        return max(known, default=None)

    @property
    def waiting(self) -> int:
        """How many halves wait, of all sides."""
        return sum(self.table.waiting(side) for side in self.sides)

    def give_back(self) -> None:
        """The partitions go: what waits will be read again."""
        self.counts.returned += self.waiting
        self._start(Sources([]), {}, [])

    def _arrive(self, name: Partition, fetch: Fetch, now_ms: int) -> InputBatch:
        """Notes how far a partition is read, and up to which event time; its records without those that are done already."""
        source = self.sources.number_of[name]
        decoder = self._decoders[self.sources.sides[source]]
        if decoder.has_times:
            batch, newest = timed_batch(fetch, source, now_ms, decoder.decode)
        else:
            batch, newest = batch_of(fetch, source, now_ms)
        self.groups[self.sources.group_of[source]].read(source, int(batch.counted[0]), newest)
        return self.positions.read(source, batch, decoder.decode)

    def _take_side(self, side: int, batch: InputBatch, taken: JoinResults) -> Matched:
        """Takes in what came of one side; halves that are late are not judged yet."""
        fetch, tracker = batch.fetch, self.trackers[side]
        first_place = tracker.enter(batch.sources, fetch.offsets, batch.counted)
        decoder = self._decoders[side]
        decoded = batch.decoded or decoder.decode(fetch.values, fetch.keys)
        halves, sources = halves_of(batch, first_place, decoded)
        found = self.table.add(side, decoded.uuids, halves, self._late_before[sources])
        tracker.wait(halves.places, decoded.uuids)
        taken.read += len(fetch)
        taken.pairs = all_pairs(taken.pairs, self._pairs(side, found))
        taken.aside += self._invalid(side, first_place, batch, decoded) + self._out_of_place(side, found)
        if decoded.oddities:
            self.counts.oddities.update(decoded.oddities)
        return found

    def _judge_late(self, found: Mapping[int, Matched], taken: JoinResults) -> None:
        """Puts late halves aside, after those that came together have met: it does not matter which side was taken first."""
        late = {side: one.late for side, one in found.items() if one.late is not None}

        def note(side: int, again: Matched) -> None:
            taken.pairs = all_pairs(taken.pairs, self._pairs(side, again))

        if len(self.sides) > 2:
            meet_all(self.table, self.trackers, found, note)
        elif len(found) == 2 and 0 in late:
            sources, _ = self.trackers[0].located(late[0].places)
            again = self.table.add(0, found[0].late_uuids, late[0], self._late_before[sources])
            note(0, again)
            note(1, meet(again, found[1], self.window_ms))
        detail = alone_detail("late", self.window_ms + self._lateness_ms)
        for side, halves in late.items():
            left = halves.where(self.trackers[side].are_waiting(halves.places))
            self.trackers[side].leave(left.places)
            taken.aside += self._aside(side, left, "late", detail)

    def _pairs(self, side: int, found: Matched) -> Pairs | None:
        if found.mine is None:
            return None
        sources, _ = self.trackers[side].located(found.mine.places)
        halves = (*found.theirs[:side], found.mine, *found.theirs[side:])
        for tracker, one in zip(self.trackers, halves, strict=True):
            tracker.leave(one.places)
        uuids = found.uuids
        if side > 0 and self._first_names:
            uuids = self.trackers[0].ids_at(halves[0].places)
        places, ready_ms = tuple(one.places for one in halves), halves[0].stamps
        for one in halves[1:]:
            ready_ms = np.maximum(ready_ms, one.stamps)
        return Pairs(uuids, places, ready_ms, self.sources.written_to[sources], halves)

    def _out_of_place(self, side: int, found: Matched) -> list[Aside]:
        if found.duplicates is None:
            return []
        self.trackers[side].leave(found.duplicates.places)
        return self._aside(side, found.duplicates, "duplicate", alone_detail("duplicate", self.window_ms))

    def _invalid(self, side: int, first_place: int, batch: InputBatch, decoded: Decoded) -> list[Aside]:
        names, fetch, stamps, aside = self.sources.names, batch.fetch, batch.kafka_stamps, []
        for index, detail in decoded.faults:
            name = names[batch.sources[index]]
            offset, stamp = int(fetch.offsets[index]), int(stamps[index])
            origin = name, offset, stamp, fetch.keys[index], fetch.values[index]
            aside.append(Aside("invalid", detail, side, first_place + index, *origin))
        self.counts.aside["invalid"] += len(aside)
        return aside

    def _give_up(self, side: int) -> list[Aside]:
        """The halves that the watermark has passed."""
        uuids, places = self.trackers[side].waiting_before(self._over_before)
        if not uuids:
            return []

        def why(source: int, stamp: int) -> tuple[Reason, str]:
            return self.groups[self.sources.group_of[source]].why_alone(stamp)

        return self._aside_because(side, self._remove(side, uuids, places), why)

    def _remove(self, side: int, uuids: Iterable[Id], places: Iterable[int]) -> Halves:
        removed = self.table.remove(side, uuids, places)
        self.trackers[side].leave(removed.places)
        return removed

    def _aside(self, side: int, halves: Halves, reason: Reason, detail: str) -> list[Aside]:
        return self._aside_because(side, halves, lambda *_: (reason, detail))

    def _aside_because(self, side: int, halves: Halves, why: Why) -> list[Aside]:
        sources, offsets = (column.tolist() for column in self.trackers[side].located(halves.places))
        columns = halves.places, halves.stamps, halves.kafka_stamps, halves.keys, halves.values
        rows = zip(sources, offsets, *(column.tolist() for column in columns), strict=True)
        names = self.sources.names
        aside = [
            Aside(*why(source, stamp), side, place, names[source], offset, written, key, value)
            for source, offset, place, stamp, written, key, value in rows
        ]
        self.counts.aside.update(one.reason for one in aside)
        return aside
