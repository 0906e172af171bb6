"""A platform's web server in this process, on a free port, with or without a password."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from liftstream.platform.app import create_app
from liftstream.platform.service import PlatformService


@contextmanager
def served(service: PlatformService) -> Iterator[str]:
    """The address, while it is served."""
    config = uvicorn.Config(
        create_app(service),
        port=0,
        log_level="critical",
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 300
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        service.changes.close()
        thread.join(300)


@contextmanager
def client_of(service: PlatformService) -> Iterator[httpx.Client]:
    """A client of a served service; it sends no Origin, as programs do."""
    with served(service) as address, httpx.Client(base_url=address, timeout=300, trust_env=False) as client:
        yield client
