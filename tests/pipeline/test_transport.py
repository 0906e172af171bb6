"""Places where Faust would fail by itself, without a broker; what needs one is in test_frame_on_kafka.py."""

import asyncio
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver

from pipeline.transport import ConsumerThread


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
