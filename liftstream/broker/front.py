"""A chosen port for a broker that cannot choose its own: bytes are passed on as they come."""

import socket
import socketserver
from contextlib import suppress
from threading import Thread

from liftstream.broker.stoppable import Stoppable
from liftstream.contracts.errors import BrokerError

BYTES_AT_ONCE = 65_536


class _Connection(socketserver.BaseRequestHandler):
    server: "_Front"

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(self.server.behind) as behind:
            back = Thread(target=_pass_on, args=(behind, self.request), daemon=True)
            back.start()
            _pass_on(self.request, behind)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(BYTES_AT_ONCE):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Front(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, block_on_close = True, True, False

    def __init__(self, port: int, behind: tuple[str, int]) -> None:
        self.behind = behind
        super().__init__(("127.0.0.1", port), _Connection)


class Front(Stoppable):
    """Listens on `port` of 127.0.0.1 for the broker at `bootstrap`; use it in a `with` block.

    Kafka's clients need it for their first question only: the answer names the broker's own port.

    Raises:
        BrokerError: the port is taken, or may not be opened.
    """

    def __init__(self, port: int, bootstrap: str) -> None:
        host, _, behind = bootstrap.rpartition(":")
        require_free(port)
        self._server = _Front(port, (host, int(behind)))
        self.bootstrap = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Closes the port; a second call does nothing."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def require_free(port: int) -> None:
    """Checks that `port` of 127.0.0.1 can be opened.

    Raises:
        BrokerError: it is taken, or may not be opened.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            raise BrokerError(
                f"port {port} of 127.0.0.1 cannot be opened ({error.strerror}); choose another: --port {port + 1}"
            ) from None
