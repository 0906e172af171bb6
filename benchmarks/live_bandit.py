"""A live bandit under load: decisions a second while feedback is taken in, on the embedded broker.

`python -m benchmarks.live_bandit [--seconds 10] [--decisions 2000] [--feedback 5000]`. Platform, broker and callers
share the machine.
"""

import argparse
import gc
import json
import tempfile
import threading
import time
import timeit
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import Producer

from liftstream.broker import EmbeddedBroker
from liftstream.contracts.connection import confluent_options
from liftstream.contracts.settings import KafkaSettings
from liftstream.demo.child import ChildProcess
from liftstream.demo.similar_ads.platform_api import PlatformApi
from liftstream.demo.similar_ads.run import TOPICS
from liftstream.demo.similar_ads.story import SiteRequest
from liftstream.similar_ads.choices import ask_platform

CALLERS = 4


class Caller(threading.Thread):
    """Asks for choices over a connection that stays open, at a steady pace."""

    def __init__(self, address: str, bandit: str, per_second: float, seconds: float) -> None:
        super().__init__(daemon=True)
        self._host, self._path = address.removeprefix("http://"), f"/api/bandits/{bandit}/choice?unit="
        self._every_s, self._seconds = 1 / per_second, seconds
        self.latency_s: list[float] = []

    def run(self) -> None:
        from http.client import HTTPConnection

        http, began, number = HTTPConnection(self._host, timeout=30), time.perf_counter(), 0
        while (due := began + number * self._every_s) < began + self._seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            asked = time.perf_counter()
            http.request("GET", f"{self._path}{number}")
            http.getresponse().read()
            self.latency_s.append(time.perf_counter() - asked)
            number += 1


def feed(
    kafka: KafkaSettings, decisions: dict[str, str], units: list[str], per_second: float, seconds: float
) -> int:
    """Impressions and outcomes in turn, at a steady pace; returns how many."""
    producer, began, sent = Producer({**confluent_options(kafka), "linger.ms": 5}), time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        while sent < (time.perf_counter() - began) * per_second:
            unit = units[sent % len(units)]
            record: dict[str, Any] = {"event": f"e{sent}", "decision": decisions[unit], "unit": unit}
            record |= {"count": 1} if sent % 2 == 0 else {"name": "contact", "value": 1}
            topic = kafka.topic_impression if sent % 2 == 0 else kafka.topic_outcome
            producer.produce(topic, msgspec.json.encode(record), unit.encode())
            sent += 1
        producer.poll(0)
        time.sleep(0.002)
    producer.flush(10)
    return sent


def measure(seconds: float, decisions: float, feedback: float) -> dict[str, Any]:
    """Runs both at once and says what came of it."""
    names = KafkaSettings()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedBroker({getattr(names, t): 2 for t in TOPICS}) as broker,
    ):
        settings = {
            "KAFKA__BOOTSTRAP": broker.bootstrap,
            "PLATFORM__DATABASE": f"sqlite:///{folder}/platform.db",
        }
        run = Path(tempfile.mkdtemp(prefix="liftstream-bench-"))
        with ChildProcess("platform", settings, run, Path(folder) / "platform.log") as platform:
            api = PlatformApi(platform.address())
            bandit = api.post("/api/bandits", {**SiteRequest(1, run).bandit, "quantum_s": 10})["id"]
            api.post(f"/api/bandits/{bandit}/start")
            ask = ask_platform(api.address, bandit)
            idle = [1_000 * took for took in timeit.repeat(lambda: ask("1"), gc.enable, repeat=300, number=1)]
            units = [f"u{i}" for i in range(200)]
            decided = {unit: str(ask(unit)["decision"]) for unit in units}
            callers = [Caller(api.address, bandit, decisions / CALLERS, seconds) for _ in range(CALLERS)]
            for caller in callers:
                caller.start()
            sent = feed(KafkaSettings(bootstrap=broker.bootstrap), decided, units, feedback, seconds)
            for caller in callers:
                caller.join()
            counted = _wait(api, bandit, sent)
    latency = np.array([s for caller in callers for s in caller.latency_s]) * 1_000
    return {
        "idle_median_ms": round(float(np.median(idle)), 2),
        "decisions_per_s": round(len(latency) / seconds),
        "p50_ms": round(float(np.quantile(latency, 0.5)), 2),
        "p99_ms": round(float(np.quantile(latency, 0.99)), 2),
        "feedback_sent_per_s": round(sent / seconds),
        "feedback_counted": counted,
        "feedback_sent": sent,
    }


def _wait(api: PlatformApi, bandit: str, sent: int, within_s: float = 60) -> int:
    deadline, counted = time.monotonic() + within_s, 0
    while counted < sent and time.monotonic() < deadline:
        counted = sum(one["count"] for one in api.get(f"/api/bandits/{bandit}")["records"])
        time.sleep(0.2)
    return counted


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--decisions", type=float, default=2_000)
    parser.add_argument("--feedback", type=float, default=5_000)
    given = parser.parse_args()
    print(json.dumps(measure(given.seconds, given.decisions, given.feedback), indent=1))


if __name__ == "__main__":
    main()
