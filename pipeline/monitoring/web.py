"""`/live`, `/ready`, `/metrics`: a small HTTP server in its own thread, so that it answers while the worker is busy."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

import structlog

from liftstream.contracts.settings import Settings, set_in
from liftstream.service.ports import family_of, first_free
from pipeline.monitoring.health import Health
from pipeline.monitoring.metrics import render

log = structlog.get_logger()


class _Handler(BaseHTTPRequestHandler):
    health: Health
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/live":
            self._answer(200, {"status": "alive"})
        elif path == "/ready":
            reasons = self.health.reasons()
            said = {
                "status": "not ready" if reasons else "ready",
                "reasons": reasons,
                "notes": self.health.notes(),
            }
            self._answer(503 if reasons else 200, said)
        elif path == "/metrics":
            self._send(200, "text/plain; version=0.0.4; charset=utf-8", render(self.health))
        else:
            self._answer(404, {"status": "not found", "there are": ["/live", "/ready", "/metrics"]})

    do_HEAD = do_GET

    def _answer(self, status: int, document: Any) -> None:
        self._send(status, "application/json", json.dumps(document).encode() + b"\n")

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Requests are not logged."""


class _WorkerServer(ThreadingTCPServer):  # an HTTPServer asks a name server for its own name, and waits
    daemon_threads = True
    request_queue_size = 64  # five, as it would be, are soon reset on a machine that is busy
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = family_of(address[0])
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Logs what went wrong in an answer; a client that went away in the middle is nothing wrong."""
        if not isinstance(sys.exception(), OSError):
            log.exception("no answer")


def serve(settings: Settings, health: Health) -> ThreadingTCPServer:
    """Listens on PIPELINE__HOST and PIPELINE__PORT; a taken port that was not set gives way to the next free one.

    Raises:
        SettingsError: the address cannot be used.
    """
    handler = type("Handler", (_Handler,), {"health": health})
    server = first_free(
        lambda address: _WorkerServer(address, handler),
        settings.pipeline.host,
        settings.pipeline.port,
        was_set=set_in(settings, "PIPELINE__PORT"),
        setting="PIPELINE__PORT",
    )
    threading.Thread(target=server.serve_forever, name="web", daemon=True).start()
    return server
