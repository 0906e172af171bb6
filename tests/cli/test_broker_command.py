"""`liftstream broker`: on the port that was asked for, with every topic of the settings, until it is told to end."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka.admin import AdminClient
from kafka import KafkaConsumer, KafkaProducer

from liftstream.broker.apache import free_ports
from liftstream.broker.topics import wanted_topics
from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.settings import KafkaSettings
from tests.conftest import Typed
from training.similar_items.publishing import prepare_topic

COMMAND = [sys.executable, "-m", "liftstream.cli", "broker"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def partitions(bootstrap: str) -> dict[str, int]:
    found = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=300).topics
    return {name: len(topic.partitions) for name, topic in found.items()}


def expected(count: int) -> dict[str, int]:
    return {name: topic.partitions for name, topic in wanted_topics(KafkaSettings(), count).items()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_every_topic_of_the_settings_on_its_port_until_it_is_told_to_end(number: int) -> None:
    port = free_ports(1)[0]
    with running("--port", str(port), "--partitions", "3") as (process, bootstrap):
        assert bootstrap == f"127.0.0.1:{port}"
        assert partitions(bootstrap) == expected(3)
        options = kafka_python_options(KafkaSettings(bootstrap=bootstrap))
        producer = KafkaProducer(**options)
        producer.send("topic_choice", b"kept").get(300)
        producer.close()
        consumer = KafkaConsumer(
            "topic_choice", **options, auto_offset_reset="earliest", consumer_timeout_ms=300_000
        )
        assert next(consumer).value == b"kept"
        consumer.close()
        process.send_signal(number)
        assert process.wait(300) == 0
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))


@pytest.mark.parametrize("kind", [[], ["--kafka"]])
def test_a_port_that_is_taken_is_one_line_that_names_another(typed: Typed, kind: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = typed("broker", *kind, "--port", port)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"liftstream: port {port} of 127.0.0.1 cannot be opened (Address already in use);"
        f" choose another: --port {port + 1}"
    ]


@pytest.mark.kafka
def test_a_real_kafka_is_where_it_was_asked_for_and_leaves_with_its_command(kafka_installation: None) -> None:
    port = free_ports(1)[0]
    with running("--kafka", "--port", str(port)) as (process, bootstrap):
        assert bootstrap == f"127.0.0.1:{port}"
        found = partitions(bootstrap)
        assert {name: found.get(name) for name in expected(4)} == expected(4)
        prepare_topic(KafkaSettings(bootstrap=bootstrap))  # refuses a topic that is not compacted
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
