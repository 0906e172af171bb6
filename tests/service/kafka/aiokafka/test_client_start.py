"""A client that is told to stop while it starts leaves nothing open."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.metadata import MetadataRequest

from liftstream.broker.embedded import EmbeddedBroker
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.aiokafka import client_start
from liftstream.service.kafka.aiokafka.client_start import impatient_options, started
from liftstream.service.kafka.aiokafka.rebootstrap import RebootstrappingClient


async def start(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(**impatient_options(KafkaSettings(bootstrap=bootstrap)))
    try:
        await started(admin)
    finally:
        await admin.close()


async def look_again(bootstrap: str) -> None:
    client = RebootstrappingClient(bootstrap_servers=bootstrap)
    client._sync_task = asyncio.current_task()
    await client._look_again()


def left_open(
    ask: Callable[[str], Coroutine[Any, Any, None]],
    bootstrap: str,
    answers_after_s: float,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """What asyncio's handler is told of a client that is cancelled while its first answer is on its way."""
    asked, send = asyncio.Event(), AIOKafkaConnection.send

    async def late(self: Any, request: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(request, MetadataRequest):
            asked.set()
            await asyncio.sleep(answers_after_s)
        return await send(self, request, *rest, **options)

    async def cancel() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
        asking = asyncio.create_task(ask(bootstrap))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        del asking
        gc.collect()

    told: list[str] = []
    monkeypatch.setattr(AIOKafkaConnection, "send", late)
    asyncio.run(cancel())
    return told


@pytest.mark.parametrize("ask", [start, look_again])
def test_a_client_that_is_stopped_before_its_first_answer_closes_its_connection(
    embedded_broker: EmbeddedBroker,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[str], Coroutine[Any, Any, None]],
) -> None:
    assert left_open(ask, embedded_broker.bootstrap, 0.05, monkeypatch) == []


@pytest.mark.filterwarnings("ignore:Unclosed AIOKafkaConnection")
def test_a_broker_that_does_not_answer_holds_a_stopping_client_up_for_the_grace_only(
    embedded_broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_start, "GRACE_S", 0.01)
    assert left_open(start, embedded_broker.bootstrap, 3600, monkeypatch) == ["Unclosed AIOKafkaConnection"]
