"""A spending service in this process, on SQLite or on both databases, with a client; and a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from liftstream.contracts.settings import load_settings
from liftstream.spend.server import SpendingServer
from tests.platform.conftest import database, postgres
from tests.platform.pages.conftest import browser, open_page, watch

__all__ = ["browser", "database", "open_page", "postgres", "watch"]

Serve = Callable[..., httpx.Client]
MODELS = Path(__file__).parents[2] / "pmml"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(database, SPLIT="A=0.9,B=0.1")`: a client of a service that runs until the end of the test."""
    running: list[Any] = []

    def started(url: str, **settings: str) -> httpx.Client:
        named = {f"SPENDING__{name}": value for name, value in settings.items()}
        given = {"SPENDING__DATABASE": url, "SPENDING__PORT": "0", "SPENDING__MODELS": str(MODELS), **named}
        server = SpendingServer(load_settings(overrides=given, environment={}))
        server.__enter__()
        client = httpx.Client(base_url=server.address, timeout=300, trust_env=False)
        running.append((server, client))
        return client

    yield started
    for server, client in reversed(running):
        client.close()
        server.__exit__()


@pytest.fixture
def client(serve: Serve, tmp_path: Path) -> httpx.Client:
    """A client of a service on a new SQLite file."""
    return serve(f"sqlite:///{tmp_path / 'spending.db'}")
