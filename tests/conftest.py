"""What every test may use: a broker, topics that no other test uses, the console command without a new process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from liftstream.broker import ApacheKafka, EmbeddedBroker
from liftstream.broker.jars import find_java, kafka_jars
from liftstream.broker.rights import create_topics
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from liftstream.contracts.threads import limit_threads
from testbed.examples import FEW

limit_threads(1, was_set=False)  # before numpy: threads of small products only wait for each other

MakeTopics = Callable[..., KafkaSettings]

# A loaded machine is slow, not wrong: examples have no deadline, and slow drawing is no failure.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("any-machine"), max_examples=FEW)  # make test-fast
settings.load_profile("any-machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the real broker, a browser or a whole training is marked for it."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "kafka_installation" in fixtures:
            item.add_marker(pytest.mark.kafka)
        if "browser" in fixtures:
            item.add_marker(pytest.mark.browser)
        if "trained" in fixtures:  # a whole training
            item.add_marker(pytest.mark.slow)


class Printed(NamedTuple):
    """What a command left: as `subprocess.CompletedProcess` calls it."""

    returncode: str | int | None
    stdout: str
    stderr: str


Typed = Callable[..., Printed]


def run_liftstream(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    command = [sys.executable, "-m", "liftstream.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """`typed("plan", "--sd", 15, cwd=folder)`: the console script in this process, where a new one would import for
    seconds."""

    def run(*words: object, cwd: Path | None = None) -> Printed:
        from liftstream.cli import main

        monkeypatch.setattr(sys, "argv", ["liftstream", *map(str, words)])
        if cwd is not None:
            monkeypatch.chdir(cwd)
        code: str | int | None = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        return Printed(code, *capsys.readouterr())

    return run


@pytest.fixture
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """librdkafka's mock cluster in this process: one consumer a group, nothing kept."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_installation() -> None:
    """Java and the jars; without them the test is left out, where CI is set it fails."""
    try:
        find_java()
        kafka_jars()
    except BrokerError as error:
        if os.environ.get("CI"):
            pytest.fail(f"tests on a real Kafka are never left out where CI is set: {error}", pytrace=False)
        pytest.skip(f"no real Kafka: {error}")


@pytest.fixture(scope="session")
def kafka(kafka_installation: None) -> Iterator[ApacheKafka]:
    """A real Apache Kafka, one for all tests of this process: leave it running, and use topics of your own.

    A test that kills or pauses its broker starts one of its own.
    """
    with ApacheKafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def secured_kafka(kafka_installation: None) -> Iterator[ApacheKafka]:
    """The same with a second listener that knows users and rights (`liftstream.broker.rights`)."""
    with ApacheKafka(secured=True) as broker:
        yield broker


@pytest.fixture
def topics() -> MakeTopics:
    """`topics(broker, partitions=4, historic=5)`: makes the topics under names nobody else has.

    With `configs` they have these from the first record on: a broker that is told later takes a while to go by it.

    Returns the settings that reach them: `kafka_python_options(settings)`, `kafka_environment(settings)`.
    """

    def make(
        broker: ApacheKafka | EmbeddedBroker,
        partitions: int = 4,
        configs: Mapping[str, str] | None = None,
        **counts: int,
    ) -> KafkaSettings:
        mark = uuid4().hex[:8]
        short = (
            "demographic",
            "historic",
            "prediction",
            "session",
            "decision",
            "revenue",
            "choice",
            "impression",
            "outcome",
        )
        names = {name: f"{name}-{mark}" for name in short}
        wanted = {full: counts.get(name, partitions) for name, full in names.items()}
        if isinstance(broker, EmbeddedBroker):
            for full, count in wanted.items():
                broker.create_topic(full, count)
        else:
            create_topics(broker.bootstrap, wanted, configs)
        return KafkaSettings(
            bootstrap=broker.bootstrap, **{f"topic_{name}": full for name, full in names.items()}
        )

    return make
