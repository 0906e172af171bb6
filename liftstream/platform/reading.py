"""Reads the four topics from where the database says: no consumer group, the places are ours."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import structlog
from kafka import KafkaConsumer, TopicPartition

from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from liftstream.platform.incoming import Raw

ANSWER_WITHIN_MS: Final = 3_000
"""Of a question to the broker; after it the broker counts as away."""
NEW_PARTITIONS_MS: Final = 5_000
AT_ONCE: Final = 2_000
"""Records of a batch."""
FETCH_MOST: Final = 8 * 2**20

Place = tuple[str, int]
log = structlog.get_logger()


class Reader:
    """A consumer on all partitions of the topics that exist.

    Args:
        topics: names.
        places: where reading goes on, by topic and partition.
        born_ms: a partition without a place is read from this time on.

    Raises:
        BrokerError: no broker answers.
    """

    def __init__(
        self, kafka: KafkaSettings, topics: Iterable[str], places: Mapping[Place, int], born_ms: int
    ) -> None:
        self._topics, self._known, self._born_ms = list(topics), dict(places), born_ms
        self.next: dict[Place, int] = {}
        """The next record of each partition."""
        self._asked_before: set[str] = set()
        options = {
            "bootstrap_timeout_ms": ANSWER_WITHIN_MS,
            **kafka_python_options(kafka),
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "fetch_max_wait_ms": 100,
            "fetch_max_bytes": FETCH_MOST,
            "metadata_max_age_ms": NEW_PARTITIONS_MS,
            "reconnect_backoff_max_ms": 1_000,
            "allow_auto_create_topics": False,
            "client_id": "liftstream-platform",
        }
        self._consumer = KafkaConsumer(**options)
        try:
            self.find_partitions()
        except BaseException:
            self.close()
            raise

    def find_partitions(self) -> list[str]:
        """Takes in new partitions; returns the topics that do not exist (yet).

        Raises:
            BrokerError: no broker answers.
        """
        missing, found = [], list(self.next)
        for topic in self._topics:
            numbers = self._consumer.partitions_for_topic(topic)
            if not numbers:
                missing.append(topic)
                self._asked_before.add(topic)
            found += [(topic, n) for n in sorted(numbers or ()) if (topic, n) not in self.next]
        if len(missing) == len(self._topics) and not self._consumer.bootstrap_connected():
            raise BrokerError("no broker answers")
        if len(found) > len(self.next):
            self._take_in([place for place in found if place not in self.next])
        return missing

    def poll(self, wait_ms: int) -> list[Raw]:
        """What has come, in order within a partition."""
        fetched = self._consumer.poll(timeout_ms=wait_ms, max_records=AT_ONCE)
        batch = [
            Raw(record.topic, record.partition, record.offset, record.timestamp, record.value)
            for records in fetched.values()
            for record in records
        ]
        for raw in batch:
            self.next[raw.topic, raw.partition] = raw.offset + 1
        return batch

    def ends(self) -> dict[Place, int]:
        """Where each partition ends now.

        Raises:
            KafkaError: no broker answers.
        """
        ends = self._consumer.end_offsets([TopicPartition(*place) for place in self.next], ANSWER_WITHIN_MS)
        return {(name.topic, name.partition): int(end) for name, end in ends.items()}

    def close(self) -> None:
        """Ends the connection."""
        self._consumer.close(autocommit=False, timeout_ms=1_000)

    def _take_in(self, new: list[Place]) -> None:
        names = {place: TopicPartition(*place) for place in new}
        firsts = self._consumer.beginning_offsets(list(names.values()), ANSWER_WITHIN_MS)
        starts = self._starts([place for place in new if place not in self._known])
        self._consumer.assign([TopicPartition(*place) for place in self.next] + list(names.values()))
        for place, name in names.items():
            start, first = self._known.get(place, starts.get(place, 0)), int(firsts[name])
            if place in self._known and first > start:
                log.warning(
                    "records are gone", topic=place[0], partition=place[1], wanted=start, first_left=first
                )
            self.next[place] = max(start, first)
            self._consumer.seek(name, self.next[place])

    def _starts(self, places: list[Place]) -> dict[Place, int]:
        """Of partitions without a place: what was written since the database was made."""
        names = {place: TopicPartition(*place) for place in places}
        if not names:
            return {}
        since: Mapping[Any, Any] = self._consumer.offsets_for_times(
            dict.fromkeys(names.values(), self._born_ms), ANSWER_WITHIN_MS
        )
        ends = self._consumer.end_offsets(list(names.values()), ANSWER_WITHIN_MS)
        return {place: self._start(place[0], since.get(name), ends[name]) for place, name in names.items()}

    def _start(self, topic: str, since: Any, end: int) -> int:
        if since is not None:
            return int(since.offset)
        # no record since then; a topic that was made while we waited for it is read whole, as a broker
        # without an index of times (librdkafka's mock) could not tell
        return 0 if topic in self._asked_before else int(end)
