"""The index on SQLite and on PostgreSQL, and a real browser."""

from tests.platform.conftest import database, no_proxy, postgres
from tests.platform.pages.conftest import browser, open_page, watch

__all__ = ["browser", "database", "no_proxy", "open_page", "postgres", "watch"]
