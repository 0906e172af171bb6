"""A stand-in for a schema registry: two of its calls over real HTTP. The real one is a Java server beside a Kafka."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


class StandIn:
    """Schemas by id and by subject and version; what it is told to answer instead; what it was asked."""

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, Any]] = {}
        self.serialized: dict[str, str] = {}
        self.versions: dict[tuple[str, int], dict[str, Any]] = {}
        self.instead: tuple[int, bytes] | None = None
        self.credentials: str | None = None
        self.asked: list[str] = []
        self.address = ""

    def register(self, schema_id: int, text: str, kind: str = "AVRO", **more: Any) -> None:
        plain = {} if kind == "AVRO" else {"schemaType": kind}  # as the real one: Avro goes without saying
        self.schemas[schema_id] = {"schema": text, **plain, **more}

    def answer(self, path: str, authorization: str | None) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.instead is not None:
            return self.instead
        if self.credentials is not None and authorization != f"Basic {self.credentials}":
            return 401, json.dumps({"error_code": 401, "message": "Unauthorized"}).encode()
        parts = urlsplit(path)
        steps = [unquote(step) for step in parts.path.strip("/").split("/")]
        if steps == ["schemas", "types"]:
            return 200, b'["JSON", "PROTOBUF", "AVRO"]'
        found: dict[str, Any] | None = None
        if steps[:2] == ["schemas", "ids"]:
            found = self.schemas.get(int(steps[2]))
        elif steps[0] == "subjects":
            found = self.versions.get((steps[1], int(steps[3])))
        else:
            return 404, b"<html>no such page</html>"
        if found is None:
            return 404, json.dumps({"error_code": 40403, "message": "Schema not found"}).encode()
        if parse_qs(parts.query).get("format") == ["serialized"]:
            if found.get("schemaType") != "PROTOBUF":
                return 501, b"{}"
            found = {**found, "schema": self.serialized[found["schema"]]}
        return 200, json.dumps(found).encode()

    def log_in_as(self, user: str, password: str) -> None:
        self.credentials = b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def serving(registry: StandIn, tls: Any = None) -> Iterator[StandIn]:
    """Serves it at `registry.address`, a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = registry.answer(self.path, self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: the test says what was asked."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    registry.address = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
