"""What tests on a broker share: halves of made-up clients, workers as processes, everything a topic holds."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.features import FEATURES
from liftstream.contracts.settings import KafkaSettings
from liftstream.simulation.shop.records import demographic_records, historic_records

WORKER = Path(__file__).with_name("rule_worker.py")
TOKEN = "a-token"  # noqa: S105
WITHIN_S = 300.0
SOON_S = 90.0
"""Well below the five minutes after which clients look at topics by themselves, and enough for a machine that is busy."""


class Clients:
    """Clients with both halves as bytes, and the value that the rule of `rule_worker.py` gives each."""

    def __init__(self, count: int, seed: int = 1, first: int = 100_000) -> None:
        rng = np.random.default_rng(seed)
        features = (rng.random((count, len(FEATURES))) < 0.2).astype(np.uint8)
        features[:, 0] = rng.integers(18, 80, count)
        features[:, 2] = 1 - features[:, 1]
        self.uuids = (first + rng.permutation(count)).tolist()
        self.halves = demographic_records(self.uuids, features), historic_records(self.uuids, features)
        values = (features[:, 0] + features[:, 3:].sum(axis=1, dtype=int)) % 2 == 0
        self.expected = dict(zip(self.uuids, values.astype(int).tolist(), strict=True))


class Feeder:
    """Writes halves; `send` takes side, uuid, value and perhaps an event time in ms. A record refused fails the test."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.bootstrap = kafka.bootstrap
        self.refused: list[str] = []
        self.topics = kafka.topic_demographic, kafka.topic_historic
        self.producer = Producer(
            {
                "bootstrap.servers": kafka.bootstrap,
                "partitioner": "murmur2_random",
                "linger.ms": 2,
                "queue.buffering.max.messages": 1_000_000,
                "log_level": 0,
            }
        )

    def send(self, side: int, uuid: int, value: bytes | None, stamp: int = 0) -> None:
        key = str(uuid).encode()
        self.producer.produce(self.topics[side], value, key, timestamp=stamp, on_delivery=self._told)

    def _told(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self.refused.append(str(error))

    def flush(self) -> None:
        assert self.producer.flush(300) == 0
        assert not self.refused

    def send_apart(
        self, clients: Clients, spread: int = 500, seed: int = 2, *, rate: float = float("inf")
    ) -> None:
        """All clients, the halves of each up to `spread` positions apart in either order, `rate` records a second."""
        rng, count = np.random.default_rng(seed), len(clients.uuids)
        order = np.argsort(np.concatenate([np.arange(count) + rng.random(count) * spread for _ in range(2)]))
        began = time.monotonic()
        for position, number in enumerate(order.tolist()):
            side, index = divmod(number, count)
            self.send(side, clients.uuids[index], clients.halves[side][index])
            if position % 100 == 0:
                time.sleep(max(0.0, began + position / rate - time.monotonic()))
        self.flush()


class Worker:
    """One worker process and its log."""

    def __init__(self, kafka: KafkaSettings, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.log_file = folder / f"worker-{time.monotonic_ns()}.log"
        chosen = {
            "token": TOKEN,
            "port": 0,
            "group": kafka.topic_prediction,
            "model": folder / "rule.pmml",
        } | settings
        extra = {f"LIFTSTREAM_PIPELINE__{name.upper()}": str(value) for name, value in chosen.items()}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, WORKER],
                env=os.environ | kafka_environment(kafka) | extra,
                cwd=folder,
                stderr=log,
            )

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_file.read_text().splitlines() if line.startswith("{")]

    def said(self) -> str:
        return self.log_file.read_text()

    def event(self, name: str) -> dict[str, Any]:
        """The first log line of that name, as soon as it is there."""
        return until(lambda: next((line for line in self.log() if line["event"] == name), None), self)

    def get(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.event("started")["port"], timeout=300)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except OSError as error:
                raise AssertionError(f"{path}: {error}; the worker said:\n{self.said()[-4000:]}") from error

    def is_ready(self) -> bool:
        return self.get("/ready")[0] == 200

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"liftstream_{name}"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal, once the worker has had time to get ready for it, and waits for the end."""
        self.event("started")
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        return self.process.wait(300)


@contextlib.contextmanager
def feeding(feeder: Feeder, clients: Clients, rate: float) -> Iterator[None]:
    """Sends all clients meanwhile, so that what happens in between happens under load; all are sent in the end."""
    thread = threading.Thread(target=lambda: feeder.send_apart(clients, rate=rate))
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextlib.contextmanager
def running(*workers: Worker) -> Iterator[None]:
    """Ends workers that a test leaves behind."""
    try:
        yield
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()


def until(look: Callable[[], Any], *workers: Worker, within_s: float = WITHIN_S) -> Any:
    """What `look` gives once it is not None or False; fails when a worker ends or time is over."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        ended = [worker for worker in workers if worker.process.poll() is not None]
        logs = "\n".join(worker.log_file.read_text()[-2000:] for worker in ended or workers)
        assert not ended, f"a worker ended:\n{logs}"
        assert time.monotonic() < deadline, f"nothing within {within_s} s:\n{logs}"
        time.sleep(0.05)
    return found


class Answers:
    """Reads the prediction topic on and on."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.consumer = Consumer(
            {"bootstrap.servers": kafka.bootstrap, "group.id": "answers", "log_level": 0}
        )
        metadata = self.consumer.list_topics(kafka.topic_prediction, timeout=300)
        partitions = metadata.topics[kafka.topic_prediction].partitions
        self.consumer.assign([TopicPartition(kafka.topic_prediction, number, 0) for number in partitions])
        self.all: list[tuple[bytes, bytes]] = []
        self.values: dict[int, set[int]] = {}

    def glance(self) -> "Answers":
        """Takes in some of what has come, while more may be coming."""
        self._take(self.consumer.consume(5_000, 0.1))
        return self

    def read(self) -> "Answers":
        """Takes in what has come, until nothing comes for a while."""
        while self._take(self.consumer.consume(20_000, 0.2)):
            pass
        return self

    def _take(self, messages: list[Any]) -> int:
        for message in messages:
            key, value = message.key(), message.value()
            self.all.append((key, value))
            record = json.loads(value)
            self.values.setdefault(record["uuid"], set()).add(record["value"])
        return len(messages)

    def are_for(self, uuids: Iterable[int]) -> bool:
        return self.read().values.keys() >= set(uuids)


COORDINATOR_MOVES = (
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)  # fmt: skip
"""What brokers answer while one that stood still takes its groups back."""


def committed(kafka: KafkaSettings, partitions: int = 4) -> int:
    """The sum of what the workers' group has committed; -1: just now no broker can tell."""
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": kafka.topic_prediction, "log_level": 0}
    )
    names = [
        TopicPartition(topic, number)
        for topic in (kafka.topic_demographic, kafka.topic_historic)
        for number in range(partitions)
    ]
    try:
        return sum(max(0, one.offset) for one in consumer.committed(names, timeout=300))
    except KafkaException as error:
        if error.args[0].code() not in COORDINATOR_MOVES:
            raise
        return -1
    finally:
        consumer.close()


def aside(folder: Path) -> list[dict[str, Any]]:
    """Everything in the side output."""
    files = sorted((folder / "side-output").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]
