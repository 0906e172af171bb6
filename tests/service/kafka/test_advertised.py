"""Addresses that brokers name and that nobody can reach are said with what to set."""

import asyncio
import socket
from typing import NamedTuple

from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.advertised import unreachable

KAFKA = KafkaSettings(bootstrap="kafka.example:9092")


class Broker(NamedTuple):
    host: str
    port: int


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_an_address_where_nobody_listens_is_named_with_what_to_set() -> None:
    port = closed_port()
    said = asyncio.run(unreachable(KAFKA, [Broker("127.0.0.1", port)])) or ""
    assert f"127.0.0.1:{port} (" in said
    assert "advertised.listeners" in said
    assert said.startswith("the broker at kafka.example:9092 sends its clients to")


def test_one_broker_of_several_that_is_away_is_nothing_to_say() -> None:
    with socket.create_server(("127.0.0.1", 0)) as open_port:
        brokers = [Broker("127.0.0.1", open_port.getsockname()[1]), Broker("127.0.0.1", closed_port())]
        assert asyncio.run(unreachable(KAFKA, brokers)) is None


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    assert "[::1]:1 (" in (asyncio.run(unreachable(KAFKA, [Broker("::1", 1)])) or "")
