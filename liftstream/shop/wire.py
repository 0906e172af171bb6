"""How the shop and its enrichers read and write: from now on, and without losing anything while a broker is away."""

import time
from typing import Any, Final

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.messages import key_of
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.confluent.offsets import ANSWER_WITHIN_S, find_offsets

TOPIC_WITHIN_S: Final = 10.0
FLUSH_WITHIN_S: Final = 30.0


class Listener:
    """Reads what is written to a topic from now on.

    Raises:
        BrokerError: the topic is not there.
        KafkaException: no broker answers.
    """

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        options = {**confluent_options(kafka), "client.id": "liftstream-shop"}
        admin = AdminClient(options)
        ends = find_offsets(admin, [(topic, number) for number in self._partitions(admin, kafka, topic)])
        self._consumer = Consumer(
            {
                **options,
                "group.id": "not joined",
                "enable.auto.commit": False,
                "auto.offset.reset": "latest",
                "fetch.wait.max.ms": 20,
            }
        )
        self._consumer.assign([TopicPartition(*place, end) for place, end in ends.items()])

    @staticmethod
    def _partitions(admin: AdminClient, kafka: KafkaSettings, topic: str) -> list[int]:
        deadline = time.monotonic() + TOPIC_WITHIN_S
        while time.monotonic() < deadline:
            seen = admin.list_topics(timeout=ANSWER_WITHIN_S).topics.get(topic)
            if seen is not None and seen.partitions:
                return sorted(seen.partitions)
            time.sleep(0.2)
        raise BrokerError(
            f"{kafka.bootstrap}: there is no topic {topic}; create it, or name another by KAFKA__TOPIC_..."
        )

    def hear(self, wait_s: float) -> list[bytes]:
        """Values that came within `wait_s`."""
        messages = self._consumer.consume(1_000, wait_s)
        return [
            value
            for message in messages
            if message.error() is None and (value := message.value()) is not None
        ]

    def close(self) -> None:
        """Ends the connection."""
        self._consumer.close()


class Writer:
    """Writes records, and keeps for two minutes what a broker does not take.

    Args:
        linger_ms: how long a record waits for others of its partition, to be written with them.
    """

    def __init__(self, kafka: KafkaSettings, linger_ms: int) -> None:
        self.unwritten = 0
        self._producer = Producer(
            {
                **confluent_options(kafka),
                "client.id": "liftstream-shop",
                "enable.idempotence": True,
                "linger.ms": linger_ms,
                "message.timeout.ms": 120_000,
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def write(self, topic: str, uuid: int, value: bytes) -> None:
        """One record of a client."""
        self._producer.produce(topic, value, key_of(uuid), on_delivery=self._told)
        self._producer.poll(0)

    def close(self) -> None:
        """Waits until everything is written."""
        self.unwritten += self._producer.flush(FLUSH_WITHIN_S)

    def _told(self, error: Any, _: Any) -> None:
        self.unwritten += error is not None
