import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from liftstream.contracts.errors import SettingsError
from liftstream.service import web_server
from liftstream.service.http.body import bounded
from liftstream.service.http.guard import HttpGuard
from liftstream.service.web_server import WebServer, listen


def test_answers_on_an_open_connection_do_not_wait_for_delayed_acknowledgements() -> None:
    listening = listen("127.0.0.1", 0, was_set=True, setting="PORT")
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "a..b", "2001:db8::7"])
def test_an_address_of_another_machine_is_refused_by_the_setting_of_the_host(host: str) -> None:
    with pytest.raises(SettingsError, match=r"^PLATFORM__HOST: .*; give an address of this machine$"):
        listen(host, 0, was_set=True, setting="PLATFORM__PORT")
    taken = listen("127.0.0.1", 0, was_set=True, setting="PLATFORM__PORT")
    with taken, pytest.raises(SettingsError, match=r"^PLATFORM__PORT: .*; give another port"):
        listen("127.0.0.1", taken.getsockname()[1], was_set=True, setting="PLATFORM__PORT")


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HT"],
    ids=["nothing", "half a head", "half a second head"],
)
def test_a_connection_without_a_whole_request_is_closed(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "HEADERS_WITHIN_S", 0.1)
    with serving(answer_all) as address, socket.create_connection(address, timeout=30) as connection:
        connection.sendall(sent)
        while connection.recv(1_000):
            pass


def test_a_body_that_does_not_come_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "__defaults__", (0.1,))
    guarded = HttpGuard(read_all, service="this service")
    with serving(guarded) as address, socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 408 ")


def test_an_answer_that_takes_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "HEADERS_WITHIN_S", 0.05)
    with serving(answer_late) as address, socket.create_connection(address, timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 ")


@contextmanager
def serving(app: ASGIApp) -> Iterator[tuple[str, int]]:
    """The address of an application that is served."""
    on = listen("127.0.0.1", 0, was_set=True, setting="PORT")
    server = WebServer(app, on)
    server.start()
    try:
        yield on.getsockname()
    finally:
        server.stop()
        server.close()


async def answer_all(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("here")(scope, receive, send)


async def answer_late(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.5)
    await PlainTextResponse("here")(scope, receive, send)


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    await PlainTextResponse("all of it")(scope, receive, send)
