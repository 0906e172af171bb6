"""The feeder: plays shop and enrichers, and writes into the manifest what the broker has acknowledged."""

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from confluent_kafka import KafkaError, Message, Producer
from kafka import KafkaProducer

from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from liftstream.prove.traffic.clients import DrawnClients
from liftstream.prove.traffic.manifest import Kind, Sent, encode
from liftstream.prove.traffic.poison import POISON
from liftstream.prove.traffic.streams import ProvedStream
from liftstream.service.clock import now_ms

APART_MS = 800
"""How far apart the halves of a client are at most, in either order."""
LONELY, DOUBLE, POISONED = 0.01, 0.005, 0.005
"""Shares of clients with one half, with one half sent twice, and followed by a record that cannot be read."""
TICK_S = 0.02
FLUSH_WITHIN_S = 60.0


class PlannedRecord(NamedTuple):
    """A record to be sent, in the order of event time."""

    due_ms: int
    number: int
    side: int
    uuid: int | None
    value: bytes | None
    kind: Kind
    values: tuple[int, ...]


class Feeder:
    """Writes to the two input topics.

    Args:
        kafka: where.
        manifest: the file for what was acknowledged.
        seed: draws clients and gaps.
        stream: what is sent.
        keyed: records carry the uuid as their key.

    Attributes:
        busy: a steady stream of clients is being sent.
        inverse: the model that decides the opposite is in use; `either`: perhaps it is.
    """

    def __init__(
        self, kafka: KafkaSettings, manifest: Path, seed: int, stream: ProvedStream, *, keyed: bool = True
    ) -> None:
        self._kafka, self._stream = kafka, stream
        self._topics = kafka.topic_demographic, kafka.topic_historic
        self._rng, self._steady_rng = (np.random.default_rng([seed, number]) for number in range(2))
        self._keyed = keyed
        self._manifest = manifest.open("ab", buffering=0)
        self._numbers = itertools.count()
        self._next_uuid = int(self._rng.integers(1, 1 << 40))
        self._lock = threading.Lock()
        self.failure: str | None = None
        self.busy = False
        self.either = self.inverse = False
        self._producer = Producer(
            {
                "bootstrap.servers": kafka.bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 2,
                "sticky.partitioning.linger.ms": 0,
                "topic.metadata.refresh.interval.ms": 1000,  # partitions that are added are written to soon
                "queue.buffering.max.messages": 2_000_000,
                "message.max.bytes": 10_000_000,
                "log_level": 0,
            }
        )

    def draw(self, count: int, age: int | None = None) -> DrawnClients:
        """New clients."""
        return self._stream.draw(self._rng, self._new_uuids(count), age)

    def draw_again(self, clients: DrawnClients) -> DrawnClients:
        """The same clients with other features."""
        return self._stream.draw(self._rng, clients.uuids)

    def send_half(
        self, side: int, clients: DrawnClients, index: int, stamp_ms: int, kind: Kind = "half"
    ) -> None:
        """Sends one half of a client."""
        uuid, value = clients.uuids[index], clients.halves[side][index]
        self.send(side, uuid, value, stamp_ms, kind, self._values(clients.values[index]))

    def send(
        self,
        side: int,
        uuid: int | None,
        value: bytes | None,
        stamp_ms: int,
        kind: Kind = "half",
        values: tuple[int, ...] = (),
    ) -> None:
        """Hands one record to the producer."""
        key = self._stream.id_text(uuid).encode() if self._keyed and uuid is not None else None
        sent_ms, topic = now_ms(), self._topics[side]

        def note(partition: int, offset: int) -> None:
            self.note(Sent(side, partition, offset, stamp_ms, uuid, kind, values, sent_ms))

        if stamp_ms == 0:
            note(*self._send_at_zero(topic, key, value))
            return
        told = partial(self._delivered, note)
        self._producer.produce(topic, value, key, timestamp=stamp_ms, on_delivery=told)
        self._producer.poll(0)

    @contextlib.contextmanager
    def transaction(self, *, commit: bool) -> Iterator[Callable[[DrawnClients], None]]:
        """A transaction in which the block sends both halves of clients; it is committed or rolled back at its end.

        Only what was committed is in the manifest: nothing else counts for anybody.
        """
        producer = Producer(
            {
                "bootstrap.servers": self._kafka.bootstrap,
                "partitioner": "murmur2_random",
                "transactional.id": f"{self._kafka.topic_prediction}-{next(self._numbers)}",
                "topic.metadata.refresh.interval.ms": 1000,
                "log_level": 0,
            }
        )
        producer.init_transactions(FLUSH_WITHIN_S)
        producer.begin_transaction()
        sent: list[Sent] = []

        def send(clients: DrawnClients) -> None:
            for index, side in itertools.product(range(len(clients)), range(2)):
                self._send_in(producer, sent, clients, index, side)
            producer.flush(FLUSH_WITHIN_S)

        yield send
        if not commit:
            producer.abort_transaction(FLUSH_WITHIN_S)
            return
        producer.commit_transaction(FLUSH_WITHIN_S)
        for record in sent:
            self.note(record)

    def _send_in(self, producer: Any, sent: list[Sent], clients: DrawnClients, index: int, side: int) -> None:
        uuid, stamp_ms, values = clients.uuids[index], now_ms(), self._values(clients.values[index])

        def note(partition: int, offset: int) -> None:
            sent.append(Sent(side, partition, offset, stamp_ms, uuid, "half", values, stamp_ms))

        producer.produce(
            self._topics[side],
            clients.halves[side][index],
            self._stream.id_text(uuid).encode(),
            timestamp=stamp_ms,
            on_delivery=partial(self._delivered, note),
        )

    def flush(self) -> None:
        """Waits until everything is acknowledged and in the manifest.

        Raises:
            BrokerError: the broker does not take it.
        """
        left = self._producer.flush(FLUSH_WITHIN_S)
        if left or self.failure:
            raise BrokerError(f"{left} input records were not acknowledged: {self.failure}")

    def note(self, event: object) -> None:
        """Writes an event into the manifest."""
        with self._lock:
            self._manifest.write(encode(event) + b"\n")

    def backlog(self, pairs: int, per_second: float = 1000, until_ms: int | None = None) -> None:
        """Sends clients all at once, with event times as if they had come one by one until now (or `until_ms`)."""
        length_ms = round(1000 * pairs / per_second) + APART_MS
        begin = (until_ms or now_ms()) - length_ms
        due = begin + np.arange(pairs) * 1000 / per_second
        for record in sorted(self._plan(self._rng, due.astype(np.int64).tolist())):
            self._send(record, record.due_ms)
        self.flush()

    @contextlib.contextmanager
    def steady(self, per_second: float) -> Iterator[None]:
        """Sends clients in a thread of its own while the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._go_on, args=(per_second, stop), name="feeder", daemon=True)
        thread.start()
        self.busy = True
        try:
            yield
        finally:
            self.busy = False
            stop.set()
            thread.join()
        self.flush()

    def close(self) -> None:
        """Ends the feeder; records that were not acknowledged are given up."""
        self._producer.purge()
        self._producer.flush(5)
        self._manifest.close()

    def _go_on(self, per_second: float, stop: threading.Event) -> None:
        planned: list[PlannedRecord] = []
        owed, last = 0.0, time.monotonic()
        while planned or not stop.is_set():
            now = time.monotonic()
            owed, last = owed + (now - last) * per_second, now
            if not stop.is_set() and owed >= 1:
                count, owed = int(owed), owed % 1
                for record in self._plan(self._steady_rng, [now_ms()] * count):
                    heapq.heappush(planned, record)
            while planned and planned[0].due_ms <= now_ms():
                self._send(heapq.heappop(planned), now_ms())
            time.sleep(TICK_S)

    def _new_uuids(self, count: int) -> range:
        with self._lock:
            first, self._next_uuid = self._next_uuid, self._next_uuid + count
        return range(first, first + count)

    def _plan(self, rng: np.random.Generator, due_ms: Sequence[int]) -> Iterator[PlannedRecord]:
        """The records of new clients with the times at which they are due; a few clients are not plain pairs."""
        count = len(due_ms)
        clients = self._stream.draw(rng, self._new_uuids(count))
        apart = rng.integers(0, APART_MS, (count, 2)).tolist()
        chance = rng.random((count, 3)).tolist()
        side = rng.integers(0, 2, count).tolist()
        for index, due in enumerate(due_ms):
            uuid, values = clients.uuids[index], self._values(clients.values[index])
            lonely, double, poisoned = (
                drawn < share for drawn, share in zip(chance[index], (LONELY, DOUBLE, POISONED), strict=True)
            )
            sides = [side[index]] if lonely else [0, 1, *([side[index]] if double else [])]
            for place, one in enumerate(sides):
                later = apart[index][one] + (100 if place == 2 else 0)
                value = clients.halves[one][index]
                yield PlannedRecord(due + later, next(self._numbers), one, uuid, value, "half", values)
            if poisoned:
                poison = POISON[uuid % len(POISON)].value
                yield PlannedRecord(due, next(self._numbers), side[index], None, poison, "invalid", ())

    def _values(self, value: int) -> tuple[int, ...]:
        if self.either:
            return (0, 1)
        return (1 - value,) if self.inverse else (value,)

    def _send(self, record: PlannedRecord, stamp_ms: int) -> None:
        self.send(record.side, record.uuid, record.value, stamp_ms, record.kind, record.values)

    def _delivered(
        self, note: Callable[[Any, Any], None], error: KafkaError | None, message: Message
    ) -> None:
        if error is not None:
            self.failure = str(error)
            return
        note(message.partition(), message.offset())

    def _send_at_zero(self, topic: str, key: bytes | None, value: bytes | None) -> tuple[int, int]:
        """Sends a record with timestamp 0, by another client: to librdkafka 0 means now."""
        producer = KafkaProducer(**kafka_python_options(self._kafka))
        found = producer.send(topic, value, key, timestamp_ms=0).get(FLUSH_WITHIN_S)
        producer.close()
        return found.partition, found.offset
