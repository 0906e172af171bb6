"""A web server on a socket: in the foreground until a signal, or in a thread of its own."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final, Self

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from liftstream.contracts.connection import host_and_port
from liftstream.service.ports import family_of, first_free

log = structlog.get_logger()

STOP_WITHIN_S: Final = 3
HEADERS_WITHIN_S: Final = 20.0


class _Connection(H11Protocol):
    """Closed where no whole head of a request comes: uvicorn itself waits for it forever, and each costs a file handle."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._last: object = self
        self._look_again()

    def _look_again(self) -> None:
        cycle = self.cycle
        if cycle is self._last and (cycle is None or cycle.response_complete):
            self.transport.close()
        elif not self.transport.is_closing():
            self._last = cycle
            self.loop.call_later(HEADERS_WITHIN_S, self._look_again)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again after it has stopped: we end with 0 instead
        yield


class WebServer:
    """Serves an application on a socket, which it closes at the end.

    Args:
        stopping: called when it is told to stop, before open requests are waited for.
    """

    def __init__(
        self, app: ASGIApp, on: socket.socket, stopping: Callable[[], object] = lambda: None
    ) -> None:
        self._socket, self._stopping = on, stopping
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            http=_Connection,
            ws="none",
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        self._server = _Server(config)
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://{host_and_port(*self._socket.getsockname()[:2])}"

    def stop_at_signals(self) -> None:
        """SIGTERM and SIGINT end `run` from now on; to be called in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)

    def run(self) -> None:
        """Serves until it is told to stop."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serves in a thread."""
        self._thread = threading.Thread(target=self.run, name="web", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends what `start` began."""
        self._told_to_stop()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Gives the socket back."""
        self._socket.close()

    def _told_to_stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self._server.should_exit = True
        self._stopping()


class WebService:
    """A service with its web server, from start to stop; use it in a `with` block, or `serve` in a command.

    Args:
        said: of it in the line of the log that says where it is.
    """

    def __init__(self, web: WebServer, **said: Any) -> None:
        self._web, self._said = web, said

    @property
    def address(self) -> str:
        """Where it is."""
        return self._web.address

    def begin(self) -> None:
        """Starts what runs next to the web server; most services have nothing."""

    def end(self) -> None:
        """Ends what `begin` started, and gives back what the service holds."""

    def serve(self) -> None:
        """Runs until SIGTERM or SIGINT; to be called in the main thread."""
        self._web.stop_at_signals()
        self.begin()
        log.info("started", address=self.address, **self._said)
        try:
            self._web.run()
        finally:
            self._end()
        log.info("stopped")

    def __enter__(self) -> Self:
        self.begin()
        self._web.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._web.stop()
        self._end()

    def _end(self) -> None:
        self.end()
        self._web.close()


def listen(host: str, port: int, *, was_set: bool, setting: str) -> socket.socket:
    """A socket on an address; where nobody set the port, on the next free one.

    Raises:
        SettingsError: the address cannot be used.
    """
    made = first_free(
        lambda address: socket.create_server(address, family=family_of(host)),
        host,
        port,
        was_set=was_set,
        setting=setting,
    )
    # asyncio sets it only on sockets that it made itself; without it answers on an open connection wait 40 ms for an
    # acknowledgement that the caller delays. Accepted sockets inherit it.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
