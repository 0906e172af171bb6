"""Reads topics from positions that the caller keeps in a database, without a consumer group."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Final

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from liftstream.contracts.connection import confluent_options
from liftstream.contracts.fetch import Raw
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.confluent.offsets import (
    ANSWER_WITHIN_S,
    EARLIEST,
    Offsets,
    Place,
    ask_offsets,
    find_offsets,
)

NEW_PARTITIONS_MS: Final = 5_000
AT_ONCE: Final = 2_000
"""Records of a batch."""
QUEUED_KB: Final = 16_384
"""Read ahead at most: memory stays flat behind any backlog."""
FETCH_WAIT_MS: Final = 20
"""librdkafka's mock cluster answers an empty fetch after this time, and not when a record comes."""

log = structlog.get_logger()


class Reader:
    """A consumer on all partitions of the topics that exist.

    Args:
        topics: names.
        places: where reading goes on, by topic and partition.
        born_ms: a partition without a place is read from this time on.

    Raises:
        KafkaException: no broker answers.
    """

    def __init__(
        self, kafka: KafkaSettings, topics: Iterable[str], places: Mapping[Place, int], born_ms: int
    ) -> None:
        self._topics, self._known, self._born_ms = list(topics), dict(places), born_ms
        self.next: Offsets = {}
        """The next record of each partition."""
        self._asked_before: set[str] = set()
        options = {**confluent_options(kafka), "client.id": "liftstream-platform"}
        self._admin = AdminClient(options)
        self._consumer = Consumer(
            {
                **options,
                "group.id": "not joined: the places are in the database",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": FETCH_WAIT_MS,
                "queued.max.messages.kbytes": QUEUED_KB,
                "topic.metadata.refresh.interval.ms": NEW_PARTITIONS_MS,
                "allow.auto.create.topics": False,
            }
        )
        try:
            self.find_partitions()
        except BaseException:
            self.close()
            raise

    def find_partitions(self) -> list[str]:
        """Takes in new partitions; returns the topics that do not exist (yet).

        Raises:
            KafkaException: no broker answers.
        """
        known = self._admin.list_topics(timeout=ANSWER_WITHIN_S).topics
        numbers = {topic: sorted(known[topic].partitions) if topic in known else [] for topic in self._topics}
        new = [
            (topic, number)
            for topic, some in numbers.items()
            for number in some
            if (topic, number) not in self.next
        ]
        if new:
            self._take_in(new)
        missing = [topic for topic, some in numbers.items() if not some]
        self._asked_before.update(missing)
        return missing

    def poll(self, wait_s: float) -> list[Raw]:
        """What has come in this time, in order within a partition.

        Raises:
            KafkaException: the broker refuses to be read.
        """
        batch = []
        messages: list[Any] = self._consumer.consume(AT_ONCE, wait_s)
        for message in messages:
            error = message.error()
            if error is None:
                _, at_ms = message.timestamp()
                place = message.topic(), message.partition()
                self.next[place] = message.offset() + 1
                batch.append(Raw(*place, message.offset(), at_ms, message.value()))
            elif not error.retriable() and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
        return batch

    def ask_ends(self) -> dict[Place, "Future[Any]"]:
        """Asks where each partition ends; the answers come while reading goes on."""
        return ask_offsets(self._admin, self.next)

    def close(self) -> None:
        """Ends the connection."""
        self._consumer.close()

    def _take_in(self, new: list[Place]) -> None:
        firsts = find_offsets(self._admin, new, EARLIEST)
        unknown = [place for place in new if place not in self._known]
        since = find_offsets(self._admin, unknown, OffsetSpec.for_timestamp(self._born_ms))
        ends = find_offsets(self._admin, unknown)
        for place in new:
            start = self._known.get(place)
            if start is None:
                start = self._start(place[0], since[place], ends[place])
            elif firsts[place] > start:
                log.warning("records are gone", topic=place[0], partition=place[1], wanted=start)
            self.next[place] = max(start, firsts[place])
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in self.next.items()])

    def _start(self, topic: str, since: int, end: int) -> int:
        """Of a partition without a place: what was written since the database was made."""
        if since >= 0:
            return since
        # no record since then; a topic that was made while we waited for it is read whole, as a broker
        # without an index of times (librdkafka's mock) could not tell
        return 0 if topic in self._asked_before else end
