"""Both runners as processes, and everything that they write."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from liftstream.broker.rights import create_topics
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings
from liftstream.contracts.side_output import decode_put_aside
from pipeline.records.predictions import KeyedPrediction
from testbed.mixed_log import Expected, Sent

TOKEN = "a-token"  # noqa: S105
WITHIN_S = 600.0
WORKER = ("run",)


def flink(parallelism: int, *options: str) -> tuple[str, ...]:
    """The job as a command."""
    return "flink", "run", f"--parallelism={parallelism}", *options


@contextmanager
def running(
    command: Sequence[str], kafka: KafkaSettings, folder: Path, **settings: object
) -> Iterator["subprocess.Popen[bytes]"]:
    """A runner with a side output of its own, `<prediction topic>-aside`; ends with the block."""
    chosen = {
        "token": TOKEN,
        "group": kafka.topic_prediction,
        "port": 0,
        "side_output": f"topic:{aside_of(kafka)}",
    }
    named = {
        f"LIFTSTREAM_PIPELINE__{name.upper()}": str(value) for name, value in (chosen | settings).items()
    }
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "liftstream.cli", *command],
            env=os.environ | kafka_environment(kafka) | named,
            cwd=folder,
            stderr=log,
            stdout=log,
        )
    try:
        yield process
        if process.poll() == -signal.SIGKILL:  # by the test
            return
        assert process.poll() is None, (folder / "log").read_text()[-3000:]
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0, (folder / "log").read_text()[-3000:]
    except AssertionError as error:
        error.add_note((folder / "log").read_text()[-4000:])
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(300)


def aside_of(kafka: KafkaSettings) -> str:
    """The topic of the side output."""
    return f"{kafka.topic_prediction}-aside"


def make_side_topic(kafka: KafkaSettings) -> None:
    create_topics(kafka.bootstrap, {aside_of(kafka): 2})


def write(kafka: KafkaSettings, log: Sequence[Sent]) -> None:
    """Writes records to their topics in order."""
    producer = Producer(
        {
            "bootstrap.servers": kafka.bootstrap,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,  # or a batch that is tried again comes after the next one
            "linger.ms": 5,
            "queue.buffering.max.messages": 2_000_000,
            "queue.buffering.max.kbytes": 1_000_000,
        }
    )
    topics = kafka.topic_demographic, kafka.topic_historic
    for number, one in enumerate(log):
        producer.produce(topics[one.side], one.value, one.key, timestamp=one.stamp)
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(300) == 0


class Written:
    """Reads what a runner writes, on and on."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": kafka.bootstrap, "group.id": "written", "log_level": 0}
        )
        self._sides = {kafka.topic_demographic: 0, kafka.topic_historic: 1}
        self._aside = aside_of(kafka)
        partitions = []
        for topic in (kafka.topic_prediction, self._aside):
            numbers = self._consumer.list_topics(topic, timeout=300).topics[topic].partitions
            partitions += [TopicPartition(topic, number, 0) for number in numbers]
        self._consumer.assign(partitions)
        self.predictions: Counter[KeyedPrediction] = Counter()
        self.aside: Counter[tuple[Any, ...]] = Counter()

    def read(self) -> "Written":
        """Takes in what has come."""
        for message in self._consumer.consume(10_000, 0.2):
            if message.topic() == self._aside:
                one = decode_put_aside(message.value() or b"")
                key = None if one.key is None else one.key.encode()
                self.aside[self._sides[one.topic], key, one.value_bytes(), one.timestamp_ms, one.reason] += 1
            else:
                self.predictions[message.key(), message.value() or b""] += 1
        return self

    def predicted(self) -> int:
        """How many predictions there are."""
        return self.predictions.total()

    def until(
        self,
        done: Callable[["Written"], bool],
        process: "subprocess.Popen[bytes]",
        within_s: float = WITHIN_S,
    ) -> None:
        """Reads until `done`; fails where the runner ends or time is over."""
        deadline = time.monotonic() + within_s
        while not done(self.read()):
            assert process.poll() is None, "the runner ended"
            counts = f"{self.predictions.total()} predictions, {self.aside.total()} aside"
            assert time.monotonic() < deadline, f"nothing more within {within_s} s: {counts}"

    def differs_from(self, expected: Expected) -> list[object]:
        """What is missing and what is too much, of both topics: a few of each."""
        differences = [
            ("missing", expected.predictions - self.predictions),
            ("too much", self.predictions - expected.predictions),
            ("not aside", expected.aside - self.aside),
            ("wrongly aside", self.aside - expected.aside),
        ]
        return [(what, found.total(), _sample(found)) for what, found in differences if found]


def _sample(records: Counter[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [
        tuple(part[:60] if isinstance(part, bytes) else part for part in one) for one in list(records)[:5]
    ]


def committed(kafka: KafkaSettings, topic: str) -> int:
    """How many records of a topic the runner's group has committed."""
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": kafka.topic_prediction, "log_level": 0}
    )
    numbers = consumer.list_topics(topic, timeout=300).topics[topic].partitions
    offsets = [
        one.offset
        for one in consumer.committed([TopicPartition(topic, number) for number in numbers], timeout=300)
    ]
    consumer.close()
    return sum(max(0, offset) for offset in offsets)
