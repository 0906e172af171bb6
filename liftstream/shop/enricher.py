"""An enricher: hears of every session, and publishes what it knows of the client a moment later, whatever the arm.

There are two, and neither knows of the other: one has age and sex, one the purchase history.
"""

import threading
import time
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Any, Final

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from numpy.typing import NDArray

from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.messages import Session, key_of
from liftstream.contracts.settings import KafkaSettings

TICK_MS: Final = 5
PARTITIONS_WITHIN_S: Final = 10.0
Records = Callable[[list[int]], list[bytes]]
"""uuids -> one record each."""


def newest_of(kafka: KafkaSettings, topic: str) -> KafkaConsumer:
    """A consumer that reads what is written to a topic from now on."""
    options: dict[str, Any] = {
        **kafka_python_options(kafka),
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "latest",
        "fetch_max_wait_ms": 50,
        "reconnect_backoff_max_ms": 1_000,
        "metadata_max_age_ms": 5_000,
    }
    consumer = KafkaConsumer(**options)
    deadline = time.monotonic() + PARTITIONS_WITHIN_S
    while not (numbers := consumer.partitions_for_topic(topic)):
        if time.monotonic() > deadline:
            consumer.close()
            raise LookupError(topic)
        time.sleep(0.1)
    names = [TopicPartition(topic, number) for number in sorted(numbers)]
    consumer.assign(names)
    for name, end in consumer.end_offsets(names).items():
        consumer.seek(name, end)
    return consumer


def producer_of(kafka: KafkaSettings) -> KafkaProducer:
    """A producer that loses nothing while a broker is away for two minutes."""
    return KafkaProducer(
        **kafka_python_options(kafka), acks="all", linger_ms=5, reconnect_backoff_max_ms=1_000
    )


class Enricher:
    """One of the two, in a thread of its own.

    Args:
        topic: where it publishes.
        records: what it knows, in the form that is written.
        delays_s: by session; a session that is not in it is another shop's.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        topic: str,
        records: Records,
        delays_s: Mapping[str, float] | None = None,
    ) -> None:
        self._topic, self._records = topic, records
        self.delays_s = dict(delays_s or {})
        self._consumer, self._producer = newest_of(kafka, kafka.topic_session), producer_of(kafka)
        self._decoder = msgspec.json.Decoder(Session)
        self._due: list[tuple[float, int]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"enricher of {topic}", daemon=True)

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Publishes what is due, and ends."""
        self._stopping.set()
        self._thread.join()
        self._producer.close(timeout=10)
        self._consumer.close(autocommit=False, timeout_ms=1_000)

    def _run(self) -> None:
        while not self._stopping.is_set() or self._due:
            self._hear()
            self._publish(time.monotonic())

    def _hear(self) -> None:
        now = time.monotonic()
        for records in self._consumer.poll(timeout_ms=TICK_MS, max_records=1_000).values():
            for record in records:
                try:
                    opened = self._decoder.decode(record.value)
                except msgspec.MsgspecError:
                    continue  # somebody else's
                delay_s = self.delays_s.pop(opened.session, None)
                if delay_s is not None:
                    heappush(self._due, (now + delay_s, opened.uuid))

    def _publish(self, now: float) -> None:
        uuids = []
        while self._due and self._due[0][0] <= now:
            uuids.append(heappop(self._due)[1])
        if uuids:
            for uuid, value in zip(uuids, self._records(uuids), strict=True):
                self._producer.send(self._topic, value=value, key=key_of(uuid))


def delays_of(names: list[str], published_s: NDArray[Any], opened_s: NDArray[Any]) -> dict[str, float]:
    """Delay of each session."""
    return dict(zip(names, (published_s - opened_s).tolist(), strict=True))
