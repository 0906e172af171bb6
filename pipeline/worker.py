"""The worker between Kafka and the join: fetches in, predictions and side output out, and how far to commit.

Everything that changes the join happens between two awaits, so the commit, which runs beside it, always sees whole
fetches. What is under way belongs to an epoch, the time between two assignments; what comes back after its epoch ended
touches nothing any more.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from liftstream.contracts.settings import Settings
from liftstream.contracts.side_output import put_aside
from liftstream.scoring.decision import ROWS_AT_ONCE
from pipeline.decoding import decode
from pipeline.fetches import fetch_of
from pipeline.halves import Fetch, Side
from pipeline.join import Counts, Join, Partition
from pipeline.lane import Aside, Pairs
from pipeline.measures import Measures
from pipeline.model import Model
from pipeline.predictions import PredictionForm
from pipeline.quiet import Ends, Quiet
from pipeline.restart_state import RestartState
from pipeline.side_output import SideOutput
from pipeline.writer import Writer

MAX_UNDERWAY = 20_000
"""Predictions and lines that are not acknowledged yet; then the next fetch waits."""

log = structlog.get_logger()

LookAtEnds = Callable[[Sequence[Partition]], Ends[Partition]]


class Worker:
    """See the module.

    Args:
        settings: of the process.
        model: decides.
        writer: to the prediction topic.
        output: for what gets no prediction.

    Attributes:
        ends: set by the frame: which of some partitions are read to their end.
        one_lane: set by the frame: whether all partitions are joined with each other, not only equal numbers.
        unkeyed: set by the frame: called when halves without keys are found where that must not be.
        held: the partitions that the frame must not fetch.
    """

    def __init__(self, settings: Settings, model: Model, writer: Writer, output: SideOutput) -> None:
        kafka, pipeline = settings.kafka, settings.pipeline
        assert pipeline.token is not None  # noqa: S101  # `run` has refused to start without it
        self.model, self.writer, self.output = model, writer, output
        self.counts, self.measures = Counts(), Measures()
        self.held: frozenset[Partition] = frozenset()
        self.starts_at_end = pipeline.start == "latest"
        self.ends: LookAtEnds = lambda _: Ends(())
        self.one_lane: Callable[[], bool] = lambda: False
        self.unkeyed: Callable[[Partition], None] = lambda _: None
        self.epoch = 0
        self.ticks = 0
        self._sides = {kafka.topic_demographic: Side.DEMOGRAPHIC, kafka.topic_historic: Side.HISTORIC}
        self._window_ms = round(pipeline.join_window_s * 1000)
        self._max_waiting = pipeline.max_waiting
        self._form = PredictionForm(pipeline.token.get_secret_value())
        self._state = RestartState(pipeline.state, pipeline.group)
        self._underway: dict[asyncio.Task[None], int] = {}
        self._handling = False
        self._quiet: Quiet[Partition] = Quiet()
        self._close_epoch()

    def _close_epoch(self) -> None:
        self.epoch += 1
        self.held = frozenset()
        self.join = Join([], {}, self._window_ms, self._max_waiting, self.counts)
        self._held_by_lane: dict[int, frozenset[Partition]] = {}
        self._committed: dict[Partition, int] = {}
        self._cuts: list[dict[Partition, int]] = []
        self._quiet.forget()

    # What the transport calls: see `transport.Assignee`.

    def open(self, positions: Mapping[Partition, int], committed: Mapping[Partition, int]) -> None:
        """Partitions were assigned: reading begins at these positions."""
        self.give_back()
        together = self.one_lane()
        lanes: dict[int, dict[Partition, Side]] = {}
        for name in sorted(positions):
            lanes.setdefault(0 if together else name.partition, {})[name] = self._sides[name.topic]
        restarts = self._state.recall(lanes.values(), positions, committed)
        self.join = Join(lanes.values(), positions, self._window_ms, self._max_waiting, self.counts, restarts)
        self._committed = dict(committed)
        log.info(
            "assigned", partitions=[f"{name.topic}/{name.partition}@{at}" for name, at in positions.items()]
        )

    async def settle(self, within_s: float) -> None:
        """Waits a while for what is under way."""
        if self._underway:
            await asyncio.wait(self._underway, timeout=within_s)

    def give_back(self) -> None:
        """The partitions go, and with them everything that waits."""
        self.join.give_back()
        self._close_epoch()

    def cut(self) -> dict[Partition, int]:
        """What may be committed and was not; nothing after a fetch that was not handled to its end."""
        if self._handling:
            return {}
        self._cuts = self.join.cuts()
        moved = {}
        for lane, cut in enumerate(self._cuts):
            self._state.remember(self.join.partitions[lane], cut, self.join.resolved_from(lane, cut))
            moved.update({name: at for name, at in cut.items() if self._committed.get(name) != at})
        return moved

    def committed(self, cut: Mapping[Partition, int]) -> None:
        """The broker has it."""
        self.measures.commits += 1
        self._committed.update(cut)
        for lane, one in enumerate(self._cuts):
            if one.keys() & cut.keys():
                self.join.committed(lane, one)

    def lost(self, partition: Partition, wanted: int, found: int) -> None:
        """Records from `wanted` to `found` are not on the broker any more."""
        self.measures.lost += found - wanted
        log.error(
            "records lost by retention",
            topic=partition.topic,
            partition=partition.partition,
            offset=wanted,
            count=found - wanted,
        )

    # What the agent and its timer call.

    async def take(self, partition: Partition, records: Sequence[Any], first_kept: "FirstKept") -> None:
        """Takes in a fetch; returns when there is room for the next one.

        Args:
            partition: where the records are from.
            records: as aiokafka gives them.
            first_kept: asks the broker for the first offset it still has of a partition.
        """
        fetch, epoch = fetch_of(records), self.epoch
        expected = self.join.next_of(partition)
        if expected is None:  # of an assignment that is over
            return
        first = int(fetch.offsets[0])
        if first < expected:
            fetch = fetch.since(expected)
        elif first > expected:
            await self._report_gap(partition, expected, first, first_kept)
        if not self.one_lane() and self._unkeyed_halves(partition, fetch):
            self.unkeyed(partition)
            return
        if fetch and epoch == self.epoch:
            self._handling = True  # stays so where something below raises: then nothing is committed any more
            self._handle(partition, fetch)
            self._handling = False
            while sum(self._underway.values()) >= MAX_UNDERWAY:
                await asyncio.wait(self._underway, return_when=asyncio.FIRST_COMPLETED)

    async def tick(self) -> None:
        """Moves time where nothing is read; to be called a few times a second."""
        self.ticks += 1
        self._quiet.watch(time.monotonic())
        for lane in range(len(self.join.lanes)):
            self._move_time(lane)

    def quiet_ms(self, lane: int) -> dict[Partition, int]:
        """For how long each partition of a lane that is read to its end has been so."""
        names = self.join.partitions[lane]
        return self._quiet.look(time.monotonic(), names, self.ends(names))

    def _unkeyed_halves(self, partition: Partition, fetch: Fetch) -> bool:
        if None not in fetch.keys:
            return False
        values = [value for key, value in zip(fetch.keys, fetch.values, strict=True) if key is None]
        return bool(decode(self._sides[partition.topic], values).uuids)  # what is invalid needs no partner

    def _handle(self, partition: Partition, fetch: Fetch) -> None:
        lane = self.join.lane_of(partition)
        taken = self.join.take(partition, fetch, time.time_ns() // 1_000_000)
        self._quiet.read(partition)
        self.measures.fetched(len(fetch))
        aside = [*taken.aside, *(self._decide(lane, partition, taken.pairs) if taken.pairs else [])]
        self._put_aside(lane, aside)
        self._move_time(lane)
        for number, over in self.join.overflow():
            self._put_aside(number, over)

    def _decide(self, lane: int, partition: Partition, pairs: Pairs) -> list[Aside]:
        """Sends the predictions of pairs on their way; what the model cannot score goes aside."""
        values = self._values(pairs)
        aside: list[Aside] = []
        if values.min() < 0:
            refused = values < 0
            aside = self.join.refuse(pairs.where(refused), "the model gives no score for this pair")
            pairs, values = pairs.where(~refused), values[~refused]
        if len(pairs):
            records = self._form.fill(pairs.uuids, values.tolist())
            pairs.let_go()
            self._start(self._deliver(self.epoch, lane, partition.partition, pairs, records), len(records))
        return aside

    def _values(self, pairs: Pairs) -> NDArray[np.int8]:
        """What the model decides, a part at a time: the matrix of a whole fetch would be large."""
        steps = range(0, len(pairs), ROWS_AT_ONCE)
        parts = [self.model.decide(pairs.features(first, first + ROWS_AT_ONCE)) for first in steps]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    async def _deliver(
        self, epoch: int, lane: int, partition: int, pairs: Pairs, records: Sequence[tuple[bytes, bytes]]
    ) -> None:
        await self.writer.deliver(partition, records)
        self.measures.answered(time.time_ns() // 1_000_000 - pairs.ready_ms)
        if epoch == self.epoch:
            self.join.lanes[lane].resolve_pairs(pairs)

    def _put_aside(self, lane: int, aside: Sequence[Aside]) -> None:
        if not aside:
            return
        records = []
        for one in aside:
            name, offset = self.join.locate(lane, one)
            records.append(put_aside(one.reason, one.detail, *name, offset, one.stamp, one.key, one.value))
            if one.reason == "invalid":
                log.warning(
                    "invalid", topic=name.topic, partition=name.partition, offset=offset, why=one.detail
                )
        self._start(self._write_aside(self.epoch, lane, aside, records), len(records))

    async def _write_aside(
        self, epoch: int, lane: int, aside: Sequence[Aside], records: Sequence[Any]
    ) -> None:
        await self.output.put(records)
        if epoch == self.epoch:
            self.join.lanes[lane].resolve_aside(aside)

    def _start(self, work: Coroutine[Any, Any, None], records: int) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._underway[task] = records
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._underway[task]
        if not task.cancelled() and task.exception() is not None:
            self.measures.failure = task.exception()

    def _move_time(self, lane: int) -> None:
        quiet = self.quiet_ms(lane)
        self._put_aside(lane, self.join.advance(lane, quiet))
        held = self.join.held(lane, quiet.keys())
        if held != self._held_by_lane.get(lane, frozenset()):
            self._held_by_lane[lane] = held
            self.held = frozenset().union(*self._held_by_lane.values())

    async def _report_gap(
        self, partition: Partition, expected: int, found: int, first_kept: "FirstKept"
    ) -> None:
        """Offsets that were passed over: deleted by retention, or never there (transactions and compaction leave holes)."""
        first = await first_kept(partition)
        if first > expected:
            self.lost(partition, expected, min(first, found))


FirstKept = Callable[[Partition], Coroutine[Any, Any, int]]
