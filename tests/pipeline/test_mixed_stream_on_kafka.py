"""A stream that is not the shop's on a real Kafka: 40 features of every type, UUIDs, and a worker that is killed
meanwhile."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer

from liftstream.broker import ApacheKafka
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings
from testbed.mixed_stream import THRESHOLD, MixedMessages, make_mixed, write_definition, write_model
from tests.conftest import MakeTopics
from tests.pipeline.kafka_trial import aside

TOKEN = "a-token"  # noqa: S105
PAIRS = 20_000
WITHIN_S = 300.0
LONE = b"0123abcd-0000-4000-8000-000000000000"


def send(kafka: KafkaSettings, messages: MixedMessages, *odd: tuple[int, bytes, bytes]) -> None:
    """All records, each with its id as key, and some that are odd: side, key, value."""
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap, "partitioner": "murmur2_random", "log_level": 0}
    )
    topics = kafka.topic_demographic, kafka.topic_historic
    for side, key, value in odd:
        producer.produce(topics[side], value, key)
    for number, uuid in enumerate(messages.uuids):
        for topic, values in zip(topics, messages.halves, strict=True):
            producer.produce(topic, values[number], uuid.encode())
        producer.poll(0)
    assert producer.flush(300) == 0


def start(kafka: KafkaSettings, folder: Path) -> "subprocess.Popen[bytes]":
    settings = {
        "STREAM": folder / "mixed.yaml",
        "MODEL": folder / "mixed.pmml",
        "THRESHOLD": THRESHOLD,
        "TOKEN": TOKEN,
        "PORT": 0,
        "GROUP": kafka.topic_prediction,
    }
    named = {f"LIFTSTREAM_PIPELINE__{name}": str(value) for name, value in settings.items()}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "liftstream.cli", "run"],
            env=os.environ | kafka_environment(kafka) | named,
            cwd=folder,
            stderr=log,
        )


class Read:
    """What the prediction topic holds, read on and on."""

    def __init__(self, kafka: KafkaSettings) -> None:
        options = {"bootstrap.servers": kafka.bootstrap, "group.id": f"read-{time.time_ns()}"}
        self._consumer = Consumer(options | {"auto.offset.reset": "earliest", "log_level": 0})
        self._consumer.subscribe([kafka.topic_prediction])
        self.answers: dict[str, set[bytes]] = {}
        self.keys: set[tuple[bytes, str]] = set()

    def until(self, enough: Callable[[], bool], folder: Path) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not enough():
            assert time.monotonic() < deadline, (folder / "log").read_text()[-3000:]
            for message in self._consumer.consume(5000, 0.2):
                found: dict[str, Any] = json.loads(message.value())
                self.answers.setdefault(found["uuid"], set()).add(message.value())
                self.keys.add((message.key(), found["uuid"]))


def test_every_answer_is_the_models_own_though_the_worker_is_killed_and_what_does_not_fit_is_put_aside(
    kafka: ApacheKafka, topics: MakeTopics, tmp_path: Path
) -> None:
    settings = topics(kafka)
    write_definition(tmp_path / "mixed.yaml")
    model, messages = write_model(tmp_path / "mixed.pmml"), make_mixed(PAIRS)
    lone = messages.halves[0][0].replace(messages.uuids[0].encode(), LONE)
    changed = lone.replace(b'"pflag":', b'"pflag":"no","was":')
    send(settings, messages, (0, LONE, changed), (0, LONE, b'{"card":{"id":"7"}}'), (0, LONE, lone))
    read = Read(settings)
    killed = start(settings, tmp_path)
    read.until(lambda: len(read.answers) > PAIRS // 20, tmp_path)
    killed.kill()
    killed.wait()
    worker = start(settings, tmp_path)
    try:
        read.until(lambda: len(read.answers) == PAIRS, tmp_path)
        read.until(lambda: len({one["offset"] for one in aside(tmp_path)}) >= 3, tmp_path)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(300) == 0
    finally:
        worker.kill()
    expected = messages.scores(model)
    for uuid, written in read.answers.items():
        (answer,) = {one["value"]: one for one in map(json.loads, written)}.values()
        assert list(answer) == ["uuid", "value", "risk", "token"]
        assert math.isclose(answer["risk"], expected[uuid], rel_tol=1e-12)
        assert answer["value"] == int(answer["risk"] >= THRESHOLD)
        assert answer["token"] == TOKEN
    assert read.answers.keys() == expected.keys()
    assert all(key == uuid.encode() for key, uuid in read.keys)
    reasons = Counter(one["reason"] for one in aside(tmp_path))
    details = {one["detail"] for one in aside(tmp_path) if one["reason"] == "invalid"}
    assert set(reasons) - {"ambiguous"} == {"invalid", "timeout"} - (
        {"timeout"} if reasons["ambiguous"] else set()
    )
    assert any("card.id is no uuid of 36 letters" in one for one in details)
    assert any("pflag is not 0 or 1: 'no'" in one for one in details)
