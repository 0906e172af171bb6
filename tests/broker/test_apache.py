"""The real broker: it starts, keeps its data over a crash, knows rights, and never outlives us."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from liftstream.broker import ApacheKafka, apache
from liftstream.broker.rights import add_user, create_topics, grant
from liftstream.contracts.connection import kafka_python_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings


def first_record(settings: KafkaSettings, topic: str) -> bytes:
    consumer = KafkaConsumer(**kafka_python_options(settings), consumer_timeout_ms=300_000)
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    value: bytes = next(consumer).value
    consumer.close()
    return value


def send(settings: KafkaSettings, topic: str, value: bytes) -> None:
    producer = KafkaProducer(**kafka_python_options(settings))
    try:
        producer.send(topic, value).get(300)
    finally:
        producer.close(timeout=5)


def ended(pid: int) -> bool:
    """Whether the process ends."""
    deadline = time.monotonic() + 300
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_topics_have_the_partitions_asked_for(
    kafka: ApacheKafka, topics: Callable[..., KafkaSettings]
) -> None:
    settings = topics(kafka, partitions=3, historic=5)
    consumer = KafkaConsumer(**kafka_python_options(settings))
    assert consumer.partitions_for_topic(settings.topic_demographic) == {0, 1, 2}
    assert consumer.partitions_for_topic(settings.topic_historic) == set(range(5))
    consumer.close()


@pytest.mark.kafka
def test_a_killed_broker_starts_again_at_the_same_address_with_its_records(kafka_installation: None) -> None:
    with ApacheKafka() as broker:
        settings = KafkaSettings(bootstrap=broker.bootstrap)
        create_topics(broker.bootstrap, {"kept": 1})
        send(settings, "kept", b"before")
        broker.kill()
        broker.start()
        assert first_record(settings, "kept") == b"before"
        folder, pid = broker.folder, broker.pid
    assert ended(pid)
    assert not folder.exists()


@pytest.mark.kafka
def test_a_broker_as_installed_has_the_threads_of_kafkas_own_configuration(kafka_installation: None) -> None:
    with ApacheKafka(as_installed=True) as broker:
        names = [task.read_text() for task in Path(f"/proc/{broker.pid}/task").glob("*/comm")]
        command = Path(f"/proc/{broker.pid}/cmdline").read_text()
    assert sum(name.startswith("data-plane-kafk") for name in names) >= 3 + 8
    assert any(name.startswith("C2 CompilerThre") for name in names), command


@pytest.mark.kafka
def test_a_broker_that_is_stopped_while_paused_is_gone(kafka_installation: None) -> None:
    with ApacheKafka() as broker:
        broker.pause()
        pid = broker.pid
    assert ended(pid)


@pytest.mark.kafka
def test_the_broker_dies_with_the_process_that_started_it_however_that_ends(kafka_installation: None) -> None:
    program = "from liftstream.broker import ApacheKafka; b = ApacheKafka(); print(b.pid, b.folder, flush=True); input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    parent.kill()
    parent.communicate()
    assert ended(int(pid))
    deadline = time.monotonic() + 300
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(folder).exists()


@pytest.mark.kafka
def test_a_port_that_somebody_takes_first_is_replaced(
    kafka_installation: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        real, offered = apache.free_ports, []

        def first_a_taken_one(count: int) -> list[int]:
            ports = real(count)
            offered.append(ports)
            return ports if len(offered) > 1 else [taken.getsockname()[1], *ports[1:]]

        monkeypatch.setattr(apache, "free_ports", first_a_taken_one)
        with ApacheKafka() as broker:
            assert len(offered) == 2
            assert broker.bootstrap == f"127.0.0.1:{offered[1][0]}"


def test_of_a_stack_trace_the_error_above_it_is_said() -> None:
    log = (
        "WARN waiting\njava.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.nio.HeapByteBuffer\n"
    )
    assert apache._last_line(log) == "java.lang.OutOfMemoryError: Java heap space"


def test_the_secured_listener_grants_only_what_was_allowed(
    secured_kafka: ApacheKafka, topics: Callable[..., KafkaSettings]
) -> None:
    settings = topics(secured_kafka, partitions=1)
    add_user(secured_kafka.bootstrap, "worker", "secret")
    grant(
        secured_kafka.bootstrap,
        "worker",
        read=(settings.topic_session,),
        write=(settings.topic_prediction,),
        groups=("g",),
    )
    worker = KafkaSettings(
        bootstrap=secured_kafka.secure_bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        username="worker",
        password="secret",  # noqa: S106
    )
    send(settings, settings.topic_session, b"open")
    assert first_record(worker, settings.topic_session) == b"open"
    send(worker, settings.topic_prediction, b"answer")
    with pytest.raises(TopicAuthorizationFailedError):
        send(worker, settings.topic_session, b"forged")


def test_a_machine_without_maven_is_told_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    from liftstream.broker.jars import kafka_jars

    with pytest.raises(BrokerError, match="there is no 'mvn' here; install Maven"):
        kafka_jars()


def test_a_java_that_is_too_old_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from liftstream.broker import jars

    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}/usr/bin:/bin")
    monkeypatch.setattr(jars, "find_spec", lambda name: None)
    with pytest.raises(BrokerError, match="no Java 17 or newer"):
        jars.find_java()
