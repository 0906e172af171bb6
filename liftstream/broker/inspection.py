"""Looks at a broker without changing anything there: no topic created, no group joined."""

import logging
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import (
    CoordinatorNotAvailableError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from liftstream.contracts.connection import host_and_port, kafka_python_options, read_address
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings

CONNECT_WITHIN_S = 3.0

DULL = ("ECONNREFUSED", "onnection lost", "isconnected", "closed")

Rights = frozenset[str] | None
"""The operations that this user may do, in Kafka's words; None if the broker has no access control."""


@dataclass(frozen=True)
class TopicSeen:
    """A topic as its metadata describe it.

    Attributes:
        partitions: 0 where it is missing or hidden.
        hidden: no right on it, so Kafka does not say whether it exists.
    """

    partitions: int
    rights: Rights = None
    hidden: bool = False


@dataclass(frozen=True)
class BrokerSeen:
    """Everything that was seen of a broker."""

    topics: dict[str, TopicSeen]
    group: Rights
    group_hidden: bool = False
    addresses: tuple[str, ...] = field(default=())


def inspect(kafka: KafkaSettings, group: str, topics: Iterable[str]) -> BrokerSeen:
    """Looks at topics and at the consumer group.

    Raises:
        BrokerError: no connection; the message says at which step and what to do.
    """
    with connected(kafka) as admin, _answering(kafka):
        seen = _topics(admin, list(topics))
        rights, hidden = _group(admin, group)
        addresses = tuple(
            host_and_port(node["host"], node["port"]) for node in admin.describe_cluster()["brokers"]
        )
    return BrokerSeen(seen, rights, hidden, addresses)


@contextmanager
def connected(kafka: KafkaSettings, **options: Any) -> Iterator[KafkaAdminClient]:
    """A client that administers the broker; `options` go before those of the settings.

    Raises:
        BrokerError: no connection; the message says at which step and what to do.
    """
    address = _knock(kafka)
    with _last_words() as said:
        try:
            admin = KafkaAdminClient(
                **{**kafka_python_options(kafka), **options, "bootstrap_servers": address},
                bootstrap_timeout_ms=int(CONNECT_WITHIN_S * 1000),
            )
        except (KafkaError, OSError, ValueError) as error:
            raise BrokerError(
                f"{address} is open but does not answer as {kafka.security_protocol}"
                f"{f' user {kafka.username!r}' if kafka.username else ''}: {_cause(said, error)}; look at"
                f" {', '.join(_settings_of(kafka.security_protocol))}"
            ) from error
    with closing(admin):
        yield admin


@contextmanager
def _answering(kafka: KafkaSettings) -> Iterator[None]:
    """Requests to a broker that accepted the connection; one-line errors if it does not answer."""
    try:
        yield
    except (KafkaError, OSError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise BrokerError(
            f"{kafka.bootstrap} accepted the connection and then did not answer: {why}"
        ) from error


def _settings_of(protocol: str) -> list[str]:
    """The settings that decide whether a broker lets us in."""
    names = ["SECURITY_PROTOCOL"]
    names += ["SASL_MECHANISM", "USERNAME", "PASSWORD"] if protocol.startswith("SASL") else []
    names += ["CA_FILE", "CERTIFICATE_FILE", "KEY_FILE"] if protocol.endswith("SSL") else []
    return [f"KAFKA__{name}" for name in names]


def _cause(said: list[str], error: Exception) -> str:
    """The most informative of the messages: not an unreachable address, and not a closed connection."""
    return min(said, key=lambda words: any(dull in words for dull in DULL), default=str(error))


def _knock(kafka: KafkaSettings) -> str:
    """The first address that accepts a plain connection: tells a wrong address from wrong security settings.

    kafka-python gets this one alone: of several it tries any, and again and again one that is down.
    """
    problems = []
    for address in map(str.strip, kafka.bootstrap.split(",")):
        place = read_address(address)
        if place is None:
            problems.append(f"{address!r}, which is not host:port")
            continue
        try:
            with socket.create_connection(place, CONNECT_WITHIN_S):
                return address
        except OSError as error:
            problems.append(f"{address}: {error.strerror or str(error) or 'no answer'}")
    raise BrokerError(
        f"no Kafka at {'; '.join(problems)}; start the broker, or set KAFKA__BOOTSTRAP to its host:port"
    )


@contextmanager
def _last_words() -> Iterator[list[str]]:
    """Collects kafka-python's log messages, the only place where it says why a connection failed."""
    said: list[str] = []

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            if "failed: " in text and "Bootstrap failed" not in text:
                said.append(text.partition("failed: ")[2].partition(" (backoff")[0])

    listener = Listen(logging.WARNING)
    logger = logging.getLogger("kafka")
    logger.addHandler(listener)
    try:
        yield said
    finally:
        logger.removeHandler(listener)


def _topics(admin: KafkaAdminClient, names: list[str]) -> dict[str, TopicSeen]:
    return {
        topic["name"]: TopicSeen(
            len(topic["partitions"]),
            _rights(topic["authorized_operations"]),
            topic["error_code"] == TopicAuthorizationFailedError.errno,
        )
        for topic in admin.describe_topics(list(dict.fromkeys(names)))
    }


def _group(admin: KafkaAdminClient, group: str) -> tuple[Rights, bool]:
    """The rights on the group, and whether it is hidden from us."""
    deadline = time.monotonic() + CONNECT_WITHIN_S
    while True:
        try:
            return _rights(admin.describe_groups([group])[group]["authorized_operations"]), False
        except GroupAuthorizationFailedError:
            return None, True
        except CoordinatorNotAvailableError:  # a young broker makes its offsets topic only now
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"the broker has no coordinator for group {group!r}; is its offsets topic in order?"
                ) from None
            time.sleep(0.2)
        except KafkaError:  # librdkafka's mock cluster hangs up on this question
            return None, False


def _rights(operations: list[str] | None) -> Rights:
    return None if operations is None else frozenset(operations)
