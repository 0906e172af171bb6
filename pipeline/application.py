"""The Faust application: one agent that takes whole polls, and a transport that works for our worker."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, cast

import faust
import mode
import structlog

from liftstream.contracts.connection import aiokafka_options, bootstrap_servers
from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.fetch import Partition
from liftstream.contracts.settings import Settings
from liftstream.service.clock import now_ms
from liftstream.service.kafka.polls import PollScheduler, PollSchema
from liftstream.service.kafka.transport import MOST_QUEUED, transport_for
from pipeline.group.assignor import Assignor, GroupDecision, me
from pipeline.group.co_partitioning import CoPartitioning, whole_topics
from pipeline.join.idleness import Ends
from pipeline.worker import Worker

FETCH_BYTES = 3 * 1024 * 1024
"""Bytes per partition and fetch. Large fetches make it fast; memory is bounded by the records of a poll instead. With 2 MiB
it is 5 % slower; with 4, all that a fetch brings is of one partition, and the others' halves wait for theirs."""
POLL_RECORDS = 10_000
"""Most records of a poll: a fetch holds twenty times more demographic records than historic ones."""
MOST_ON_THE_WAY = 3
"""Polls beside those that wait for the agent: one that is handled, one that waits for room, one that is read ahead."""
NEVER_FULL = 4096
"""Length of Faust's queue of polls. When it is full Faust sleeps for a second, so the transport limits it before."""
SESSION_S = 10.0
"""Session timeout: a worker that was silent for this long is out of its group."""
REBALANCE_S = 30.0
"""How long a group waits for workers that must join it again."""
REQUEST_S = 40.0
"""A broker that does not answer for so long is taken for dead, and another one is asked; a group answers who joins
after `REBALANCE_S` at the latest. By Faust's default of 90 s a worker stood still for two minutes where a broker hung
with its connections open."""
IDLE_S = 1e9
"""Whoever does not poll for so long leaves its group, and aiokafka joins again only when it polls; but Faust does not
poll without partitions. By default a worker that stood by for 17 minutes would never take over; one that hangs is the
watchdog's business."""
METADATA_MS = 3000
"""How soon new partitions are noticed, and topics that were deleted or created again; aiokafka would take five minutes.
"""
TICK_S = 0.25
FRESH_S = 2.0
"""Age of a broker's answer up to which a partition without news is at its end, not out of reach."""

log = structlog.get_logger()


