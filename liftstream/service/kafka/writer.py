"""Writes record batches to Kafka, and repeats until the broker has acknowledged them.

aiokafka's idempotent producer already waits while a broker is down. Batches that it gives up (no right, deleted
topic, record too large) are tried again here with a new producer, because one whose batch was refused has a gap in
its sequence. The input stays uncommitted meanwhile, and `/ready` gives the reason.
"""

import asyncio
import contextlib
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerClosed

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.clock import now_ms
from liftstream.service.kafka.advertised import find_unreachable
from liftstream.service.kafka.aiokafka.batches import Runs, batches_of
from liftstream.service.kafka.aiokafka.client_start import undisturbed
from liftstream.service.kafka.aiokafka.rebootstrap import have_clients_look_again
from liftstream.service.kafka.even_records import Record
from liftstream.service.kafka.kafka_errors import FOR_GOOD, advice, in_words, listen_for_refusals, refused
from liftstream.service.logs import PAUSE_S

MAX_BATCH_BYTES: Final = 512 * 1024
"""Of one record batch; Kafka accepts 1 MiB unless told otherwise."""
FEWEST_BYTES: Final = 1024
"""Of a record batch that is still tried where the broker takes none of a size."""
BATCH_HEAD: Final = 128
RECORD_HEAD: Final = 24
"""What a batch and a record need besides keys and values, generously."""
RETRY_S: Final = 1.0
LONG_S: Final = 5.0
STOP_WITHIN_S: Final = 2.0
PARTITIONS_WITHIN_S: Final = 5.0

Parts: TypeAlias = Iterable[tuple[int, Sequence[Record]]]
"""Partitions and records of theirs; those of numbers that the topic does not have go where the rest of a division says."""

log = structlog.get_logger()


