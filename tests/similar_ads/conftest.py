"""The index on SQLite and on PostgreSQL."""

from tests.platform.conftest import database, no_proxy, postgres

__all__ = ["database", "no_proxy", "postgres"]
