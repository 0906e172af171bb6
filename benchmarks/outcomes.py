"""What a contestant answered, read from the prediction topic: how many, how right, and when each was first there."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import Consumer, KafkaException, TopicPartition
from numpy.typing import NDArray

from liftstream.contracts.settings import KafkaSettings
from liftstream.streams.ids import Id

LEADER_WITHIN_S = 10.0


class Answer(msgspec.Struct):
    """A prediction as far as it is looked at."""

    uuid: Id
    value: int


@dataclass(frozen=True)
class AnswersRead:
    """Answers to clients that were asked about.

    `first_s` is when the broker had each client's first answer, by uuid, in seconds.
    """

    first_s: Mapping[Id, float]
    wrong: int
    repeated: int

    @property
    def times_s(self) -> NDArray[np.float64]:
        """When the broker had the answers, in order."""
        return np.sort(np.fromiter(self.first_s.values(), float))

    def pairs_per_s(self, low: float = 0.1, high: float = 0.9) -> tuple[float, float, float]:
        """The rate between two shares of the answers, and the times between which it was measured."""
        times = self.times_s
        first, last = int(low * len(times)), int(high * len(times)) - 1
        if last <= first or times[last] == times[first]:
            return float("nan"), times[0], times[-1]
        return (last - first) / (times[last] - times[first]), times[first], times[last]


@dataclass(frozen=True)
class Unanswered:
    """A run without figures; `asked` is of what, `why` what became of it."""

    contestant: str
    asked: str
    why: str


class Topics:
    """Reads topics from outside of any group."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.kafka = kafka
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka.bootstrap,
                "group.id": "bench-reader",
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )

    def ends(self, topic: str) -> list[int]:
        """The end of every partition."""
        deadline = time.monotonic() + LEADER_WITHIN_S
        while True:
            try:
                partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
                return [self._end(TopicPartition(topic, number)) for number in sorted(partitions)]
            except KafkaException:  # a topic that was made a moment ago may have no leader yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _end(self, partition: TopicPartition) -> int:
        end: int = self._consumer.get_watermark_offsets(partition, timeout=10, cached=False)[1]
        return end

    def answered(self) -> int:
        """How many predictions there are."""
        return sum(self.ends(self.kafka.topic_prediction))

    def outcome(self, expected: Mapping[Any, int]) -> AnswersRead:
        """Everything in the prediction topic."""
        first: dict[Id, float] = {}
        wrong = repeated = 0
        decode = msgspec.json.Decoder(Answer).decode
        for stamp_s, _, value in self.read(self.kafka.topic_prediction):
            answer = decode(value)
            if answer.uuid not in expected:
                continue
            wrong += answer.value != expected[answer.uuid]
            repeated += answer.uuid in first
            first[answer.uuid] = min(stamp_s, first.get(answer.uuid, stamp_s))
        return AnswersRead(first, wrong, repeated)

    def read(self, topic: str, within_s: float = 120) -> Iterator[tuple[float, bytes, bytes]]:
        """Time, key and value of every record."""
        ends = self.ends(topic)
        left, deadline = sum(ends), time.monotonic() + within_s
        self._consumer.assign([TopicPartition(topic, at, 0) for at, end in enumerate(ends) if end])
        while left > 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{left} of {sum(ends)} records of {topic} could not be read")
            messages: list[Any] = self._consumer.consume(10_000, 0.5)
            for message in messages:
                if message.offset() < ends[message.partition()]:
                    left -= 1
                    yield message.timestamp()[1] / 1000, message.key(), message.value()
        self._consumer.unassign()

    def close(self) -> None:
        """Ends the consumer."""
        self._consumer.close()
