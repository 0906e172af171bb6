"""Starts everything the demo needs: broker, experiment, platform, pipeline; and stops it in reverse order."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from liftstream.broker import EmbeddedBroker
from liftstream.contracts.errors import InputError
from liftstream.contracts.settings import KafkaSettings, PlatformSettings, Settings
from liftstream.demo.accounts import TOPICS, name_of
from liftstream.demo.child import ChildProcess, ProcessEnded
from liftstream.demo.looking import not_ready
from liftstream.demo.plan import ARM, PATIENCE_S, Request

PARTITIONS: Final = 2
"""Partitions of each topic. The embedded broker keeps 5 MiB of each, 9,000 histories in all. At most
`plan.MOST_WAITING` clients wait for an answer, and after `run.STALL_S` without movement the demo ends, so nothing is
dropped unread."""
READY_WITHIN_S: Final = 60.0
LOOK_S: Final = 0.05
DATABASE: Final = "liftstream.db"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """The running parts of the demo.

    Attributes:
        settings: reach the broker.
        experiment: its id.
        page: the platform's address.
        worker: the pipeline's address.
        children: pipeline and platform.
        run: the folder of database, state and side output.
    """

    settings: Settings
    experiment: str
    page: str
    worker: str
    children: tuple[ChildProcess, ChildProcess]
    run: Path

    @property
    def experiment_page(self) -> str:
        """The address of the experiment's page."""
        return f"{self.page}/experiments/{self.experiment}"

    def check(self) -> None:
        """Checks that all processes still run.

        Raises:
            ProcessEnded: somebody is not.
        """
        for child in self.children:
            child.check()

    def troubles(self) -> str:
        """Why nothing moves, as the processes say it."""
        found = {"pipeline": not_ready(self.worker), "platform": not_ready(self.page)}
        said = "; ".join(f"{name}: {why}" for name, why in found.items() if why)
        return said or "pipeline and platform say that they are ready"


@contextmanager
def set_up(request: Request, tell: Tell) -> Iterator[Stage]:
    """Starts everything, and stops it however the block ends.

    Args:
        tell: hears what is being done.

    Raises:
        LiftstreamError: something does not start; one line says what.
    """
    logs = request.folder / "logs"
    with ExitStack() as stack:
        run = make_folders(logs)
        stack.callback(shutil.rmtree, run, ignore_errors=True)
        tell("starting the embedded broker")
        names = KafkaSettings()
        broker = stack.enter_context(EmbeddedBroker({name_of(names, topic): PARTITIONS for topic in TOPICS}))
        tell("sealing the experiment's plan")
        database = f"sqlite:///{run / DATABASE}"
        experiment, token = start_experiment(database, request)
        tell("starting platform and pipeline")
        own = {"platform": platform_settings(database), "run": pipeline_settings(request, token)}
        platform, pipeline = (
            stack.enter_context(
                ChildProcess(
                    command, {"KAFKA__BOOTSTRAP": broker.bootstrap, **settings}, run, logs / f"{command}.log"
                )
            )
            for command, settings in own.items()
        )
        page, worker = when_ready(platform), when_ready(pipeline)
        settings = Settings(
            kafka=KafkaSettings(bootstrap=broker.bootstrap), platform=PlatformSettings(patience_s=PATIENCE_S)
        )
        stage = Stage(settings, experiment, page, worker, (pipeline, platform), run)
        tell(f"watch it on {stage.experiment_page}")
        yield stage
        tell("stopping pipeline, platform and broker")


def make_folders(logs: Path) -> Path:
    """Creates the folder for the logs, and returns a new one for temporary files.

    Raises:
        InputError: the disk refuses.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="liftstream-demo-"))
    except OSError as error:
        raise InputError(
            f"{error.filename or logs}: cannot be made: {error.strerror}; make room, or run the demo in a folder that you may write"
        ) from error


def start_experiment(database: str, request: Request) -> tuple[str, str]:
    """A running experiment by the request's plan: its id and the candidate's token.

    Not through the API, which draws the salt itself: here the seed draws it.
    """
    from liftstream.platform import registry
    from liftstream.platform.database import open_database
    from liftstream.platform.planning.requests import NewExperiment
    from liftstream.service import clock
    from liftstream.service.database import writing

    engine = open_database(database)
    try:
        with writing(engine) as connection:
            made = registry.create(connection, NewExperiment(request.plan), clock.now_ms())
            registry.start(connection, made.id, clock.now_ms())
    finally:
        engine.dispose()
    return made.id, made.tokens[ARM]


def platform_settings(database: str) -> dict[str, str]:
    """The settings of the platform: its usual port, or the next free one."""
    return {"PLATFORM__DATABASE": database, "PLATFORM__PATIENCE_S": str(PATIENCE_S)}


def pipeline_settings(request: Request, token: str) -> dict[str, str]:
    """The settings of the worker: any free port, and its files in the temporary folder."""
    return {"PIPELINE__TOKEN": token, "PIPELINE__MODEL": str(request.model.absolute()), "PIPELINE__PORT": "0"}


def when_ready(child: ChildProcess) -> str:
    """The address of a process, once it is ready.

    Raises:
        ProcessEnded: it ended instead, or is not ready in time.
    """
    address = child.address()
    deadline = time.monotonic() + READY_WITHIN_S
    while reason := not_ready(address):
        child.check()
        if time.monotonic() > deadline:
            raise ProcessEnded(
                f"the {child.name} is not ready after {READY_WITHIN_S:.0f} s: {reason} (log: {child.log})"
            )
        time.sleep(LOOK_S)
    return address


def keep_database(stage: Stage, folder: Path) -> Path:
    """Copies the platform's database out of the temporary folder; the platform may go on meanwhile."""
    kept = folder / DATABASE
    try:
        kept.unlink(missing_ok=True)
        with closing(sqlite3.connect(stage.run / DATABASE)) as now, closing(sqlite3.connect(kept)) as copy:
            now.backup(copy)
    except (OSError, sqlite3.Error) as error:
        raise InputError(f"{kept}: cannot be written: {error}; make room") from error
    return kept
