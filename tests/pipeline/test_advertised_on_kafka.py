"""A broker that sends its clients where nobody answers: `run` and `doctor` name that address in one line, and what to set."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from liftstream.broker import ApacheKafka
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings
from tests.pipeline.kafka_trial import Worker, running, until

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
                lambda: found if named in (found := worker.get("/ready"))[1] else None, worker, within_s=60
            )
            assert (status, "set advertised.listeners" in said) == (503, True)
            assert worker.said().count(named) == 1
            assert worker.stop() == 0
        assert not any(word in worker.said() for word in ("Traceback", "Unclosed"))
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
