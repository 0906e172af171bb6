"""Where a broker sends its clients: an address that nobody can reach is named, one that has changed is asked for again."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from liftstream.broker import ApacheKafka
from liftstream.broker.apache import free_ports
from liftstream.broker.front import Front
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings
from tests.pipeline.kafka_trial import SOON_S, Answers, Clients, Feeder, Worker, aside, running, until

pytestmark = pytest.mark.kafka


def test_the_address_that_nobody_can_reach_is_named_with_what_to_set(
    kafka_installation: None, topics: Callable[..., KafkaSettings], tmp_path: Path
) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        closed = found.getsockname()[1]
    with ApacheKafka(front_port=closed) as broker:
        host, port = broker.behind_front
        settings = topics(broker, partitions=1).model_copy(update={"bootstrap": f"{host}:{port}"})
        named = f"the broker at {host}:{port} sends its clients to 127.0.0.1:{closed} ("
        worker = Worker(settings, tmp_path)
        with running(worker):
            status, said = until(
                lambda: found if named in (found := worker.get("/ready"))[1] else None,
                worker,
                within_s=SOON_S,
            )
            assert (status, "set advertised.listeners" in said) == (503, True)
            assert worker.said().count(named) == 1
            assert worker.stop() == 0
        assert not any(word in worker.said() for word in ("Traceback", "Unclosed")), worker.said()
        doctor = subprocess.run(
            [sys.executable, "-m", "liftstream.cli", "doctor"],
            env=os.environ | kafka_environment(settings),
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert doctor.returncode == 1
    assert [named in line for line in doctor.stdout.splitlines() if line.startswith("FAILED  broker")] == [
        True
    ]
    assert "Traceback" not in doctor.stdout + doctor.stderr


def advertise(broker: ApacheKafka, before: int, after: int) -> None:
    """Has the broker, once it starts again, send its clients to another port."""
    file = broker.folder / "server.properties"
    told = file.read_text()
    assert f":{before}" in told
    file.write_text(told.replace(f":{before}", f":{after}"))


def test_a_broker_that_is_back_at_another_address_is_asked_for_at_the_one_that_is_set(
    kafka_installation: None, topics: Callable[..., KafkaSettings], tmp_path: Path
) -> None:
    before, after = free_ports(2)
    first, second = Clients(500), Clients(500, first=200_000)
    with ApacheKafka(front_port=before) as broker:
        behind = "{}:{}".format(*broker.behind_front)
        made = topics(broker)
        feeder, answers = Feeder(made), Answers(made)
        with Front(0, behind) as entrance:
            settings = made.model_copy(update={"bootstrap": entrance.bootstrap})
            worker = Worker(settings, tmp_path)
            with running(worker):
                with Front(before, behind):
                    feeder.send_apart(first)
                    until(lambda: answers.are_for(first.uuids), worker)
                    broker.kill()
                advertise(broker, before, after)
                broker.start()
                with Front(after, behind):
                    feeder.send_apart(second)
                    until(lambda: answers.are_for(second.uuids), worker, within_s=SOON_S)
                    until(worker.is_ready, worker)
                    assert worker.stop() == 0
    assert {uuid: {value} for uuid, value in (first.expected | second.expected).items()} == answers.values
    assert aside(tmp_path) == []