class Application:
    """The Faust app with its worker.

    Args:
        settings: of the process.
        worker: takes the polls.
        co_partitioning: what is known of the keys so far.
    """

    def __init__(self, settings: Settings, worker: Worker, co_partitioning: CoPartitioning) -> None:
        self.worker = worker
        self.app = _faust_app(settings)
        self.app.transport = transport_for(worker)(self.app.conf.broker_consumer, self.app)
        # Faust makes it when it is first asked for; were that another thread, which looks at us, it would belong to no
        # loop
        self.consumer: Any = self.app.consumer
        self.assignor = cast(Assignor, self.app.assignor)
        self.assignor.co_partitioning = co_partitioning
        self._learned: tuple[GroupDecision | None, CoPartitioning] = None, co_partitioning
        worker.ends, worker.one_partition_group = self.ended, self._reads_everything
        worker.unkeyed, worker.made_anew = self._unkeyed, self._made_anew
        topics = self.app.topic(
            *worker.topics, acks=False, schema=PollSchema(key_type=bytes, value_type=bytes)
        )
        self.app.agent(topics, name="join", concurrency=1, supervisor_strategy=mode.CrashingSupervisor)(
            self._join
        )

    @property
    def raw(self) -> Any:
        """The aiokafka consumer; None before the start."""
        return self.consumer.raw

    @property
    def refusal(self) -> str | None:
        """The right to read that is missing now."""
        found: str | None = self.consumer.refusal
        return found

    def learned(self, co_partitioning: CoPartitioning) -> None:
        """Updates what is known of the keys; the group decides again if that changes who reads what."""
        log.info("keys", partitions_can_be_shared=co_partitioning.holds, why=co_partitioning.why)
        self.assignor.co_partitioning = co_partitioning
        decision = self.assignor.decision
        self._learned = decision, co_partitioning
        if decision is not None and (decision.members > 1 or decision.owner is None):
            self.consumer.ask_group()

    def in_force(self) -> CoPartitioning:
        """The co-partitioning that the group decided, or that this worker has learned since."""
        decision, (since, learned) = self.assignor.decision, self._learned
        if decision is None:
            return self.assignor.co_partitioning
        return learned if since is decision else decision.co_partitioning

    def standing_by(self) -> str | None:
        """Why another worker reads everything and this one nothing; None if this one reads."""
        decision = self.assignor.decision
        if decision is None or decision.owner is None or decision.owner == me():
            return None
        return f"{decision.owner} reads {whole_topics(self.worker.topics)}, because {decision.co_partitioning.why}"

    def _reads_everything(self) -> bool:
        decision = self.assignor.decision
        return decision is not None and decision.owner is not None

    def _unkeyed(self, partition: Partition) -> None:
        self.worker.give_back()  # from the commit on everything is read again, by one worker
        self.learned(CoPartitioning(False, f"{partition.topic} has records without keys"))

    async def look_for_other_topics(self) -> None:
        """Starts again if a topic was deleted and created again meanwhile."""
        partitions = self.worker.join.partitions
        topics = {name.topic for name in partitions}
        changed = await self.consumer.made_anew(topics) if topics else []
        for name in partitions:
            if name.topic in changed:
                self._made_anew(name)

    async def tick_on(self) -> None:
        """Ticks a few times a second, without Faust's timers, which begin only with the first partitions."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.consumer.look()
            await self.worker.tick()

    def _made_anew(self, partition: Partition) -> None:
        log.error("topic made anew", topic=partition.topic, partition=partition.partition)
        self.consumer.distrust(partition)
        self.worker.give_back()
        self.consumer.ask_group()

    def ended(self, partitions: Sequence[Partition]) -> Ends[Partition]:
        """The partitions that are read to their end, by a recent answer of the broker; makes no request.

        One whose end is in a transaction that is still open is not: what is behind its beginning cannot be read yet.
        """
        if not partitions:  # before the start there is no aiokafka consumer to ask
            return Ends(())
        looked_ms, raw = now_ms(), self.raw
        assigned = raw.assignment()
        ages_s, away = {}, False
        for name in partitions:
            if name not in assigned or name in self.worker.held:
                continue
            high, polled = raw.highwater(name), raw.last_poll_timestamp(name)
            taken = self.worker.join.positions.next_of(name)
            if polled is None or high is None or taken is None or taken < high:
                continue
            if looked_ms - polled < 1000 * FRESH_S:
                ages_s[name] = max(0, looked_ms - self.consumer.asked_ms(name)) / 1000
            else:
                away = True
        return Ends(ages_s.keys(), away, ages_s)

    async def first_kept(self, partition: Partition) -> int:
        """The first offset that the broker still has."""
        return int((await self.consumer.earliest_offsets(partition))[partition])

    async def _join(self, stream: Any) -> None:
        self.consumer.queued = stream.channel.queue.qsize
        async for event in stream.noack().events():
            polled = {Partition(*tp): records for tp, records in event.value.items()}
            await self.worker.take(polled, self.first_kept)


class _App(faust.App):
    """Faust's app, without its folder: it stores nothing."""

    logger = logging.getLogger("faust.app")  # else its chatter goes by our module's name

    def _create_directories(self) -> None:
        pass


def _faust_app(settings: Settings) -> faust.App:
    return _App(
        settings.pipeline.group,
        broker=[f"kafka://{address}" for address in bootstrap_servers(settings.kafka)],
        broker_credentials=_credentials(settings),
        store="memory://",
        topic_allow_declare=False,  # many brokers give no right to create topics
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,  # else a rebalance waits for halves that wait on purpose
        stream_buffer_maxsize=NEVER_FULL,
        table_standby_replicas=1,  # else aiokafka's round robin is taken, whatever PartitionAssignor says
        broker_session_timeout=SESSION_S,
        broker_rebalance_timeout=REBALANCE_S,
        broker_request_timeout=REQUEST_S,
        broker_heartbeat_interval=3,
        broker_max_poll_interval=IDLE_S,
        broker_commit_interval=1,
        broker_max_poll_records=poll_records(settings.pipeline.max_waiting),
        broker_check_crcs=False,
        consumer_metadata_max_age_ms=METADATA_MS,
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_auto_offset_reset="earliest",  # where reading begins is decided by the transport; this is for offsets gone
        worker_redirect_stdouts=False,
        ConsumerScheduler=PollScheduler,
        PartitionAssignor=Assignor,
    )


def poll_records(max_waiting: int) -> int:
    """How many records a poll may bring, so that records on their way do not overflow when a topic is held back.

    Holding back begins at half of what may wait; then `MOST_QUEUED` polls and `MOST_ON_THE_WAY` more are to come still.
    """
    return max(1, min(POLL_RECORDS, max_waiting // (2 * (MOST_QUEUED + MOST_ON_THE_WAY))))


def _credentials(settings: Settings) -> Any:
    options = aiokafka_options(settings.kafka)
    protocol, context = options["security_protocol"], options["ssl_context"]
    if protocol == "PLAINTEXT":
        return None
    if protocol == "SSL":
        return faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=options["sasl_plain_username"],
        password=options["sasl_plain_password"],
        mechanism=options["sasl_mechanism"],
        ssl_context=context,
    )


def crash_of(app: faust.App) -> LiftstreamError | None:
    """Why Faust gave up, if it did."""
    if not app.crashed:
        return None
    reason = app.crash_reason
    return LiftstreamError(
        f"the worker stopped: {type(reason).__name__}: {reason}; what was not committed is read again"
    )
