"""The bad network, with a real server behind it."""

import socket
import threading
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from liftstream.prove.network import BadNetwork


class Echo(StreamRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


@pytest.fixture
def network() -> Iterator[BadNetwork]:
    with ThreadingTCPServer(("127.0.0.1", 0), Echo) as server, BadNetwork(1) as network:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        network.target = "127.0.0.1", server.server_address[1]
        yield network
        server.shutdown()


def connect(network: BadNetwork) -> socket.socket:
    return socket.create_connection(("127.0.0.1", network.port), timeout=300)


def receive(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (data := connection.recv(65536)):
        found += data
    return found


def test_a_good_network_carries_everything_both_ways(network: BadNetwork) -> None:
    sent = bytes(range(256)) * 4000
    with connect(network) as connection:
        sender = threading.Thread(target=connection.sendall, args=(sent,))
        sender.start()
        assert receive(connection, len(sent)) == sent
        sender.join()


def test_a_reset_ends_every_connection_and_new_ones_are_let_in(network: BadNetwork) -> None:
    with connect(network) as connection:
        connection.sendall(b"before")
        assert receive(connection, 6) == b"before"
        network.reset_all()
        with pytest.raises(ConnectionError):
            if not connection.recv(1):
                raise ConnectionResetError
    with connect(network) as connection:
        connection.sendall(b"after")
        assert receive(connection, 5) == b"after"


def test_where_every_packet_resets_nothing_arrives_until_the_network_is_healed(network: BadNetwork) -> None:
    network.reset_chance = 1
    with connect(network) as connection:
        connection.sendall(b"lost")
        with pytest.raises(ConnectionError):
            if not connection.recv(1):
                raise ConnectionResetError
    network.heal()
    with connect(network) as connection:
        connection.sendall(b"whole")
        assert receive(connection, 5) == b"whole"
