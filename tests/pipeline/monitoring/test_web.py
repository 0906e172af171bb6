"""`/live`, `/ready`, `/metrics`, and which port they get."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.fetch import Partition
from liftstream.contracts.settings import Settings, load_settings
from pipeline.group.assignor import GroupDecision
from pipeline.group.co_partitioning import CoPartitioning
from pipeline.monitoring.health import Health
from pipeline.monitoring.web import serve
from tests.pipeline.offline import DEMOGRAPHIC, HISTORIC, demographic, nothing_lost, polled, worker_in


@contextmanager
def serving(health: Any, settings: Settings) -> Iterator[int]:
    server = serve(settings, health)
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def get(port: int, path: str, host: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection(host, port, timeout=300)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def any_port() -> Settings:
    return load_settings(overrides={"PIPELINE__PORT": "0"}, environment={})


class Raw:
    """What is asked of aiokafka's consumer."""

    def __init__(self, end: int, polled_ms: int) -> None:
        self.end, self.polled_ms = end, polled_ms

    def assignment(self) -> set[Partition]:
        return {DEMOGRAPHIC, HISTORIC}

    def highwater(self, name: Partition) -> int:
        return self.end

    def last_stable_offset(self, name: Partition) -> int:
        return self.end

    def last_poll_timestamp(self, name: Partition) -> int:
        return self.polled_ms


def started(
    health: Health, raw: Any = None, *, standing_by: str | None = None, decision: GroupDecision | None = None
) -> None:
    """The application is there, and the group has decided."""
    found: Any = SimpleNamespace(
        raw=raw, refusal=None, standing_by=lambda: standing_by, assignor=SimpleNamespace(decision=decision)
    )
    health.application, health.waiting_for = found, None


def test_before_anything_else_it_is_alive_and_says_what_it_waits_for(tmp_path: Path) -> None:
    health = Health(worker_in(tmp_path)[0])
    health.waiting_for = "no Kafka at localhost:9092 yet"
    with serving(health, any_port()) as port:
        assert get(port, "/live")[0] == 200
        status, body = get(port, "/ready")
        assert get(port, "/metrics?x=1")[0] == 200
        assert get(port, "/")[0] == 404
        assert (get(port, "/live", method="HEAD"), get(port, "/ready", method="HEAD")) == (
            (200, ""),
            (503, ""),
        )
    assert status == 503
    assert json.loads(body)["reasons"] == ["no Kafka at localhost:9092 yet"]


@pytest.mark.parametrize(
    ("error", "logged"), [(ZeroDivisionError, ["no answer"]), (ConnectionResetError, []), (TimeoutError, [])]
)
def test_what_goes_wrong_in_an_answer_is_logged_unless_the_client_went_away(
    error: type[Exception], logged: list[str]
) -> None:
    def fail() -> list[str]:
        raise error

    broken: Any = SimpleNamespace(reasons=fail)
    with capture_logs() as logs, serving(broken, any_port()) as port, pytest.raises(RemoteDisconnected):
        get(port, "/ready")
    assert [one["event"] for one in logs] == logged


def test_every_reason_not_to_be_ready_is_said(tmp_path: Path) -> None:
    import time

    worker, kept = worker_in(tmp_path)
    health = Health(worker)
    now_ms = time.time_ns() // 1_000_000
    started(health)
    assert health.reasons() == ["the group has not given us partitions yet"]
    apart = GroupDecision(CoPartitioning(False, "no keys"), "host process 1", 2)
    started(health, standing_by="host process 1 reads both whole topics", decision=apart)
    assert health.reasons() == ["standing by: host process 1 reads both whole topics"]
    shared = GroupDecision(CoPartitioning(True, ""), None, 1)
    started(health, decision=shared)
    assert health.reasons() == ["no partitions are ours: there are more workers than partitions"]
    started(health, Raw(0, now_ms), decision=shared)
    assert health.reasons() == ["waiting to hear what is committed"]
    worker.open({DEMOGRAPHIC: 0, HISTORIC: 0}, {})
    assert health.reasons() == []
    kept.trouble = "writing to topic is refused"
    assert "writing to topic is refused" in health.reasons()
    kept.trouble = None
    started(health, Raw(0, now_ms - 60_000))
    assert "no answer from Kafka for 60 s" in health.reasons()[0]
    started(health, Raw(7, now_ms))
    health.look()
    assert "14 records" in health.reasons()[0]
    assert sum(health.lag().values()) == 14


def test_a_refused_model_is_noted_and_no_reason(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)
    health = Health(worker)
    worker.model.trouble = "the new model is not served"
    assert health.notes() == ["the new model is not served"]
    assert "the new model is not served" not in health.reasons()


def test_a_topic_whose_clock_is_ahead_is_noted_until_it_is_put_right(tmp_path: Path) -> None:
    import time

    worker, _ = worker_in(tmp_path)
    worker.open({DEMOGRAPHIC: 0, HISTORIC: 0}, {})
    now_ms = time.time_ns() // 1_000_000
    asyncio.run(worker.take({DEMOGRAPHIC: polled(demographic(0, 1, now_ms + 3_600_000))}, nothing_lost))
    (note,) = Health(worker).notes()
    assert note.startswith(f"event times of {DEMOGRAPHIC.topic} are 3,")
    assert "ahead of this machine's clock" in note
    asyncio.run(worker.take({DEMOGRAPHIC: polled(demographic(1, 2, now_ms))}, nothing_lost))
    assert Health(worker).notes() == []


def test_a_taken_port_gives_way_to_the_next_free_one_unless_it_was_set(tmp_path: Path) -> None:
    health = Health(worker_in(tmp_path)[0])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        left = Settings.model_construct(
            pipeline=SimpleNamespace(host="127.0.0.1", port=number, model_fields_set=set())
        )
        with serving(health, left) as port:
            assert port > number
        chosen = load_settings(overrides={"PIPELINE__PORT": str(number)}, environment={})
        with pytest.raises(
            SettingsError, match=f"PIPELINE__PORT: 127.0.0.1:{number}: Address already in use"
        ):
            serve(chosen, health)


def test_it_listens_on_ipv6_too(tmp_path: Path) -> None:
    settings = load_settings(overrides={"PIPELINE__HOST": "::1", "PIPELINE__PORT": "0"}, environment={})
    try:
        with serving(Health(worker_in(tmp_path)[0]), settings) as port:
            assert get(port, "/live", "::1")[0] == 200
    except SettingsError as error:  # a machine without IPv6 refuses the address, and not its family
        assert "[::1]:0: Cannot assign requested address" in str(error)  # noqa: PT017


def test_a_host_that_is_not_ours_is_an_error_that_names_it(tmp_path: Path) -> None:
    settings = load_settings(
        overrides={"PIPELINE__HOST": "192.0.2.1", "PIPELINE__PORT": "8081"}, environment={}
    )
    with pytest.raises(SettingsError, match=r"192\.0\.2\.1:8081"):
        serve(settings, Health(worker_in(tmp_path)[0]))


def test_it_starts_without_a_name_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        socket, "getfqdn", lambda name="": pytest.fail(f"a name server is asked for {name!r}")
    )
    with serving(Health(worker_in(tmp_path)[0]), any_port()) as port:
        assert get(port, "/live")[0] == 200
