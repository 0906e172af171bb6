"""The worker between Kafka and the join: polls in, predictions and side output out, and how far to commit.

Everything that changes the join happens between two awaits, so the commit, which runs concurrently, always sees whole
polls. Writes in flight belong to an epoch, the time between two assignments; acknowledgements that arrive after its
end change nothing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import structlog

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.contracts.settings import Settings
from liftstream.contracts.side_output import NO_SCORE, PutAside, put_aside
from liftstream.scoring.decision import ROWS_AT_ONCE
from liftstream.service.clock import now_ms
from liftstream.service.kafka.aiokafka.lean_records import PolledRecords
from liftstream.service.kafka.writer import TopicWriter
from liftstream.streams.loading import load_stream
from pipeline.decision import ModelOutcome, all_outcomes
from pipeline.group.membership import SHARED
from pipeline.invalid_log import InvalidLog
from pipeline.join.idleness import Ends, Idleness
from pipeline.join.results import Aside, JoinCounts, Pairs
from pipeline.join.windowed_join import Join
from pipeline.measures import Measures
from pipeline.model import ServedModel
from pipeline.new_records import FirstKept, is_made_anew, not_taken
from pipeline.records.decoding import Decoder, decode
from pipeline.records.predictions import KeyedPrediction, PredictionForm
from pipeline.records.stream_decoder import StreamDecoder
from pipeline.restart_state import RestartState
from pipeline.schema_wait import SchemaWait
from pipeline.side_output import SideOutput
from pipeline.token import token_of
from pipeline.underway import Underway

log = structlog.get_logger()

Polled: TypeAlias = Mapping[Partition, PolledRecords]
LookAtEnds: TypeAlias = Callable[[Sequence[Partition]], Ends[Partition]]


class Worker:
    """See the module.

    Args:
        settings: of the process.
        model: decides.
        writer: to the prediction topic.
        output: for what gets no prediction.
        decoder: of the stream's records; default: of the stream that the settings name.

    Attributes:
        ends: set by the frame: which of some partitions are read to their end.
        one_partition_group: set by the frame: whether all partitions are joined with each other, not only equal numbers.
        note: stored with every commit: whether workers share the partitions.
        made_anew: set by the frame: called when a partition turns out to be another one of the same name.
        unkeyed: set by the frame: called when halves without keys are found where that must not be.
        held: the partitions that the frame must not fetch.
        schemas: waits for those of records.
    """

    def __init__(
        self,
        settings: Settings,
        model: ServedModel,
        writer: TopicWriter,
        output: SideOutput,
        decoder: StreamDecoder | None = None,
    ) -> None:
        pipeline = settings.pipeline
        self.decoder = decoder or StreamDecoder(load_stream(settings))
        self.stream = self.decoder.stream
        self.model, self.writer, self.output = model, writer, output
        self.counts, self.measures = JoinCounts(), Measures()
        self.held: frozenset[Partition] = frozenset()
        self.starts_at_end = pipeline.start == "latest"
        self.isolation_level: str = pipeline.isolation_level
        self.note = ""
        self.ends: LookAtEnds = lambda _: Ends(())
        self.one_partition_group: Callable[[], bool] = lambda: False
        self.made_anew: Callable[[Partition], None] = lambda _: None
        self.unkeyed: Callable[[Partition], None] = lambda _: None
        self.schemas = SchemaWait()
        self.epoch = 0
        self.ticks = 0
        self.topics = self.stream.topics
        self._sides = {topic: side for side, topic in enumerate(self.topics)}
        self._window_ms = round(self.stream.window_s * 1000)
        self._max_waiting = pipeline.max_waiting
        self._lateness_ms = round(pipeline.allowed_lateness_s * 1000)
        self._form = PredictionForm(
            token_of(pipeline, self.stream.answer), self.stream.answer, self.stream.decision
        )
        self._state = RestartState(pipeline.state, pipeline.group)
        self._underway = Underway(self._fail)
        self._handling = False
        self._invalid_log = InvalidLog()
        self._idleness: Idleness[Partition] = Idleness()
        self._close_epoch()

    def _close_epoch(self) -> None:
        self.epoch += 1
        self.held = frozenset()
        self.join = Join(self.decoder.sides, [], {}, self._window_ms, self._max_waiting, self.counts)
        self._committed: dict[Partition, int] = {}
        self._restart_from: dict[Partition, int] = {}
        self._to_commit: dict[Partition, int] = {}
        self._idleness.forget()

    # What the transport calls: see `transport.Assignee`.

    def open(self, positions: Mapping[Partition, int], committed: Mapping[Partition, int]) -> None:
        """Partitions were assigned: reading begins at these positions."""
        self.give_back()
        together = self.one_partition_group()
        partition_groups: dict[int, dict[Partition, int]] = {}
        for name in sorted(positions):
            partition_groups.setdefault(0 if together else name.partition, {})[name] = self._sides[name.topic]
        restarts = self._state.recall(partition_groups.values(), positions, committed)
        self.join = Join(
            self.decoder.sides,
            partition_groups.values(),
            positions,
            self._window_ms,
            self._max_waiting,
            self.counts,
            restarts,
            self._lateness_ms,
        )
        self.note = "" if together else SHARED
        # what nobody has written to is committed again, for the note
        self._committed = {name: at for name, at in committed.items() if at or together}
        self._restart_from = dict(positions)
        log.info(
            "assigned", partitions=[f"{name.topic}/{name.partition}@{at}" for name, at in positions.items()]
        )

    async def settle(self, within_s: float) -> None:
        """Waits a while for what is under way."""
        await self._underway.settle(within_s)

    def give_back(self) -> None:
        """The partitions go, and with them everything that waits."""
        if not self._handling:  # the last commit may have been refused: what was resolved since the one before is kept all the same
            self._remember(self.join.sources.by_group(self._restart_from))
        self.join.give_back()
        self._close_epoch()

    def to_commit(self) -> dict[Partition, int]:
        """What may be committed and was not; nothing after a poll that was not handled to its end."""
        if self._handling:
            return {}
        commits = self.join.positions.to_commit(self._window_ms)
        self._to_commit = {name: at for commit in commits for name, at in commit.items()}
        self._remember(commits)
        return {name: at for name, at in self._to_commit.items() if self._committed.get(name) != at}

    def _remember(self, commits: Sequence[Mapping[Partition, int]]) -> None:
        """Stores which records are resolved beyond positions at which a worker may restart, by partition group."""
        resolved = self.join.positions.resolved_from(
            {name: at for commit in commits for name, at in commit.items()}
        )
        self._state.remember([(commit, {name: resolved[name] for name in commit}) for commit in commits])

    def committed(self, commit: Mapping[Partition, int]) -> None:
        """The broker has it."""
        self.measures.commits += 1
        self._committed.update(commit)
        self._restart_from.update(commit)
        self.join.positions.committed(self._to_commit)
        self._state.committed(self._to_commit)

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

    async def take(self, polled: Polled, first_kept: FirstKept) -> None:
        """Takes in what a poll has brought; returns when there is room for the next one.

        Args:
            polled: what was read, by partition.
            first_kept: asks the broker for the first offset it still has of a partition.
        """
        epoch, fetches, reached = self.epoch, [], {}
        for partition, part in polled.items():
            expected = self.join.positions.next_of(partition)
            if is_made_anew(expected, part):
                self.made_anew(partition)
                return
            fetch = await not_taken(expected, partition, part, first_kept, self.lost)
            await self.schemas.learn(self._decoder(partition).wire, fetch.values, lambda: epoch != self.epoch)
            if epoch != self.epoch:
                return
            if self._unkeyed_halves(partition, fetch):
                self.unkeyed(partition)
                return
            reached[partition] = part.end
            if fetch:
                fetches.append((partition, fetch))
        if epoch == self.epoch:
            self._handling = True  # stays so where something below raises: then nothing is committed any more
            if fetches:
                self._handle(fetches)
            for partition, offset in reached.items():
                self.join.positions.reach(partition, offset)
            self._handling = False
            await self._underway.has_room()

    async def tick(self) -> None:
        """Moves the watermarks where nothing is read; to be called a few times a second."""
        self.ticks += 1
        self._put_aside(self._advance())

    def idle_ms(self) -> dict[Partition, int]:
        """For how long each partition that is read to its end has been idle."""
        names = self.join.partitions
        return self._idleness.look(time.monotonic(), names, self.ends(names))

    def _decoder(self, partition: Partition) -> Decoder:
        return self.decoder.sides[self._sides[partition.topic]]

    def _unkeyed_halves(self, partition: Partition, fetch: Fetch) -> bool:
        """Whether there are halves without keys where that must not be."""
        if None not in fetch.keys or self.one_partition_group():
            return False
        decoder = self._decoder(partition)
        if len(self.topics) == 1 or decoder.side.id.path is None:
            return False
        values = [value for key, value in zip(fetch.keys, fetch.values, strict=True) if key is None]
        found = decode(decoder.side, values, None, decoder.wire)  # what is invalid needs no partner
        return len(found.uuids) > 0

    def _handle(self, fetches: Sequence[tuple[Partition, Fetch]]) -> None:
        self.decoder.forget_words(self.join.table.waiting_rows)
        taken_ms = now_ms()
        taken = self.join.take(fetches, taken_ms)
        for partition, fetch in fetches:
            self._idleness.read(partition)
            self.measures.ahead_ms[partition.topic] = int(fetch.stamps[-1]) - taken_ms
        self.measures.fetch_sizes.add_one(taken.read)
        refused = self._decide(taken.pairs) if taken.pairs else []
        self._put_aside([*taken.aside, *refused, *self._advance(), *self.join.overflow()])

    def _decide(self, pairs: Pairs) -> list[Aside]:
        """Sends the predictions of pairs on their way; what the model cannot score goes aside."""
        outcome = self._outcome(pairs)
        aside: list[Aside] = []
        if outcome.values.min() < 0:
            refused = outcome.values < 0
            aside = self.join.refuse(pairs.where(refused), NO_SCORE)
            pairs, outcome = pairs.where(~refused), outcome.where(~refused)
        if len(pairs):
            records = self._form.fill_by_partition(pairs.uuids, outcome.values, pairs.written_to, outcome)
            pairs.let_go()
            self._underway.start(self._deliver(self.epoch, pairs, records), len(pairs))
        return aside

    def _outcome(self, pairs: Pairs) -> ModelOutcome:
        """What the model decides, a part at a time: the matrix of a whole poll would be large."""
        steps = range(0, len(pairs), ROWS_AT_ONCE)
        return all_outcomes(
            [self.model.judge(pairs.features(first, first + ROWS_AT_ONCE)) for first in steps]
        )

    async def _deliver(
        self, epoch: int, pairs: Pairs, records: Sequence[tuple[int, Sequence[KeyedPrediction]]]
    ) -> None:
        await self.writer.deliver(records)
        self.measures.answered(now_ms() - pairs.ready_ms)
        if epoch == self.epoch:
            self.join.positions.resolve_pairs(pairs)

    def _put_aside(self, aside: Sequence[Aside]) -> None:
        if not aside:
            return
        records = [
            put_aside(one.reason, one.detail, *one.partition, one.offset, one.stamp, one.key, one.value)
            for one in aside
        ]
        self._invalid_log.say([one for one in aside if one.reason == "invalid"])
        self._underway.start(self._write_aside(self.epoch, aside, records), len(records))

    async def _write_aside(self, epoch: int, aside: Sequence[Aside], records: Sequence[PutAside]) -> None:
        await self.output.put(records)
        if epoch == self.epoch:
            self.join.positions.resolve_aside(aside)

    def _fail(self, error: BaseException) -> None:
        self.measures.failure = error

    def _advance(self) -> list[Aside]:
        """Moves the watermarks, and says what is held; the halves that they have passed."""
        idle = self.idle_ms()
        aside = self.join.advance(idle)
        self.held = self.join.held(idle)
        return aside
