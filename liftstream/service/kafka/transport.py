"""Faust's aiokafka transport with the places changed where it would lose or delay records.

Tried on a real broker; what begins with an underscore in Faust or aiokafka is private, so both are pinned exactly and
`tests/service/kafka/test_transport.py` says what moved after an upgrade. What is changed:

- the fetch wait, which Faust fixes at 1.5 s: one empty long poll holds up the broker's other partitions (`pace.py`);
  and its size;
- what a record is: the parser's own, see `aiokafka/lean_records.py`; and how answers are read, see `aiokafka/frames.py`;
- whether records of transactions that are open or rolled back are read: not unless a setting says so;
- which partitions are fetched: those held back are left out. Faust's own pausing drops records that are fetched already;
- when: the next poll is read while the agent works on the last one, which Faust would begin only after that;
- the commit: our own positions of both topics, not what agents acknowledged, one at a time (`commits.py`); and what is
  taken for committed, see `aiokafka/coordinator.py`;
- the start of an assignment: where reading begins, and what retention has taken meanwhile;
- the end of one: commit while the generation is still valid, then forget everything.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol, cast

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from liftstream.contracts.fetch import Partition
from liftstream.service.kafka.aiokafka.coordinator import REFUSALS, GroupRefused
from liftstream.service.kafka.commits import CommitQueue
from liftstream.service.kafka.consumer_thread import FAUST, ConsumerThread
from liftstream.service.kafka.kafka_errors import missing_right_to_read
from liftstream.service.kafka.pace import FetchWait, Pace
from liftstream.service.kafka.requests import ask_topic_ids

WAITS = "_fetch_min_bytes", "_fetch_max_wait_ms"
"""Of aiokafka's fetcher, which reads them for every fetch."""
MOST_QUEUED = 4
"""Polls that wait for the agent; then no more are read. Faust's own limit would do this by a second of sleep."""
QUEUE_LOOK_S = 0.002
COMMIT_WITHIN_S = 3.0
DELIVER_WITHIN_S = 2.0
SEEK_WITHIN_S = 25.0
"""Well below the request timeout, after which Faust gives up."""
AHEAD_S = 0.02
"""How long a poll that is read ahead waits for records: those of partitions that are wanted only since then wait for it."""
NOTHING_TO_FETCH_S = 0.02
REFUSED_LOOK_S = 1.0
REFUSED_FOR_S = 4.0
"""A right that was not refused for so long is there again."""

log = structlog.get_logger()


class Assignee(Protocol):
    """Who reads what the consumer fetches."""

    held: frozenset[Partition]
    starts_at_end: bool
    isolation_level: str
    note: str
    """Stored with every commit."""

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


