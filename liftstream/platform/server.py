"""A platform that runs: service, loop on Kafka and web server, from start to stop."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

import structlog
import uvicorn

from liftstream.contracts.settings import Settings, set_in
from liftstream.platform.app import create_app
from liftstream.platform.ingest.original import Original, load_original
from liftstream.platform.loop import KafkaLoop
from liftstream.platform.service import PlatformService
from liftstream.service.ports import first_free

STOP_WITHIN_S: Final = 3

log = structlog.get_logger()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again after it has stopped: we end with 0 instead
        yield


class Platform:
    """A platform on a port of its own, in threads of this process; use it in a `with` block, or `serve` in a command.

    Args:
        original: the original system's rule; default: `pmml/original.pmml`.

    Raises:
        SettingsError, DatabaseError, InputError, ModelError: something of it cannot be used.
    """

    def __init__(self, settings: Settings, original: Original | None = None) -> None:
        self.service = PlatformService(settings, original or load_original())
        app = create_app(self.service)
        self._socket = listen(settings)
        self._loop = KafkaLoop(self.service)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        self._server = _Server(config)
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where page and API are."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def serve(self) -> None:
        """Runs until SIGTERM or SIGINT; to be called in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._loop.start()
        log.info("started", address=self.address, database=self.service.engine.url.render_as_string())
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._end()
        log.info("stopped")

    def __enter__(self) -> "Platform":
        self._loop.start()
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="web", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if self._thread is not None:
            self._thread.join()
        self._end()

    def _stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self._server.should_exit = True
        self.service.changes.close()

    def _end(self) -> None:
        self._loop.stop()
        self.service.close()
        self._socket.close()


def listen(settings: Settings) -> socket.socket:
    """A socket on PLATFORM__HOST and PLATFORM__PORT.

    Raises:
        SettingsError: the address cannot be used.
    """
    host, port = settings.platform.host, settings.platform.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return first_free(
        lambda address: socket.create_server(address, family=family),
        host,
        port,
        was_set=set_in(settings, "PLATFORM__PORT"),
        setting="PLATFORM__PORT",
    )
