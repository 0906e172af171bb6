"""Impressions and contacts, written to Kafka as the platform reads them."""

import uuid
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import Producer

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import KafkaSettings
from liftstream.similar_ads.journal import Journal, JournalRecord, Noted

QUEUED_MOST: Final = 200_000
"""Most records that wait while Kafka is away; beyond, contacts are refused, and impressions are counted as lost."""

log = structlog.get_logger()


class FeedbackWriter:
    """A producer for both topics; every record gets an id of its own, so that a repeated write counts once.

    What was taken is in the journal until Kafka has it: a service that is killed sends it when it starts again. An
    outcome is on the disk before `outcome` returns; impressions go there with the next outcome, because nobody waits
    for them.

    Args:
        journal: folder of what Kafka has not acknowledged.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, kafka: KafkaSettings, journal: Path) -> None:
        self._kafka = kafka
        self.lost = 0
        options = {
            **confluent_options(kafka),
            "client.id": "liftstream-similar-ads",
            "enable.idempotence": True,
            "linger.ms": 20,
            "message.timeout.ms": 0,  # Kafka may be away for hours: nothing is given up
            "queue.buffering.max.messages": 5 * QUEUED_MOST,  # with room for what others left
        }
        self._journal = Journal(journal)
        self._producer = Producer(options)
        left = sum(1 for record in self._journal.take_over() if self._send(record))
        if left:
            log.info("sending what was not acknowledged before", records=left)

    def impression(self, decision: str, unit: str) -> None:
        """The block was shown."""
        record = {"event": uuid.uuid4().hex, "decision": decision, "unit": unit, "count": 1}
        try:
            self._write(self._kafka.topic_impression, unit, record)
        except (BufferError, OSError):
            self.lost += 1

    def outcome(self, decision: str, unit: str, name: str, event: str | None = None) -> None:
        """An outcome of the block.

        Raises:
            BufferError: Kafka is away and the queue is full.
            OSError: the journal's disk cannot take it.
        """
        record = {
            "event": event or uuid.uuid4().hex,
            "decision": decision,
            "unit": unit,
            "name": name,
            "value": 1,
        }
        self._journal.sync(self._write(self._kafka.topic_outcome, unit, record))

    def flush(self, within_s: float = 5.0) -> int:
        """Waits for the records under way; returns how many are still not written."""
        return int(self._producer.flush(within_s))

    def close(self) -> None:
        """Waits a little; records that Kafka does not acknowledge are sent by the next process with the same folder."""
        self.flush()
        self._journal.close()

    def _write(self, topic: str, unit: str, record: dict[str, Any]) -> Noted:
        if len(self._producer) >= QUEUED_MOST:
            self._producer.poll(0)
            raise BufferError
        noted = self._send(JournalRecord(topic, unit, msgspec.Raw(msgspec.json.encode(record))))
        self._producer.poll(0)
        return noted

    def _send(self, record: JournalRecord) -> Noted:
        noted = self._journal.append(record)

        def delivered(error: Any, _: Any) -> None:
            if error is None:
                self._journal.acknowledge(noted)
            else:
                log.warning("Kafka does not take a record; the next start sends it", reason=str(error))

        self._producer.produce(record.topic, bytes(record.value), record.key.encode(), on_delivery=delivered)
        return noted
