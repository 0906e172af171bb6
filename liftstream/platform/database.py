"""The platform's tables."""

from pathlib import Path

from sqlalchemy import Engine

from liftstream.platform.bandits import tables as bandit_tables  # noqa: F401 - they belong to the schema, as do the next two
from liftstream.platform.ingest import tables as reading_tables  # noqa: F401
from liftstream.platform.security import tables as access_tables  # noqa: F401
from liftstream.service import database
from liftstream.service.database import Tables

TABLES = Tables(Path(__file__).parent / "migrations", "PLATFORM__DATABASE")


def open_database(url: str) -> Engine:
    """An engine on the platform's up-to-date database.

    Raises:
        SettingsError, DatabaseError: it cannot be used.
    """
    return database.open_database(url, TABLES)
