"""Faust's aiokafka transport with the places changed where it would lose or delay records.

Tried on a real broker; what begins with an underscore in Faust or aiokafka is private, so both are pinned exactly and
`tests/pipeline/test_transport.py` says what moved after an upgrade. What is changed:

- the fetch wait, which Faust fixes at 1.5 s: one empty long poll holds up the broker's other partitions (`pace.py`); and its size;
- what a record is: the parser's own, see `lean_records.py`; and how answers are read, see `frames.py`;
- whether records of transactions that are open or rolled back are read: not unless a setting says so;
- which partitions are fetched: those held back are left out. Faust's own pausing drops records that are fetched already;
- the commit: our own positions of both topics, not what agents acknowledged;
- the start of an assignment: where reading begins, and what retention has taken meanwhile;
- the end of one: commit while the generation is still valid, then forget everything.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol, cast

import structlog
from aiokafka import TopicPartition, conn
from aiokafka.consumer import fetcher, subscription_state
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from liftstream.contracts.fetch import Partition
from liftstream.service.kafka.frames import FrameConnection
from liftstream.service.kafka.kafka_errors import missing_right
from liftstream.service.kafka.lean_records import LeanRecords, LeanResult, PartitionState
from liftstream.service.kafka.pace import AT_ONCE, FetchWait, Pace
from liftstream.service.kafka.requests import ask_topic_ids

FETCHES = {"_fetch_max_wait_ms": AT_ONCE.max_wait_ms, "_fetch_max_bytes": 4 * 1024 * 1024}
"""How long a fetch waits for records, and what it brings at most of all partitions: aiokafka copies it twice."""
WAITS = "_fetch_min_bytes", "_fetch_max_wait_ms"
"""Of aiokafka's fetcher, which reads them for every fetch."""
MOST_QUEUED = 4
"""Polls that wait for the agent; then no more are read. Faust's own limit would do this by a second of sleep."""
QUEUE_LOOK_S = 0.002
COMMIT_WITHIN_S = 3.0
DELIVER_WITHIN_S = 2.0
NOTHING_TO_FETCH_S = 0.02
REFUSED_LOOK_S = 1.0
REFUSALS = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)

FAUST = logging.getLogger("faust.transport")
"""Faust's own messages from the classes below; they would go by our module's name and so past the limits on noise."""

log = structlog.get_logger()


