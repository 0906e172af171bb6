"""Places where Faust would fail by itself, without a broker; what needs one is in test_frame_on_kafka.py."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver

from liftstream.service.kafka.consumer_thread import ConsumerThread, replace_in


class Thread(ConsumerThread):
    """A consumer thread whose consumer is made a little later."""

    should_stop = False

    def __init__(self) -> None:
        self._consumer: Any = None


def test_a_subscription_waits_for_the_consumer_that_another_thread_is_still_making(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscribed: list[Any] = []

    async def subscribe(self: Any, topics: Any) -> None:
        subscribed.append((self._consumer, topics))

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "subscribe", subscribe)

    async def work() -> None:
        thread = Thread()
        asking = asyncio.ensure_future(thread.subscribe(["topic"]))
        await asyncio.sleep(0.1)
        assert not asking.done()
        thread._consumer = "made"
        await asking

    asyncio.run(work())
    assert subscribed == [("made", ["topic"])]


def test_a_thread_that_is_to_stop_waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def subscribe(self: Any, topics: Any) -> None:
        pass

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "subscribe", subscribe)
    monkeypatch.setattr(Thread, "should_stop", True)
    asyncio.run(asyncio.wait_for(Thread().subscribe(["topic"]), 10))


class Client:
    """A class of a library."""

    def read(self) -> None: ...


class BetterClient(Client):
    def read(self) -> None: ...


def test_a_class_of_ours_takes_the_place_of_its_base_once_and_again() -> None:
    library = SimpleNamespace(__name__="library", Client=Client)
    for _ in range(2):  # every consumer that is made asks for it
        replace_in(library, BetterClient, "read")
        assert library.Client is BetterClient


def test_a_library_that_would_never_call_what_ours_changes_is_refused() -> None:
    library = SimpleNamespace(__name__="library", Client=Client)
    with pytest.raises(RuntimeError, match="aiokafka changed: library.Client has no read_all"):
        replace_in(library, BetterClient, "read_all")
    with pytest.raises(RuntimeError, match="aiokafka changed: library.Client has no read"):
        replace_in(SimpleNamespace(__name__="library"), BetterClient, "read")
