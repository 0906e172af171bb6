"""The systems that are compared: how each is started, and how much of the messages it gets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.quix_environment import quix_python
from liftstream.contracts.connection import kafka_environment
from liftstream.contracts.settings import KafkaSettings

SYSTEMS = Path(__file__).with_name("systems")
TOKEN = "benchmark"  # noqa: S105
STOP_WITHIN_S = 12


@dataclass(frozen=True)
class Contestant:
    """One system.

    Attributes:
        name: in tables.
        command: after the name of the Python that runs it.
        most_pairs: what it gets at most, because it is slow; None: everything.
        processes: how many of it, in one group.
        own_python: it has an environment of its own.
        settings: of the pipeline besides.
    """

    name: str
    command: Sequence[str]
    most_pairs: int | None = None
    processes: int = 1
    own_python: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


WORKER = Contestant("liftstream", ["-m", "liftstream.cli", "run"])
TWO_WORKERS = Contestant("liftstream, 2 workers", WORKER.command, processes=2)
BARE_LOOP = Contestant("bare confluent-kafka loop", [str(SYSTEMS / "bare_loop.py")])
QUIX = Contestant("Quix join_interval", [str(SYSTEMS / "quix.py")], most_pairs=20_000, own_python=True)
FAUST_TABLE = Contestant("Faust Table with pypmml", [str(SYSTEMS / "faust_table.py")], most_pairs=600)


@dataclass(frozen=True)
class Setup:
    """What is the same for all contestants of a run."""

    model: Path
    threshold: float


class ContestantSilent(RuntimeError):
    """A contestant ended, or did not answer in time; `why` says which, without its name."""

    def __init__(self, contestant: str, why: str, last_words: str = "") -> None:
        super().__init__(f"{contestant}: {why}{last_words and ':'}{last_words}")
        self.why = why


class Running:
    """The processes of a contestant; their logs are in `folder`."""

    def __init__(self, contestant: Contestant, environment: Mapping[str, str], folder: Path) -> None:
        self.name, self.folder, self.started = contestant.name, folder, time.time()
        python = str(quix_python()) if contestant.own_python else sys.executable
        self.processes = []
        for number in range(contestant.processes):
            place = folder / str(number)
            place.mkdir()
            with (place / "log").open("wb") as log:
                self.processes.append(
                    subprocess.Popen(
                        [python, *contestant.command],
                        cwd=place,
                        env=environment,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )

    def check(self) -> None:
        """Raises ContestantSilent with its last words when a process has ended."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                words = (self.folder / str(number) / "log").read_text(errors="replace")[-2000:]
                raise ContestantSilent(self.name, f"ended with {process.returncode}", f"\n{words}")

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to what is left of its session after a while."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN_S)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def running(contestant: Contestant, kafka: KafkaSettings, setup: Setup) -> Iterator[Running]:
    """Starts a contestant, and ends it with the block."""
    settings = {
        "MODEL": str(setup.model),
        "THRESHOLD": str(setup.threshold),
        "TOKEN": TOKEN,
        "GROUP": f"bench-{time.time_ns()}",
        "PORT": "0",
        **contestant.settings,
    }
    named = {f"LIFTSTREAM_PIPELINE__{name}": value for name, value in settings.items()}
    environment = os.environ | kafka_environment(kafka) | named
    with TemporaryDirectory(prefix="liftstream-bench-") as folder:
        system = Running(contestant, environment, Path(folder))
        try:
            yield system
        finally:
            system.stop()
