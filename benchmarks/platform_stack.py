"""The whole of it on this machine: broker, platform, pipeline and shop, each a process of its own."""

import os
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
from liftstream.broker.topics import make_missing, wanted_topics
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings

LIFTSTREAM = [sys.executable, "-m", "liftstream.cli"]
MISSION = {"effect": 0.7, "sd": 15, "alpha": 0.05, "power": 0.8, "n_per_arm": 5678}
CLIENTS = 11_356


class Stack:
    """The platform's processes, in a folder of their own."""

    def __init__(self, folder: Path, broker: ApacheKafka) -> None:
        self.folder, self.broker = folder, broker
        self.kafka = KafkaSettings(bootstrap=broker.bootstrap)
        make_missing(self.kafka, wanted_topics(self.kafka, 4))
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
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="liftstream-bench-"))
    with ApacheKafka(as_installed=True) as broker:
        made = Stack(folder, broker)
        try:
            yield made
        finally:
            made.stop()