class Consumer(driver.Consumer):
    """Faust's consumer, which reads and commits what its assignee says."""

    logger = FAUST
    assignee: ClassVar[Assignee]
    queued: Callable[[], int] = staticmethod(lambda: 0)
    """How many polls the agent has not taken yet; set when it starts."""
    _thread: ConsumerThread
    _has_begun = False
    refusal: str | None = None
    """The right that is missing now, or why the group does not take us."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._made_anew: set[Partition] = set()
        self._topic_ids: dict[str, bytes] = {}
        self._pace = Pace()
        self._commits = CommitQueue(self._commit_now)
        self._refused_s = float("-inf")
        self._ahead: asyncio.Future[Any] | None = None

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def raw(self) -> Any:
        """The aiokafka consumer: its assignment, highwater and last poll are public; None before the start."""
        return self._thread.raw

    def asked_ms(self, partition: Partition) -> int:
        """When the question was sent whose answer came last for a partition, in ms since 1970."""
        state = self.raw._subscription.subscription.assignment.state_value(TopicPartition(*partition))
        return int(state.asked_ms)

    def ask_group(self) -> None:
        """Has the group decide again who reads what."""
        thread = cast(Any, self._thread)
        thread.thread_loop.call_soon_threadsafe(thread.raw._coordinator.request_rejoin)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        while self.queued() >= MOST_QUEUED:
            await asyncio.sleep(QUEUE_LOOK_S)
        # a copy: Faust shares its set with the thread
        wanted = set(active_partitions or ()) - self.assignee.held
        if not wanted:  # to aiokafka an empty set means all
            await asyncio.sleep(NOTHING_TO_FETCH_S)
            return {}
        ahead, self._ahead = self._ahead, None
        try:
            found = (ahead and await ahead) or await super()._getmany(wanted, timeout)
        except REFUSALS as error:
            return await self._wait_for_right(error)
        if found:
            self._set_wait(self._pace.polled(time.monotonic()))
            self._ahead = asyncio.ensure_future(super()._getmany(wanted, AHEAD_S))
            self._ahead.add_done_callback(_take_notice)
        return found

    def _forget_ahead(self) -> None:
        """What was read ahead goes: reading begins elsewhere."""
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    async def _wait_for_right(self, error: KafkaError) -> dict[Any, Any]:
        await self._try_again(error)
        await asyncio.sleep(REFUSED_LOOK_S)
        return {}

    async def _try_again(self, error: KafkaError) -> None:
        self.note_refusal(error)
        await self._thread.call_thread(self._thread.go_on, error)

    def note_refusal(self, error: KafkaError) -> None:
        """Remembers what is refused, for as long as it goes on being refused."""
        self._refused_s = time.monotonic()
        why = str(error.args[0]) if isinstance(error, GroupRefused) else self._missing_right(error)
        if why != self.refusal:
            log.warning("waiting", what=why)
        self.refusal = why

    @staticmethod
    def _missing_right(error: KafkaError) -> str:
        kind = "group" if isinstance(error, GroupAuthorizationFailedError) else "topic"
        what = error.args[0] if error.args else ""
        name = what if isinstance(what, str) else ", ".join(sorted(what))
        return missing_right_to_read(f"{kind} {name}".rstrip())

    async def look(self) -> None:
        """Has fetches wait as long as the traffic asks for, and asks again for a right that is missing; to be called a
        few times a second.

        A worker without partitions does not poll and so never sees a refusal: the coordinator would wait forever.
        """
        if self.raw is None:
            return
        now_s = time.monotonic()
        self._set_wait(self._pace.look(now_s))
        error = self._thread.refused
        if error is not None and now_s - self._refused_s > REFUSED_LOOK_S:
            await self._try_again(error)
        elif now_s - self._refused_s > REFUSED_FOR_S:
            self.refusal = None

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
        """Called at every assignment; begins a new one with the assignee, as soon as we may know what is committed.

        Faust gives up for good after `broker_request_timeout`, and would read nothing any more. So before that the
        assignment is one of nothing, and the group is asked for another.
        """
        try:
            async with asyncio.timeout(SEEK_WITHIN_S):
                while True:
                    try:
                        return await self._seek_to_committed()
                    except REFUSALS as error:
                        await self._wait_for_right(error)
        except TimeoutError:
            log.warning("waiting", what="no answer to what is committed; the group is asked again")
            self.assignee.open({}, {})
            self.ask_group()
            return {}

    async def _seek_to_committed(self) -> Mapping[Any, int]:
        if not self.assignment():
            self.assignee.open({}, {})
            return {}
        for topic in await self.made_anew({tp.topic for tp in self.assignment()}):
            self._made_anew |= {Partition(*tp) for tp in self.assignment() if tp.topic == topic}
        found = await self._committed(self.assignment())
        committed = {tp: None if Partition(*tp) in self._made_anew else at for tp, at in found.items()}
        first, end = await self.earliest_offsets(*committed), await self.highwaters(*committed)
        at_end = self.assignee.starts_at_end and not await self._is_known(committed)
        positions = {tp: self._begin(tp, at, first[tp], end[tp], at_end) for tp, at in committed.items()}
        # what is committed is told only to those who may read the group
        self._has_begun, self.refusal = True, None
        self._forget_ahead()
        await self.seek_wait(positions)
        self.assignee.open(
            _named(positions), _named({tp: at for tp, at in committed.items() if at is not None})
        )
        return positions

    async def _is_known(self, committed: Mapping[Any, int | None]) -> bool:
        """Whether this process or its group has read these topics before: a partition without a commit is new then."""
        if self._has_begun or any(at is not None for at in committed.values()):
            return True
        cluster, topics = self.raw._client.cluster, {tp.topic for tp in committed}
        every = [TP(one, number) for one in topics for number in cluster.partitions_for_topic(one) or ()]
        return any(at is not None for at in (await self._committed(every)).values())

    async def _committed(self, partitions: Iterable[TP]) -> dict[TP, int | None]:
        """What the group has committed, by one question: aiokafka's own way there asks for one partition after the other."""
        wanted = {tp: TopicPartition(*tp) for tp in partitions}
        asked = self.raw._coordinator.fetch_committed_offsets
        found = await self._thread.call_thread(asked, list(wanted.values()))
        return {tp: found[name].offset if name in found else None for tp, name in wanted.items()}

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

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commits the positions of both topics together; False where there is nothing to commit or the broker does not
        take it now."""
        return await self._commits.commit(COMMIT_WITHIN_S)

    async def _commit_now(self) -> bool:
        """One commit; none while a right to read is missing: the broker would take one topic's positions and refuse the
        other's."""
        commit = {} if self.refusal else self.assignee.to_commit()
        if not commit:
            return False
        # not what is found to be made anew while this commit is under way
        believed = self._made_anew & commit.keys()
        done = bool(await self._commit(cast(Mapping[TP, int], commit)))
        if done:
            self._made_anew -= believed
            self.assignee.committed(commit)
        return done

    @Service.task
    async def _commit_handler(self) -> None:
        """In the place of Faust's timer, which begins the next commit at its time even where a slow broker has not
        answered the last."""
        while not self.should_stop:
            await self.sleep(self.commit_interval)
            await self.commit()

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's looks at acknowledgements that there are none of; `watchdog.py` looks at what moves."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """The generation is still valid here, and Faust has not cleared its state yet: the last chance to commit."""
        await self.assignee.settle(DELIVER_WITHIN_S)
        await self.commit()
        if await self._commits.give_up():
            log.warning("not committed before the partitions went")
        self.assignee.give_back()
        self._forget_ahead()
        await super().on_partitions_revoked(revoked)


def transport_for(assignee: Assignee) -> type[driver.Transport]:
    """The transport whose consumer works for `assignee`."""
    consumer = type("Consumer", (Consumer,), {"assignee": assignee})
    return type("Transport", (driver.Transport,), {"Consumer": consumer})


def _take_notice(done: asyncio.Future[Any]) -> None:
    """An error of reading ahead is told to who reads on, if anybody does."""
    if not done.cancelled():
        done.exception()


def _named(offsets: Mapping[Any, int]) -> dict[Partition, int]:
    return {Partition(*tp): at for tp, at in offsets.items()}
