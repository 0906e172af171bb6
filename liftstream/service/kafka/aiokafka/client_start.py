"""Starting a client of aiokafka that may be told to stop meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.aiokafka.metadata_request import have_clients_make_no_topics

WITHIN_S: Final = 5.0
"""How long a broker has for an answer."""
GRACE_S: Final = 1.0


def impatient_options(kafka: KafkaSettings) -> dict[str, Any]:
    """The arguments of a client that waits `WITHIN_S` for each answer."""
    return aiokafka_options(kafka) | {"request_timeout_ms": round(1000 * WITHIN_S)}


async def started(client: Any, within_s: float = WITHIN_S) -> None:
    """Waits until a client of aiokafka has started: a consumer, a producer or one that administers.

    Raises:
        TimeoutError: not within `within_s`; and what the start itself raises.
    """
    have_clients_make_no_topics()
    await asyncio.wait_for(undisturbed(client.start()), within_s)


async def undisturbed(connecting: Coroutine[Any, Any, None]) -> None:
    """Waits for what connects first and then asks; where the waiting is cancelled, it has a little longer to end.

    aiokafka forgets a connection, which is then reported as unclosed, where it is cancelled between connecting and the
    first answer. And a consumer without a group cannot be stopped before the loop has run once after its start, which
    it has when a task has ended.
    """
    asking = asyncio.ensure_future(connecting)
    try:
        await asyncio.shield(asking)
    finally:
        await asyncio.wait([asking], timeout=GRACE_S)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
