"""Service, broker and platform, each killed while visitors come: counts equal what was sent, and a replay equals what
was learned."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from liftstream.broker import ApacheKafka
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings
from tests.platform.platform_process import PlatformProcess, until

VISITS = 400
ADS = [
    {
        "number": number,
        "title": f"bicycle {number % 7}",
        "category": "bicycles",
        "metro": "north",
        "location": "A",
        "price": 100 + number,
        "posted_ms": number,
    }
    for number in range(1, 41)
]
BANDIT = {
    "name": "Similar ads",
    "policy": "reference-thompson",
    "arms": [
        {"name": "price", "configuration": {"price": 20}},
        {"name": "word", "configuration": {"word": 30}},
    ],
    "reference": {"share": 0.3, "configuration": {"price": 5}},
    "quantum_s": 1,
    "attribution_s": 600,
}


class ServiceProcess:
    """`liftstream similar-ads serve`, which may be killed; its folder holds ads and journal."""

    def __init__(self, kafka: KafkaSettings, folder: Path, platform: str, bandit: str) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            **kafka_environment(kafka),
            "LIFTSTREAM_SIMILAR_ADS__PORT": "0",
            "LIFTSTREAM_SIMILAR_ADS__PLATFORM": platform,
            "LIFTSTREAM_SIMILAR_ADS__BANDIT": bandit,
        }

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "liftstream.cli", "similar-ads", "serve"],
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=(self._folder / "similar-ads.log").open("a"),
            text=True,
        )
        address = (self.process.stdout.readline() if self.process.stdout else "").strip()
        assert address, (self._folder / "similar-ads.log").read_text()
        self.http = httpx.Client(base_url=address, timeout=300, trust_env=False)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def visit(self, number: int) -> tuple[str, str]:
        """A visitor comes again and sees a block, and at every other visit writes to a seller; the group and the decision."""
        unit = f"v{number % 30}"
        block = self.http.get(f"/similar/{number % 40 + 1}", params={"unit": unit}).raise_for_status().json()
        if number % 2:
            contact = {"decision": block["decision"], "unit": unit, "event": f"c{number}"}
            self.http.post("/contacts", json=contact).raise_for_status()
        return block["group"], block["decision"]


def learned(database: Path) -> tuple[str, list[Any]]:
    """What the bandit knows of its arms, byte by byte, and the sums by arm, group and outcome."""
    with closing(sqlite3.connect(database)) as connection:
        ((text,),) = connection.execute("SELECT learned FROM bandit").fetchall()
        sums = connection.execute(
            'SELECT arm, "group", name, total FROM bandit_sum ORDER BY 1, 2, 3'
        ).fetchall()
    return text[text.index('"arms"') :], sums


def reasons(shown: dict[str, Any]) -> dict[str, int]:
    return {f"{one['kind']} {one['reason']}": one["count"] for one in shown["records"]}


def counted_once(shown: dict[str, Any]) -> int:
    """Records without those that came again, which say nothing of what is still on its way."""
    return sum(one["count"] for one in shown["records"] if one["reason"] != "repeated")


@pytest.mark.slow
def test_service_broker_and_platform_are_killed_and_nothing_is_lost_or_doubled(
    kafka_installation: None, topics: Any, tmp_path: Path
) -> None:
    folders = {name: tmp_path / name for name in ("first", "again", "service")}
    for folder in folders.values():
        folder.mkdir()
    with ApacheKafka() as broker:
        kafka: KafkaSettings = topics(broker, 2)
        platform = PlatformProcess(kafka, folders["first"])
        platform.start()
        until(lambda: platform.get("/ready").status_code == 200)
        made = httpx.post(f"{platform.address}/api/bandits", json=BANDIT, timeout=300).json()["id"]
        httpx.post(f"{platform.address}/api/bandits/{made}/start", timeout=300).raise_for_status()
        # the database before any feedback: it knows the bandit, and has read nothing
        copy_database(folders["first"], folders["again"])
        service = ServiceProcess(kafka, folders["service"], platform.address, made)
        service.start()
        try:
            service.http.post("/ads", json=ADS).raise_for_status()
            groups = Counter[str]()
            for number in range(VISITS):
                if number == 100:
                    service.kill()
                    service.start()
                elif number == 200:
                    broker.kill()
                elif number == 230:
                    service.kill()  # with 45 records that no broker has
                    service.start()
                elif number == 260:
                    broker.start()
                elif number == 300:
                    platform.kill()
                elif number == 330:
                    platform.start()
                group, decision = service.visit(number)
                assert decision
                groups[group] += 1
            contacts = VISITS // 2

            def counted() -> dict[str, Any] | None:
                shown: dict[str, Any] = platform.get(f"/api/bandits/{made}").json()
                return shown if counted_once(shown) >= VISITS + contacts else None

            shown = until(counted)
            found = reasons(shown)
            assert {reason for reason in found if not reason.endswith(" repeated")} == {
                "impression counted",
                "outcome counted",
            }
            assert found["impression counted"] == VISITS
            assert found["outcome counted"] == contacts
            assert sum(arm["impressions"] for arm in shown["arms"]) == groups["target"]
            assert platform.stop() == 0
        finally:
            platform.process.kill()
            service.process.kill()
        replay(kafka, folders["again"], VISITS + contacts)
    assert learned(folders["again"] / "platform.db") == learned(folders["first"] / "platform.db")


def copy_database(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source / "platform.db")) as old,
        closing(sqlite3.connect(target / "platform.db")) as new,
    ):
        old.backup(new)


def replay(kafka: KafkaSettings, folder: Path, records: int) -> None:
    """Another platform reads both topics from the beginning."""
    again = PlatformProcess(kafka, folder)
    again.start()
    try:
        (bandit,) = again.get("/api/bandits").json()
        path = f"/api/bandits/{bandit['id']}"
        until(lambda: counted_once(again.get(path).json()) >= records)
        assert again.stop() == 0
    finally:
        again.process.kill()
