"""The job on its own mini cluster: one command, for first tries and for tests."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from liftstream.broker.leash import Leashed
from liftstream.contracts.connection import host_and_port
from liftstream.contracts.places import find_model, find_stream
from liftstream.contracts.settings import PREFIX, Settings, set_in
from liftstream.service.ports import family_of, first_free
from pipeline.flink.code_archive import write_code
from pipeline.flink.failures import Failures
from pipeline.flink.installation import Installation

GRACE_S: Final = 8.0
LOOK_S: Final = 1.0
HEAP: Final = "-Xms256m -Xmx1500m"


class EmbeddedJob:
    """The job in processes of its own, which end with the process that started them; use it in a `with` block.

    Args:
        installation: Python, Java and jars.
        settings: checked before.
        named: the same settings by their names, as the job's process gets them.
        arguments: of `pipeline.flink.job`.
        options: of Flink.

    Attributes:
        folder: of checkpoints and logs.
        url: of Flink's own page.

    Raises:
        SettingsError: the address of that page cannot be used.
    """

    def __init__(
        self,
        installation: Installation,
        settings: Settings,
        named: Mapping[str, str],
        arguments: Sequence[str] = (),
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = settings.pipeline.state.resolve() / "flink" / settings.pipeline.group
        self.folder.mkdir(parents=True, exist_ok=True)
        host, port = settings.pipeline.host, _free_port(settings)
        self.url = f"http://{host_and_port(host, port)}"
        chosen = _local_options(self.folder, host, port) | dict(options or {})
        command: list[str | Path] = [installation.python, "-m", "pipeline.flink.job", *arguments]
        command += [f"--with-jar={jar}" for jar in installation.jars]
        command += [f"--option={name}={value}" for name, value in chosen.items()]
        files = {
            f"{PREFIX}PIPELINE__MODEL": str(find_model(settings.pipeline.model).resolve()),
            f"{PREFIX}PIPELINE__STREAM": str(find_stream(settings.pipeline.stream).resolve()),
        }
        ours = {PREFIX + name: value for name, value in named.items()}
        self._held = Leashed(
            command,
            output=sys.stderr.fileno(),
            grace_s=GRACE_S,
            environment=os.environ | ours | files | _surroundings(installation, self.folder),
        )

    def __enter__(self) -> "EmbeddedJob":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self, tell: Callable[[str], None]) -> int:
        """Waits until the job ends, or until SIGTERM or Ctrl-C stop it (then 0); the exit code.

        Args:
            tell: gets the reason of each new failure, after which Flink starts the job again.
        """
        asked: list[int] = []

        def ask(number: int, _: FrameType | None) -> None:
            asked.append(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, ask)
        failures = Failures(self.url, tell)
        while not asked and (code := self._held.wait(LOOK_S)) is None:
            failures.look()
        self.stop()
        return 0 if asked else code or 1

    def stop(self) -> None:
        """Ends the mini cluster and its workers; what it had read is in its last checkpoint."""
        self._held.stop()


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint below a folder."""
    whole = [found.parent for found in folder.glob("*/chk-*/_metadata")]
    return max(whole, key=lambda one: (one / "_metadata").stat().st_mtime_ns, default=None)


def _free_port(settings: Settings) -> int:
    def take(address: tuple[str, int]) -> int:
        with socket.create_server(address, family=family_of(address[0])) as server:
            port: int = server.getsockname()[1]
            return port

    pipeline, name = settings.pipeline, "PIPELINE__PORT"
    return first_free(take, pipeline.host, pipeline.port, was_set=set_in(settings, name), setting=name)


def _local_options(folder: Path, host: str, port: int) -> dict[str, str]:
    checkpoints = folder / "checkpoints"
    found = {
        "execution.checkpointing.dir": checkpoints.as_uri(),
        "rest.address": host,
        "rest.bind-address": host,
        "rest.port": str(port),
    }
    last = newest_checkpoint(checkpoints)
    return found | ({"execution.state-recovery.path": last.as_uri()} if last else {})


def _surroundings(installation: Installation, folder: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": str(write_code(folder / "liftstream.zip")),
        "JAVA_HOME": str(installation.java_home),
        "FLINK_HOME": str(installation.flink_home),
        "FLINK_LOG_DIR": str(folder),
        "LC_ALL": "C.UTF-8",  # Java reads the names of folders by it
        "JVM_ARGS": os.environ.get("JVM_ARGS", HEAP),
        "_python_worker_execution_mode": "process",  # or the workers of all slots share this process's interpreter
    }
