"""Starting a client of aiokafka that may be told to stop meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.settings import KafkaSettings

WITHIN_S: Final = 5.0
"""How long a broker has for an answer."""
GRACE_S: Final = 1.0


def impatient_options(kafka: KafkaSettings) -> dict[str, Any]:
    """The arguments of a client that waits `WITHIN_S` for each answer."""
    return aiokafka_options(kafka) | {"request_timeout_ms": round(1000 * WITHIN_S)}


async def started(start: Coroutine[Any, Any, None]) -> None:
    """Waits until a client has started.

    aiokafka forgets a connection, which is then reported as unclosed, where its start is cancelled between connecting
    and the first answer. So the start has a little longer to end by itself before it is cancelled.

    Raises:
        TimeoutError: not within `WITHIN_S`; and what the start itself raises.
    """
    starting = asyncio.ensure_future(start)
    try:
        await asyncio.wait_for(asyncio.shield(starting), WITHIN_S)
    finally:
        await asyncio.wait([starting], timeout=GRACE_S)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
