"""`liftstream platform` and `liftstream shop` as people start them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from kafka import KafkaConsumer, TopicPartition

from liftstream.broker import EmbeddedBroker
from liftstream.contracts.connection import KAFKA_PYTHON_PROTOCOL
from liftstream.contracts.settings import KafkaSettings

LIFTSTREAM = [sys.executable, "-m", "liftstream.cli"]


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LIFTSTREAM, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=600,
    )


def test_it_prints_its_address_answers_without_kafka_and_ends_with_0(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *LIFTSTREAM,
            "platform",
            "--port",
            "0",
            "--database",
            "sqlite:///own.db",
            "--set",
            "KAFKA__BOOTSTRAP=127.0.0.1:1",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}/live", timeout=300).status_code == 200
        deadline = time.monotonic() + 300
        while "127.0.0.1:1" not in (ready := httpx.get(f"{address}/ready", timeout=300)).text:
            assert time.monotonic() < deadline, ready.text
            time.sleep(0.1)
        assert ready.status_code == 503
        assert "liftstream doctor" in ready.json()["reason"]
        assert [file.name for file in tmp_path.glob("*.db")] == ["own.db"]
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "stopped"]
    assert "Traceback" not in said


def test_an_open_address_without_a_password_is_one_line_and_exit_2(tmp_path: Path) -> None:
    done = run(tmp_path, "platform", "--set", "PLATFORM__HOST=0.0.0.0")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "PLATFORM__ADMIN_PASSWORD and PLATFORM__SECRET" in done.stderr


@pytest.mark.slow
def test_a_database_that_cannot_be_used_is_one_line_and_exit_1_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://me:hidden-word@127.0.0.1:1/db"
    done = run(tmp_path, "platform", LIFTSTREAM_PLATFORM__DATABASE=url)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "hidden-word" not in done.stderr


@pytest.mark.slow
def test_a_taken_port_that_was_set_is_refused(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "platform", "--set", f"PLATFORM__PORT={port}")
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr


def test_the_shop_says_what_it_saw_also_when_nobody_decides(tmp_path: Path) -> None:
    names = [name for field, name in KafkaSettings() if field.startswith("topic_")]
    with EmbeddedBroker(dict.fromkeys(names, 2)) as broker:
        done = run(
            tmp_path, "shop", "--sessions", "20", "--speed", "10", "--json",
            LIFTSTREAM_KAFKA__BOOTSTRAP=broker.bootstrap, LIFTSTREAM_PLATFORM__PATIENCE_S="0.1",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["opened"], found["undecided"], found["paid"], found["unwritten"]) == (20, 20, 20, 0)


@pytest.mark.slow
def test_a_shop_that_is_restarted_brings_clients_who_have_not_been_there(tmp_path: Path) -> None:
    names = [name for field, name in KafkaSettings() if field.startswith("topic_")]
    with EmbeddedBroker(dict.fromkeys(names, 2)) as broker:
        for seed in ((), (), ("--seed", "5"), ("--seed", "5")):
            done = run(
                tmp_path, "shop", "--sessions", "3", "--speed", "10", "--json", *seed,
                LIFTSTREAM_KAFKA__BOOTSTRAP=broker.bootstrap, LIFTSTREAM_PLATFORM__PATIENCE_S="0.1",
            )  # fmt: skip
            assert f"seed {json.loads(done.stdout)['seed']}" in done.stderr.splitlines()
        visits = clients(broker.bootstrap, KafkaSettings().topic_session)
    assert sorted(Counter(visits).values()) == [1] * 6 + [2] * 3


def clients(bootstrap: str, topic: str) -> list[str]:
    """The uuid of every session that was written to the topic."""
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, api_version=KAFKA_PYTHON_PROTOCOL)) as consumer:
        partitions = [TopicPartition(topic, number) for number in range(2)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        written = sum(consumer.end_offsets(partitions).values())
        return [json.loads(next(consumer).value)["uuid"] for _ in range(written)]


def test_a_shop_without_a_broker_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = run(tmp_path, "shop", "--sessions", "1", LIFTSTREAM_KAFKA__BOOTSTRAP="127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("liftstream: 127.0.0.1:1: no broker answers")
    assert "Traceback" not in done.stderr


def test_help_of_both_imports_nothing_slow(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom liftstream.cli.app import liftstream\n"
        "for name in ('platform', 'shop'):\n"
        "    try: liftstream([name, '--help'], standalone_mode=False)\n"
        "    except SystemExit: pass\n"
        "print([m for m in ('fastapi', 'sqlalchemy', 'numpy', 'scipy', 'confluent_kafka') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr
