"""`python -m benchmarks.platform [loop|faults|honest|collector|page]`: the A/B platform against its bars; without a word, all.

loop       11,356 seeded clients at 1,000 sessions a second: broker, platform, pipeline and shop on this machine;
           then the same with a candidate that decides as the original does
faults     100 sessions a second; platform, pipeline and broker are each killed once on the way
honest     200 A/A loops and 200 loops with a leak through the platform's own code, without Kafka
collector  predictions a second into SQLite and PostgreSQL, and the memory that they leave
page       an experiment of a million clients, its page's document and its JSON
"""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from liftstream.broker import ApacheKafka
from liftstream.broker.rights import create_topics
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings

LIFTSTREAM = [sys.executable, "-m", "liftstream.cli"]
MISSION = {"effect": 0.7, "sd": 15, "alpha": 0.05, "power": 0.8, "n_per_arm": 5678}
TRUTH = 0.844
CLIENTS = 11_356


class Street:
    """Broker, platform, pipeline and shop, each a process of its own in a temporary folder."""

    def __init__(self, folder: Path, broker: ApacheKafka) -> None:
        self.folder, self.broker = folder, broker
        self.kafka = KafkaSettings(bootstrap=broker.bootstrap)
        topics = [name for field, name in self.kafka if field.startswith("topic_")]
        create_topics(broker.bootstrap, dict.fromkeys(topics, 4))
        self.environment = {
            **os.environ,
            **kafka_environment(self.kafka),
            "LIFTSTREAM_PLATFORM__DATABASE": f"sqlite:///{folder / 'platform.db'}",
            "LIFTSTREAM_PLATFORM__PORT": "0",
            "LIFTSTREAM_PIPELINE__PORT": "0",
            "LIFTSTREAM_PIPELINE__SIDE_OUTPUT": str(folder / "side-output"),
            "LIFTSTREAM_PIPELINE__STATE": str(folder / "state"),
        }
        self.running: dict[str, subprocess.Popen[str]] = {}
        self.address = ""

    def start(self, name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        log = (self.folder / f"{name}.log").open("a")
        self.running[name] = subprocess.Popen(
            [*LIFTSTREAM, *arguments],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=self.folder,
        )
        return self.running[name]

    def start_platform(self) -> None:
        process = self.start("platform", "platform")
        self.address = (process.stdout.readline() if process.stdout else "").strip()
        # the address stays the same when it is started again
        self.environment["LIFTSTREAM_PLATFORM__PORT"] = self.address.rpartition(":")[2]
        self.wait(lambda: httpx.get(f"{self.address}/ready").status_code == 200, 60)

    def start_pipeline(self, token: str, model: str) -> None:
        self.start("pipeline", "run", LIFTSTREAM_PIPELINE__TOKEN=token, LIFTSTREAM_PIPELINE__MODEL=model)

    def create(self, **fields: Any) -> dict[str, Any]:
        made = httpx.post(f"{self.address}/api/experiments", json={**MISSION, **fields}).json()
        httpx.post(f"{self.address}/api/experiments/{made['id']}/start").raise_for_status()
        return dict(made)

    def experiment(self, name: str) -> dict[str, Any]:
        return dict(httpx.get(f"{self.address}/api/experiments/{name}", timeout=30).json())

    def kill(self, name: str) -> None:
        process = self.running[name]
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait(self, done: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            try:
                if done():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"not within {within_s} s; the logs are in {self.folder}")

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def street() -> Iterator[Street]:
    folder = Path(tempfile.mkdtemp(prefix="liftstream-bench-"))
    with ApacheKafka(heap_mb=512) as broker:
        made = Street(folder, broker)
        try:
            yield made
        finally:
            made.stop()


def closed_loop(model: str, seed: int, speed: float, clients: int = CLIENTS) -> dict[str, Any]:
    """One experiment from its creation to its verdict."""
    with street() as here:
        here.start_platform()
        fields = (
            {}
            if clients == CLIENTS
            else {"n_per_arm": clients // 2, "effect": 0.7 * (CLIENTS / clients) ** 0.5}
        )
        made = here.create(name=f"closed loop, {model}", **fields)
        here.start_pipeline(made["token"], f"pmml/{model}.pmml")
        time.sleep(8)  # the pipeline imports and joins its group
        began = time.monotonic()
        shop = here.start(
            "shop", "shop", "--speed", str(speed), "--seed", str(seed), "--sessions", str(clients), "--json"
        )
        shop.wait(600)
        here.wait(lambda: here.experiment(made["id"])["state"] == "finished", 60)
        found = here.experiment(made["id"])
        tell(found, time.monotonic() - began)
        return found


def tell(found: dict[str, Any], seconds: float) -> None:
    sessions = sum(arm["sessions"] for arm in found["arms"])
    unanswered = sum(arm["unanswered"] for arm in found["arms"])
    latency = found["arms"][1]["latency"] or {}
    inside = found["ci_low"] <= TRUTH <= found["ci_high"]
    print(f"    {found['sentence']}")
    print(
        f"    {sessions:,} sessions in {seconds:.1f} s; unanswered {100 * unanswered / sessions:.2f} %;"
        f" answers p50 {latency.get('p50_ms')} ms, p99 {latency.get('p99_ms')} ms;"
        f" the truth (+{TRUTH}) {'inside' if inside else 'OUTSIDE'} the interval"
    )


def loop() -> None:
    print("closed loop, 1,000 sessions a second")
    closed_loop("cross_selling", seed=1, speed=100)
    print("closed loop, the candidate decides as the original")
    closed_loop("original", seed=2, speed=100)


def main() -> None:
    parts = {"loop": loop}
    for name in sys.argv[1:] or list(parts):
        began = time.monotonic()
        parts[name]()
        print(f"{name}: {time.monotonic() - began:.0f} s, at most {peak_mb():.0f} MB here")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
