"""Why a connection to Kafka failed: aiokafka tells the cause only to its log, and callers "unable to bootstrap"."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from liftstream.contracts.errors import BrokerError, LiftstreamError
from liftstream.contracts.settings import KafkaSettings

FOR_GOOD: Final = (
    ssl.SSLError,
    AuthenticationFailedError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
)
"""Refusals that trying again does not change, because a setting is wrong."""


def refused(where: str, cause: Exception) -> BrokerError:
    """The error of a client that Kafka does not let in."""
    return BrokerError(
        f"Kafka refuses us: {where}: {in_words(cause)}; look at KAFKA__SECURITY_PROTOCOL, KAFKA__SASL_MECHANISM,"
        " KAFKA__USERNAME, KAFKA__PASSWORD, KAFKA__CA_FILE, KAFKA__CERTIFICATE_FILE and KAFKA__KEY_FILE"
    )


def missing_right_to_read(what: str) -> str:
    """What is said of a right that was taken, or never given."""
    return f"READ on {what} is missing: ask the broker's administrator to grant it; nothing is lost meanwhile"


def advice(cause: BaseException, kafka: KafkaSettings, topic: str) -> str:
    """What to look at where a cause says it badly; empty where it says enough.

    Args:
        cause: why a producer cannot start.
        kafka: how it was to connect.
        topic: that it was to write to.
    """
    if isinstance(cause, ClusterAuthorizationFailedError):
        return f"; this user may write to no topic, and needs WRITE on {topic}"
    if (
        isinstance(cause, KafkaConnectionError)
        and kafka.security_protocol.endswith("SSL")
        and kafka.certificate_file is None
    ):
        return (
            "; so answers a broker that asks for a client certificate, too:"
            " KAFKA__CERTIFICATE_FILE and KAFKA__KEY_FILE are not set"
        )
    return ""


def in_words(error: BaseException) -> str:
    """What an error says, with its name where that is not in it; ours say enough."""
    name, text = type(error).__name__, str(error)
    if isinstance(error, LiftstreamError):
        return text
    return text if name in text else f"{name}: {text}" if text else name


@contextmanager
def listen_for_refusals() -> Iterator[list[Exception]]:
    """Collects what made aiokafka's connections fail meanwhile, those for good first."""
    found: list[Exception] = []

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            arguments = record.args if isinstance(record.args, tuple) else ()
            found.extend(one for one in arguments if isinstance(one, Exception))

    listener, logger = Listen(logging.WARNING), logging.getLogger("aiokafka")
    logger.addHandler(listener)
    try:
        yield found
    finally:
        logger.removeHandler(listener)
        found.sort(key=lambda one: not isinstance(one, FOR_GOOD))


@contextmanager
def connecting(kafka: KafkaSettings) -> Iterator[None]:
    """Puts errors of a client of aiokafka that no broker lets in, or answers, into one line with what to do.

    Raises:
        BrokerError: no connection.
    """
    with listen_for_refusals() as refusals:
        try:
            yield
        except (KafkaError, OSError, TimeoutError) as error:
            for_good = next((one for one in refusals if isinstance(one, FOR_GOOD)), None)
            if for_good is not None:
                raise refused(kafka.bootstrap, for_good) from None
            why = "" if isinstance(error, KafkaConnectionError | TimeoutError) else f": {in_words(error)}"
            raise BrokerError(
                f"no Kafka at {kafka.bootstrap}{why}; start the broker, or set KAFKA__BOOTSTRAP to its"
                " host:port ('liftstream doctor' says more)"
            ) from None
