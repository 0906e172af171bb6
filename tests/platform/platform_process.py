"""`liftstream platform` in a process of its own, which may be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings


def until(done: Callable[[], Any], within_s: float = 300) -> Any:
    """What `done` returns, once it is something."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if found := done():
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s} s")


class PlatformProcess:
    """The command, its folder, its log."""

    def __init__(self, kafka: KafkaSettings, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            **kafka_environment(kafka),
            "LIFTSTREAM_PLATFORM__DATABASE": f"sqlite:///{folder / 'platform.db'}",
            "LIFTSTREAM_PLATFORM__PORT": "0",
            "LIFTSTREAM_PLATFORM__PATIENCE_S": "5",
        }
        self.address = ""

    def start(self) -> None:
        with (self._folder / "platform.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "liftstream.cli", "platform"],
                env=self._environment,
                cwd=self._folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.address = (self.process.stdout.readline() if self.process.stdout else "").strip()
        assert self.address, (self._folder / "platform.log").read_text()
        self._environment["LIFTSTREAM_PLATFORM__PORT"] = self.address.rpartition(":")[2]  # the same again

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.address + path, timeout=300)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(300)