@dataclass
class Gathered:
    """Records that are written together, by partition."""

    parts: defaultdict[int, list[Sequence[Record]]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: bool = False


class TopicWriter:
    """Delivers keyed records to partitions of one topic.

    `trouble` says in words why nothing can be written at the moment, and is None where it can.
    """

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        have_clients_look_again()
        self._options = aiokafka_options(kafka)
        self._kafka = kafka
        self.topic = topic
        self._refusal: str | None = None
        self._told: dict[str, float] = {}
        self._begun: dict[int, float] = {}
        self._numbers = itertools.count()
        self._gathered: dict[int | None, Gathered] = {}  # by broker
        self._turns: defaultdict[int | None, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.acknowledged = 0
        self._most_bytes = self._tried_bytes = MAX_BATCH_BYTES
        self.fit: Callable[[Record, int], Record] | None = None
        """Makes a record smaller that is too large for the topic; None: such a record is tried on and on."""
        self._producer: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()
        self.partitions = 0

    @property
    def trouble(self) -> str | None:
        """Why the last attempt failed; or that one takes long: aiokafka asks 40 s for a topic that is gone, and forever
        for a broker."""
        oldest = min(list(self._begun.values()), default=None)
        waited_s = 0.0 if oldest is None else time.monotonic() - oldest
        if self._refusal is None and waited_s > LONG_S:
            return f"no acknowledgement of what was written to {self.topic} {waited_s:.0f} s ago"
        return self._refusal

    async def open(self) -> None:
        """Waits until a broker answers; says so in `trouble` and the log meanwhile.

        Raises:
            BrokerError: a broker answers and refuses us: certificate, user or password are not right.
        """
        await self._renew(None, at_start=True)

    async def partitions_of(self, topic: str) -> int:
        """How many partitions a topic has; 0 where there is none of that name, or none that we may see."""
        if self._producer is None:
            return 0
        with contextlib.suppress(TimeoutError, KafkaError):  # for a missing topic aiokafka asks again forever
            return len(
                await asyncio.wait_for(self._producer.partitions_for(topic), PARTITIONS_WITHIN_S) or ()
            )
        return 0

    async def deliver(self, parts: Parts) -> None:
        """Returns when all records are acknowledged, however long that takes.

        What comes while a write to their broker is under way goes together in the next one.
        """
        turns: dict[int | None, Gathered] = {}
        for partition, records in parts:
            broker = self._leader_of(partition)
            turns[broker] = self._gathered.setdefault(broker, Gathered())
            turns[broker].parts[partition].append(records)
        number = next(self._numbers)
        self._begun[number] = time.monotonic()
        try:
            await asyncio.gather(*(self._take_turn(*turn) for turn in turns.items()))
        finally:
            del self._begun[number]

    async def _take_turn(self, broker: int | None, gathered: Gathered) -> None:
        """Whoever's turn it is writes for all who wait; who comes to his turn after that finds it done."""
        async with self._turns[broker]:
            if not gathered.acknowledged:
                if self._gathered.get(broker) is gathered:
                    del self._gathered[broker]
                await self._deliver(gathered.parts)
                gathered.acknowledged = True

    async def _deliver(self, parts: dict[int, list[Sequence[Record]]]) -> None:
        while True:
            producer = self._producer
            try:
                await self._attempt(producer, parts)
            except (KafkaError, ValueError) as error:
                if not (isinstance(error, MessageSizeTooLargeError) and self._can_be_smaller()):
                    self._say(f"writing to {self.topic} is refused: {in_words(error)}")
                    await asyncio.sleep(RETRY_S)
                await self._renew(producer)
            else:
                self._refusal = None
                return

    async def close(self) -> None:
        """Ends the producer; what it could not write by now is not waited for."""
        await _stop(self._producer)
        self._producer, self.partitions = None, 0

    def _can_be_smaller(self) -> bool:
        """Whether what was too large is tried again at half its size; at the least size it begins anew."""
        if self._tried_bytes <= FEWEST_BYTES:
            self._most_bytes = MAX_BATCH_BYTES
            return False
        self._most_bytes = max(FEWEST_BYTES, min(self._most_bytes, self._tried_bytes) // 2)
        return True

    def _leader_of(self, partition: int) -> int | None:
        """The broker that a partition is written to; None where that is not known."""
        if self._producer is None or not self.partitions:
            return None
        where = TopicPartition(self.topic, partition % self.partitions)
        leader: int | None = self._producer.client.cluster.leader_for_partition(where)
        return leader

    async def _attempt(self, producer: Any, parts: dict[int, list[Sequence[Record]]]) -> None:
        """Sends all in as few batches as they fit in, and waits for every acknowledgement; what has one is taken out."""
        if self.partitions == 0:
            self.partitions = await self.partitions_of(self.topic)
        if self.partitions == 0:
            raise KafkaError(
                f"{self.topic} is not on the broker, or this user may not see it; make it again or grant WRITE:"
                " nothing is committed meanwhile"
            )
        stamp_ms = now_ms()
        batches = [
            (at, *one)
            for at, runs in parts.items()
            for one in batches_of(producer, self._fitted(runs), self._most_bytes, stamp_ms)
        ]
        self._tried_bytes = max((batch.size() for _, batch, _ in batches), default=0)
        sent = [await _sent(producer, batch, self.topic, at % self.partitions) for at, batch, _ in batches]
        results = await asyncio.gather(*sent, return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        parts.clear()
        for (at, _, runs), result in zip(batches, results, strict=True):
            if isinstance(result, BaseException):
                parts.setdefault(at, []).extend(runs)
            else:
                self.acknowledged += sum(map(len, runs))
        if failures:
            raise failures[0]

    def _fitted(self, runs: Runs) -> Runs:
        fit, most = self.fit, self._most_bytes - BATCH_HEAD - RECORD_HEAD
        return runs if fit is None else [[fit(one, most) for run in runs for one in run]]

    async def _renew(self, broken: AIOKafkaProducer | None, *, at_start: bool = False) -> None:
        """Replaces a producer, unless another task has done so meanwhile."""
        async with self._renewing:
            if self._producer is not broken:
                return
            self.partitions = 0
            await _stop(broken)
            while True:
                producer = AIOKafkaProducer(
                    **self._options, acks="all", enable_idempotence=True, max_batch_size=self._most_bytes
                )
                try:
                    with listen_for_refusals() as refusals:
                        await self._start(producer)
                except (KafkaError, OSError) as error:
                    await _stop(producer)
                    cause = refusals[0] if refusals else error
                    if at_start and isinstance(cause, FOR_GOOD):
                        raise refused(self._kafka.bootstrap, cause) from None
                    what = in_words(cause) + advice(cause, self._kafka, self.topic)
                    self._say(f"waiting for Kafka at {self._kafka.bootstrap}: {what}")
                    await asyncio.sleep(RETRY_S)
                else:
                    self._producer = producer
                    self._refusal = None if at_start else self._refusal
                    return

    async def _start(self, producer: AIOKafkaProducer) -> None:
        """Starts a producer; where it only waits, since a broker sends it to an address that nobody can reach, that is
        said."""
        starting = asyncio.ensure_future(undisturbed(producer.start()))
        try:
            while not (await asyncio.wait({starting}, timeout=LONG_S))[0]:
                said = await find_unreachable(self._kafka)
                self._say(
                    said or f"waiting for Kafka at {self._kafka.bootstrap}: writing could not begin yet"
                )
            starting.result()
        finally:
            if not starting.done():
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                await _stop(producer)

    def _say(self, trouble: str) -> None:
        """Stores the problem, and logs it unless it was logged recently: with several brokers the causes alternate."""
        now = time.monotonic()
        self._told = {what: at for what, at in self._told.items() if now - at < PAUSE_S}
        if self._told.setdefault(trouble, now) == now:
            log.warning("trouble", what=trouble)
        self._refusal = trouble


async def _sent(producer: Any, batch: Any, topic: str, partition: int) -> Any:
    """Hands a batch to a producer; the future of its acknowledgement."""
    try:
        return await producer.send_batch(batch, topic, partition=partition)
    except AttributeError as error:  # of aiokafka's client, where another task has closed it meanwhile
        raise ProducerClosed from error


async def _stop(producer: AIOKafkaProducer | None) -> None:
    if producer is not None:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)
