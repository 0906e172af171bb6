from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Barrier, Thread
from typing import Any

import pytest

from liftstream.contracts.errors import InputError, SettingsError
from liftstream.similar_ads.choices import AGAIN_MS, OWN, Choices, ask_platform
from liftstream.similar_ads.configuration import read_configuration
from testbed.platform_stage import Stage
from tests.platform.bandits.block import Block
from tests.platform.web import served


class Platform:
    """Answers as the platform does; `away` raises."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away, self.now_ms, self.configuration = False, 1_000, {"word": 1.0}

    def ask(self, unit: str) -> Mapping[str, Any]:
        self.asked.append(unit)
        if self.away:
            raise OSError("refused")
        until_ms = (self.now_ms // 10_000 + 1) * 10_000
        group = "reference" if unit.startswith("r") else "target"
        return {
            "group": group,
            "arm": "a",
            "configuration": self.configuration,
            "decision": f"{group}-{until_ms}",
            "until_ms": until_ms,
        }


def choices() -> tuple[Platform, Choices]:
    platform = Platform()
    return platform, Choices(platform.ask, lambda: platform.now_ms)


def test_each_group_is_asked_for_once_a_quantum() -> None:
    platform, found = choices()
    for unit in ("t1", "r1", "t1", "r1", "t2"):
        found.of(unit)
    for unit in ("t1", "t2", "r1"):
        assert found.of(unit).decision.endswith("-10000")
    assert platform.asked == ["t1", "r1", "t2"]  # a new unit has to be asked for its group
    platform.now_ms = 10_000
    assert found.of("t1").decision == "target-20000"
    assert found.of("t2").decision == "target-20000"
    assert platform.asked[3:] == ["t1"]


def test_the_last_choice_goes_on_while_the_platform_is_away() -> None:
    platform, found = choices()
    before = found.of("t1")
    platform.away, platform.now_ms = True, 50_000
    assert found.of("t1") == before
    asked = len(platform.asked)
    assert found.of("t1") == before
    assert len(platform.asked) == asked
    assert "refused" in found.problem
    platform.away = False
    platform.now_ms += AGAIN_MS
    assert found.of("t1").decision == "target-60000"
    assert found.problem == ""


def test_those_who_wait_while_the_platform_hangs_do_not_ask_it_again_one_after_the_other() -> None:
    platform, started = Platform(), Barrier(6)

    def hang(unit: str) -> Mapping[str, Any]:
        platform.asked.append(unit)
        started.wait(300)
        platform.now_ms += 2_000  # as long as an answer is waited for
        raise OSError("timed out")

    found = Choices(hang, lambda: platform.now_ms)

    def visit(unit: str) -> None:
        if unit != "t0":
            started.wait(300)
        found.of(unit)

    with ThreadPoolExecutor(6) as visitors:
        list(visitors.map(visit, [f"t{n}" for n in range(6)]))
    assert platform.asked == ["t0"]


def test_a_clock_that_is_set_back_does_not_keep_the_platform_unasked() -> None:
    platform, found = choices()
    platform.away = True
    found.of("t1")
    platform.away, platform.now_ms = False, platform.now_ms - 3_600_000
    assert found.of("t1").decision


def test_a_new_unit_is_served_the_target_group_s_last_choice_without_a_decision_while_the_platform_is_away() -> (
    None
):
    platform, found = choices()
    platform.configuration = {"word": 7.0}
    found.of("t1")
    platform.away, platform.now_ms = True, 50_000
    for _ in range(2):
        new = found.of("t2")
        assert (new.arm, new.configuration.word, new.decision, new.group) == ("a", 7.0, "", OWN)
    platform.away, platform.now_ms = False, 52_000
    assert found.of("t2").decision == "target-60000"


def test_without_any_choice_the_own_configuration_serves() -> None:
    platform, found = choices()
    platform.away = True
    assert found.of("t1").arm == OWN
    assert Choices(None).of("t1").arm == OWN


def test_a_configuration_of_another_ranker_is_a_reason_and_not_a_crash() -> None:
    platform, found = choices()
    platform.configuration = {"colour": 1.0}
    assert found.of("t1").arm == OWN
    assert "colour" in found.problem
    with pytest.raises(InputError, match="a ranker has word, metro, location, price"):
        read_configuration({"word": "x"})


@pytest.mark.parametrize("body", [b"[]", b"null", b"x", None])
def test_a_platform_that_answers_nonsense_is_a_reason_and_not_a_crash(body: bytes | None) -> None:
    with nonsense(body) as address:
        found = Choices(ask_platform(address, "b"))
        assert found.of("t1").arm == OWN
        assert "gives no choice" in found.problem


def test_a_platform_with_a_password_is_asked_with_a_key(tmp_path: Path) -> None:
    stage = Stage(f"sqlite:///{tmp_path / 'platform.db'}", admin_password="a password", secret="s" * 16)  # noqa: S106
    block = Block(stage, arms=[{"name": "a", "configuration": {"word": 3.0}}])
    block.start()
    key = stage.service.make_key("similar ads")
    with served(stage.service) as address:
        assert ask_platform(address, block.id, key)("u")["decision"]
        with pytest.raises(OSError, match="401"):
            ask_platform(address, block.id)("u")
    stage.service.close()
    with pytest.raises(SettingsError, match="SIMILAR_ADS__PLATFORM_KEY") as refused:
        ask_platform(address, block.id, f"{key}\n")
    assert key not in str(refused.value)


def test_the_groups_of_so_many_units_are_remembered_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liftstream.similar_ads.choices.UNITS_MOST", 2)
    platform, found = choices()
    for unit in ("a", "b", "c", "c", "a"):
        found.of(unit)
    assert platform.asked == ["a", "b", "c", "a"]


@contextmanager
def nonsense(body: bytes | None) -> Iterator[str]:
    """The address of a server that answers with these bytes as JSON; None: not in HTTP."""
    head = b"HTTP/1.0 200 OK\r\n\r\n" if body is not None else b"nonsense\r\n"

    class Answer(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(10_000)
            self.request.sendall(head + (body or b""))

    with TCPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
