"""A Flink cluster on this machine, a process each: a job manager, and task managers that may be killed."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from liftstream.broker.apache import free_ports
from liftstream.broker.leash import Leashed
from liftstream.contracts.places import find_stream
from liftstream.contracts.settings import PipelineSettings
from pipeline.flink.installation import Installation
from pipeline.flink.package import write_package

WITHIN_S = 120.0


class FlinkCluster:
    """Use it in a `with` block.

    Args:
        installation: Flink, its Java and Python.
        folder: of its own.
        model: that the job decides with.
    """

    def __init__(self, installation: Installation, folder: Path, model: Path) -> None:
        self._installation, self._folder = installation, folder
        self._package = folder / "package"
        write_package(self._package, installation, model, find_stream(PipelineSettings().stream))
        ports = free_ports(3)
        self._rest = ports[1]
        conf = folder / "conf"
        shutil.copytree(installation.flink_home / "conf", conf)
        file = conf / "config.yaml"
        java = yaml.safe_load(file.read_text())["env"]["java"]["opts"]["all"]
        file.write_text(yaml.safe_dump(_options(ports, folder) | {"env.java.opts.all": java}))
        self.environment = os.environ | {
            "FLINK_CONF_DIR": str(conf),
            "FLINK_LOG_DIR": str(folder),
            "FLINK_HOME": str(installation.flink_home),
            "JAVA_HOME": str(installation.java_home),
            "PYTHON": str(installation.python),
        }
        self.manager = self._start("jobmanager")
        self.workers: list[Leashed] = []

    def __enter__(self) -> "FlinkCluster":
        return self

    def __exit__(self, *_: object) -> None:
        for one in (*self.workers, self.manager):
            one.stop()

    def add_task_manager(self) -> None:
        """Starts one more."""
        self.workers.append(self._start("taskmanager"))

    def kill_task_manager(self) -> None:
        """SIGKILL to the oldest task manager and to its Python workers."""
        held = self.workers.pop(0)
        os.killpg(held.pid, signal.SIGKILL)
        held.stop()

    def submit(self, settings: dict[str, str], *options: str, job: tuple[str, ...] = ()) -> str:
        """Submits the job as `liftstream flink package` has it done; its id."""
        command = [str(self._package / "submit.sh"), "-m", f"127.0.0.1:{self._rest}", *options, "--", *job]
        done = subprocess.run(
            command, env=self.environment | settings, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"submission failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return str(self.get("/jobs/overview")["jobs"][-1]["jid"])

    def get(self, path: str) -> Any:
        """A document of Flink's REST interface."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._rest}{path}", timeout=10) as answer:
            return json.load(answer)

    def wait_for_task_managers(self, count: int) -> None:
        """Waits until so many are there."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            try:
                if len(self.get("/taskmanagers")["taskmanagers"]) >= count:
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise RuntimeError(f"no {count} task managers within {WITHIN_S:g} s")

    def stop_with_savepoint(self, job: str) -> str:
        """Stops the job; where the savepoint is."""
        flink = self._installation.flink_home / "bin" / "flink"
        command = [str(flink), "stop", "-m", f"127.0.0.1:{self._rest}", job]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.rpartition("Path: ")[2].split()[0]

    def _start(self, kind: str) -> Leashed:
        script = self._installation.flink_home / "bin" / f"{kind}.sh"
        number = time.monotonic_ns()
        with (self._folder / f"{kind}-{number}.out").open("wb") as log:
            return Leashed([script, "start-foreground"], output=log, environment=self.environment)


def _options(ports: list[int], folder: Path) -> dict[str, object]:
    rpc, rest, blob = ports
    return {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": rpc,
        "jobmanager.bind-host": "127.0.0.1",
        "jobmanager.memory.process.size": "900m",
        "blob.server.port": blob,
        "rest.address": "127.0.0.1",
        "rest.port": rest,
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.numberOfTaskSlots": 2,
        "taskmanager.memory.process.size": "1500m",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "execution.checkpointing.savepoint-dir": (folder / "savepoints").as_uri(),
    }
