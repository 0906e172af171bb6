"""Impressions and contacts, written to Kafka as the platform reads them."""

import uuid
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import Producer

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import KafkaSettings

QUEUED_MOST: Final = 200_000
"""Records that wait while Kafka is away; then contacts are refused, and impressions are counted as lost."""

log = structlog.get_logger()


class FeedbackWriter:
    """A producer for both topics; every record gets an id of its own, so that a repeated write counts once."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self.lost = 0
        options = {
            **confluent_options(kafka),
            "client.id": "liftstream-similar-ads",
            "enable.idempotence": True,
            "linger.ms": 20,
            "queue.buffering.max.messages": QUEUED_MOST,
        }
        self._producer = Producer(options)

    def impression(self, decision: str, unit: str) -> None:
        """The block was shown."""
        record = {"event": uuid.uuid4().hex, "decision": decision, "unit": unit, "count": 1}
        try:
            self._write(self._kafka.topic_impression, unit, record)
        except BufferError:
            self.lost += 1

    def outcome(self, decision: str, unit: str, name: str, event: str | None = None) -> None:
        """Something came of it.

        Raises:
            BufferError: Kafka is away and the queue is full.
        """
        record = {
            "event": event or uuid.uuid4().hex,
            "decision": decision,
            "unit": unit,
            "name": name,
            "value": 1,
        }
        self._write(self._kafka.topic_outcome, unit, record)

    def flush(self, within_s: float = 5.0) -> int:
        """Waits for what is under way; returns how many records are not written."""
        return int(self._producer.flush(within_s))

    def _write(self, topic: str, unit: str, record: dict[str, Any]) -> None:
        self._producer.produce(topic, msgspec.json.encode(record), unit.encode())
        self._producer.poll(0)
