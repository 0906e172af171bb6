"""The service's database: its tables, and a transaction that writes, one at a time."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, text

from liftstream.service import database
from liftstream.service.database import Tables
from liftstream.spend.storage.schema import PREDICTIONS, STATES, TESTS, TRUTHS

TABLES: Final = Tables(
    Path(__file__).parent / "migrations", "SPENDING__DATABASE", version_table="spending_version"
)
WRITE_LOCK: Final = 7_301_964_015
"""PostgreSQL's advisory lock of a transaction that writes; SQLite has one writer anyhow."""
SALT: Final = "salt"


def open_database(url: str) -> Engine:
    """An engine on up-to-date tables, with a salt for the split.

    Raises:
        SettingsError, DatabaseError: it cannot be used.
    """
    engine = database.open_database(url, TABLES)
    with writing(engine) as connection:
        if salt_of(connection) is None:
            _new_salt(connection)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; only one runs at a time."""
    with database.writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK})
        yield connection


def salt_of(connection: Connection) -> str | None:
    """The salt with which the running test draws."""
    found: str | None = connection.execute(select(STATES.c.value).where(STATES.c.name == SALT)).scalar()
    return found


def forget(connection: Connection) -> None:
    """Ends the running test: no predictions, no truth, another salt."""
    for table in (PREDICTIONS, TESTS, TRUTHS, STATES):
        connection.execute(delete(table))
    _new_salt(connection)


def _new_salt(connection: Connection) -> None:
    connection.execute(insert(STATES).values(name=SALT, value=secrets.token_hex(16)))