class Assignee(Protocol):
    """Who reads what the consumer fetches."""

    held: frozenset[Partition]
    starts_at_end: bool
    isolation_level: str

    def open(self, positions: Mapping[Partition, int], committed: Mapping[Partition, int]) -> None:
        """Partitions were assigned: reading begins at these positions."""

    async def settle(self, within_s: float) -> None:
        """Waits a while for what is under way."""

    def give_back(self) -> None:
        """The partitions go."""

    def to_commit(self) -> dict[Partition, int]:
        """What may be committed now and was not before."""

    def committed(self, commit: Mapping[Partition, int]) -> None:
        """The broker has it."""

    def lost(self, partition: Partition, wanted: int, found: int) -> None:
        """Records from `wanted` to `found` are not on the broker any more."""


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, which waits less for a fetch and shows the aiokafka consumer it made."""

    logger = FAUST
    raw: Any = None

    def _create_worker_consumer(self, transport: Any) -> Any:
        raw = super()._create_worker_consumer(transport)
        chosen = FETCHES | {"_isolation_level": cast(Any, self.consumer).assignee.isolation_level}
        for name, value in chosen.items():  # read by aiokafka when it starts
            if not hasattr(raw, name):
                raise RuntimeError(f"aiokafka changed: {name} cannot be set")
            setattr(raw, name, value)
        replace_in(fetcher, LeanRecords, "_consumer_record")
        replace_in(fetcher, LeanResult, "getall")
        replace_in(subscription_state, PartitionState, "await_reset")
        replace_in(conn, FrameConnection, "_create_reader_task")
        self.raw = raw
        return raw

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """As Faust's, but for a right that is missing or a topic that is gone: both are waited for, not died of."""
        raw, assigned = self.raw, self.assignment()
        wanted = {
            TopicPartition(*tp): OffsetAndMetadata(at, "") for tp, at in offsets.items() if tp in assigned
        }
        try:
            await raw.commit(wanted)
        except (*REFUSALS, UnknownTopicOrPartitionError):
            return False
        except Exception:  # noqa: BLE001  # whatever else it is, Faust knows what it means
            done: bool = await super()._commit(offsets)
            return done
        return True

    async def forget_refusal(self, error: KafkaError) -> None:
        """Has the coordinator go on after a right was refused: otherwise it waits for whoever takes notice of its error."""
        coordinator = self.raw._coordinator
        with contextlib.suppress(KafkaError):
            coordinator.check_errors()
        if isinstance(error, GroupAuthorizationFailedError):
            coordinator.request_rejoin()

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Waits for the consumer first: on a slow machine Faust subscribes before its own thread has made it, and crashes."""
        while self._consumer is None and not self.should_stop:
            await asyncio.sleep(NOTHING_TO_FETCH_S)
        await super().subscribe(topics)


class Consumer(driver.Consumer):
    """Faust's consumer, which reads and commits what its assignee says."""

    logger = FAUST
    assignee: ClassVar[Assignee]
    queued: Callable[[], int] = staticmethod(lambda: 0)
    """How many polls the agent has not taken yet; set when it starts."""
    _thread: ConsumerThread
    _has_begun = False
    refusal: str | None = None
    """The right that is missing now."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._made_anew: set[Partition] = set()
        self._topic_ids: dict[str, bytes] = {}
        self._pace = Pace()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def raw(self) -> Any:
        """The aiokafka consumer: its assignment, highwater and last poll are public; None before the start."""
        return self._thread.raw

    def ask_group(self) -> None:
        """Has the group decide again who reads what."""
        thread = cast(Any, self._thread)
        thread.thread_loop.call_soon_threadsafe(thread.raw._coordinator.request_rejoin)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        while self.queued() >= MOST_QUEUED:
            await asyncio.sleep(QUEUE_LOOK_S)
        wanted = (
            set(active_partitions or ()) - self.assignee.held
        )  # a copy: Faust shares its set with the thread
        if not wanted:  # to aiokafka an empty set means all
            await asyncio.sleep(NOTHING_TO_FETCH_S)
            return {}
        try:
            found = await super()._getmany(wanted, timeout)
        except REFUSALS as error:
            return await self._wait_for_right(error)
        if found:
            self.refusal = None
            self._set_wait(self._pace.polled(time.monotonic()))
        return found

    async def _wait_for_right(self, error: KafkaError) -> dict[Any, Any]:
        kind = "group" if isinstance(error, GroupAuthorizationFailedError) else "topic"
        self.refusal = missing_right("READ", f"{kind} {error.args[0] if error.args else ''}".rstrip())
        log.warning("waiting", what=self.refusal)
        await self._thread.call_thread(self._thread.forget_refusal, error)
        await asyncio.sleep(REFUSED_LOOK_S)
        return {}

    def look(self) -> None:
        """Has fetches wait as long as the traffic asks for; to be called a few times a second."""
        if self.raw is not None:
            self._set_wait(self._pace.look(time.monotonic()))

    def _set_wait(self, wait: FetchWait) -> None:
        fetcher_of_ours = self.raw._fetcher
        if fetcher_of_ours is None:  # the consumer is made in its own thread, and has not started yet
            return
        for name, value in zip(WAITS, wait, strict=True):
            if getattr(fetcher_of_ours, name, None) != value:
                setattr(fetcher_of_ours, name, value)

    async def made_anew(self, topics: Iterable[str]) -> list[str]:
        """The topics that are others of the same name than when this was asked before."""
        asked = await self._thread.call_thread(ask_topic_ids, self.raw._client, sorted(topics))
        changed = [topic for topic, known in asked.items() if self._topic_ids.get(topic, known) != known]
        self._topic_ids |= asked
        return changed

    def distrust(self, partition: Partition) -> None:
        """The partition is another one of the same name: what is committed for it means nothing."""
        self._made_anew.add(partition)

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Called at every assignment; begins a new one with the assignee."""
        if not self.assignment():
            self.assignee.open({}, {})
            return {}
        for topic in await self.made_anew({tp.topic for tp in self.assignment()}):
            self._made_anew |= {Partition(*tp) for tp in self.assignment() if tp.topic == topic}
        found = await super().seek_to_committed()
        committed = {tp: None if Partition(*tp) in self._made_anew else at for tp, at in found.items()}
        first, end = await self.earliest_offsets(*committed), await self.highwaters(*committed)
        at_end = self.assignee.starts_at_end and not await self._is_known(committed)
        positions = {tp: self._begin(tp, at, first[tp], end[tp], at_end) for tp, at in committed.items()}
        self._has_begun, self.refusal = True, None
        # aiokafka seeks only where there is a commit above 0, and elsewhere goes on from wherever it was
        await self.seek_wait({tp: at for tp, at in positions.items() if committed[tp] != at or at == 0})
        self.assignee.open(
            _named(positions), _named({tp: at for tp, at in committed.items() if at is not None})
        )
        return positions

    async def _is_known(self, committed: Mapping[Any, int | None]) -> bool:
        """Whether this process or its group has read these topics before: a partition without a commit is new then."""
        if self._has_begun or any(at is not None for at in committed.values()):
            return True
        cluster, coordinator = self.raw._client.cluster, self.raw._coordinator
        topics = {tp.topic for tp in committed}
        every = [TopicPartition(one, n) for one in topics for n in cluster.partitions_for_topic(one) or ()]
        others = await self._thread.call_thread(coordinator.fetch_committed_offsets, every)
        return any(one.offset >= 0 for one in others.values())

    def _begin(self, tp: Any, committed: int | None, first: int, end: int, at_end: bool) -> int:
        if committed is None:
            return end if at_end else first
        if committed < first:
            self.assignee.lost(Partition(*tp), committed, first)
            return first
        if (
            committed > end and self.assignee.isolation_level == "read_uncommitted"
        ):  # else `end` is a stable offset
            log.error("topic made anew", topic=tp.topic, partition=tp.partition, committed=committed, end=end)
            return first
        return committed

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commits the positions of both topics together; False where there is nothing to commit or the broker does not take it now."""
        commit = self.assignee.to_commit()
        if not commit:
            return False
        believed = (
            self._made_anew & commit.keys()
        )  # not what is found to be made anew while this commit is under way
        try:
            done = bool(await asyncio.wait_for(self._commit(cast(Mapping[TP, int], commit)), COMMIT_WITHIN_S))
        except TimeoutError:  # without a broker it would wait for ever
            return False
        if done:
            self._made_anew -= believed
            self.assignee.committed(commit)
        return done

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """The generation is still valid here, and Faust has not cleared its state yet: the last chance to commit."""
        await self.assignee.settle(DELIVER_WITHIN_S)
        try:
            await asyncio.wait_for(self.commit(), COMMIT_WITHIN_S)
        except TimeoutError:
            log.warning("not committed before the partitions went")
        self.assignee.give_back()
        await super().on_partitions_revoked(revoked)


def transport_for(assignee: Assignee) -> type[driver.Transport]:
    """The transport whose consumer works for `assignee`."""
    consumer = type("Consumer", (Consumer,), {"assignee": assignee})
    return type("Transport", (driver.Transport,), {"Consumer": consumer})


def replace_in(module: Any, better: type, changed: str) -> None:
    """Has aiokafka use a class of ours in this process, in the place of the one that it is made of.

    Raises:
        RuntimeError: aiokafka changed, and would never call what ours changes.
    """
    name = better.__mro__[1].__name__
    if not hasattr(getattr(module, name, None), changed):
        raise RuntimeError(f"aiokafka changed: {module.__name__}.{name} has no {changed}")
    setattr(module, name, better)


def _named(offsets: Mapping[Any, int]) -> dict[Partition, int]:
    return {Partition(*tp): at for tp, at in offsets.items()}
