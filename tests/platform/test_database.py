"""Both databases are made, migrated, shared and refused in the same way."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text

from liftstream.contracts.errors import SettingsError
from liftstream.platform.database import open_database
from liftstream.platform.schema import Schema
from liftstream.service.database import DatabaseError, writing


def test_the_steps_of_the_migrations_lead_to_the_tables_of_the_schema(database: str) -> None:
    engine = open_database(database)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Schema.metadata) == []
    engine.dispose()


def test_opening_it_again_keeps_what_is_in_it(database: str) -> None:
    engine = open_database(database)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO mark (name, value) VALUES ('kept', 7)"))
    engine.dispose()
    again = open_database(database)
    with again.connect() as connection:
        assert connection.execute(text("SELECT value FROM mark WHERE name = 'kept'")).scalar() == 7
    again.dispose()


def test_a_transaction_that_fails_leaves_nothing(database: str) -> None:
    engine = open_database(database)
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        connection.execute(text("INSERT INTO mark (name, value) VALUES ('gone', 1)"))
        _ = 1 / 0
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM mark")).scalar() == 0
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_with_what_to_do(database: str) -> None:
    engine = open_database(database)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseError, match="newer liftstream"):
        open_database(database)


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense", "oracle://x", "sqlite+aiosqlite:///x.db"])
def test_another_kind_of_url_is_refused_with_those_that_are_accepted(url: str) -> None:
    with pytest.raises(SettingsError, match="accepted are sqlite:///FILE and postgresql://"):
        open_database(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/x.db",
        "postgresql://me:secret-word@127.0.0.1:1/nothing",
        "postgresql://me@127.0.0.1:1/nothing?password=secret-word",
    ],
)
def test_one_that_cannot_be_reached_is_one_line_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_database(url)
    assert "secret-word" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "PLATFORM__DATABASE" in str(caught.value)


def test_a_connection_to_a_database_that_vanished_ends_unless_its_url_says_otherwise(postgres: str) -> None:
    url = make_url(postgres).update_query_dict({"keepalives_idle": "7"})
    engine = open_database(url.render_as_string(hide_password=False))
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        found = driver.info.get_parameters()
    engine.dispose()
    assert (found["keepalives_idle"], found["tcp_user_timeout"], found["connect_timeout"]) == (
        "7",
        "40000",
        "10",
    )


def test_a_database_that_says_nothing_of_its_encoding_is_used_as_utf_8(postgres: str) -> None:
    url = make_url(postgres).set(drivername="postgresql+psycopg")
    administrator = create_engine(url, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"))
    administrator.dispose()
    engine = open_database(url.set(database="ascii").render_as_string(hide_password=False))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 'Größe'")).scalar_one() == "Größe"
    engine.dispose()
