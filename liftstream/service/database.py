"""Opens the database and migrates its tables before they are used."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from liftstream.contracts.errors import LiftstreamError, SettingsError

MIGRATION_LOCK = 7_301_964_012
"""PostgreSQL's advisory lock while the tables change: two processes may start at once."""
DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
DEAD_AFTER = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 40_000,
}
"""libpq's parameters: a connection to a machine that is gone ends after 40 s, not after two hours; what a URL says counts more."""
ACCEPTED = "accepted are sqlite:///FILE and postgresql://USER:PASSWORD@HOST/DATABASE"


class DatabaseError(LiftstreamError):
    """The database cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Tables:
    """The tables of one service, which may stand beside those of others in one database.

    Attributes:
        migrations: Alembic's folder; every step that is missing is taken.
        setting: what names the database, for errors.
        version_table: where Alembic keeps which steps were taken.
    """

    migrations: Path
    setting: str
    version_table: str = "alembic_version"


def open_database(url: str, tables: Tables) -> Engine:
    """An engine on an up-to-date database.

    Raises:
        SettingsError: the URL is not one of SQLite or PostgreSQL.
        DatabaseError: it cannot be reached or written, or was made by a newer version.
    """
    engine = _engine(url, tables.setting)
    try:
        _migrate(engine, tables)
    except DBAPIError as error:
        raise DatabaseError(
            f"{said(engine)}: {first_line(error.orig) or 'no answer'}; start it, or set {tables.setting} to one that can be written"
        ) from error
    except CommandError as error:
        raise DatabaseError(f"{said(engine)}: {error}; was it made by a newer liftstream?") from error
    return engine


def said(engine: Engine) -> str:
    """The URL of a database for logs and messages: without a password, wherever it stands."""
    return engine.url.difference_update_query(["password", "sslpassword"]).render_as_string()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that will write: SQLite's lock is taken at its beginning, so that it cannot fail half-way."""
    with engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
        yield connection


def _engine(url: str, setting: str) -> Engine:
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
    except ArgumentError:
        raise SettingsError(f"{setting}: not a database URL; {ACCEPTED}") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise SettingsError(f"{setting}: {parsed.drivername!r} is not accepted; {ACCEPTED}")
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        # A database in SQL_ASCII says nothing of its encoding, and the driver would hand out bytes: what is kept there
        # is UTF-8.
        return create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            connect_args={"client_encoding": "utf8", **DEAD_AFTER, **parsed.query},
        )
    except (NoSuchModuleError, ModuleNotFoundError):
        raise SettingsError(f"{setting}: {parsed.drivername!r} is not accepted; {ACCEPTED}") from None


def _sqlite(url: Any) -> Engine:
    in_memory = not url.database or url.database == ":memory:"
    options: dict[str, Any] = (
        {"poolclass": StaticPool} if in_memory else {"pool_size": 10, "max_overflow": 20}
    )
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30}, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # We begin transactions ourselves: the driver's own way is to begin late and to commit before some statements.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may take the last transactions with it, offsets included: they are read again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -16000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _migrate(engine: Engine, tables: Tables) -> None:
    config = Config()
    config.set_main_option("script_location", str(tables.migrations))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        config.attributes["version_table"] = tables.version_table
        command.upgrade(config, "head")


def first_line(error: BaseException | None) -> str:
    """What an error of a driver says, without its details; may be empty."""
    return str(error).strip().partition("\n")[0]
