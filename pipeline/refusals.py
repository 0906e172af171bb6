"""Why a connection to Kafka failed: aiokafka tells the cause only to its log, and callers "unable to bootstrap"."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

FOR_GOOD: Final = (
    ssl.SSLError,
    AuthenticationFailedError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
)
"""Refusals that trying again does not change, because a setting is wrong."""


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
