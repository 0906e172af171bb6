"""Places where Faust would fail by itself, without a broker; what needs one is in test_frame_on_kafka.py."""

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from liftstream.service.kafka import transport
from liftstream.service.kafka.aiokafka.replacing import replace_in
from liftstream.service.kafka.consumer_thread import ConsumerThread
from liftstream.service.kafka.transport import Consumer


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


@pytest.fixture
def thread() -> Iterator[Thread]:
    """A consumer thread whose loop runs."""
    made = Thread()
    made.thread_loop = asyncio.new_event_loop()
    running = threading.Thread(target=made.thread_loop.run_forever)
    running.start()
    yield made
    made.thread_loop.call_soon_threadsafe(made.thread_loop.stop)
    running.join()
    made.thread_loop.close()


def test_questions_that_wait_for_a_broker_do_not_keep_the_thread_from_others(thread: Thread) -> None:
    async def work() -> None:
        answered = asyncio.Event()
        waiting = [asyncio.ensure_future(thread.call_thread(answered.wait)) for _ in range(5)]
        assert await thread.call_thread(lambda: threading.get_ident()) != threading.get_ident()
        assert not any(one.done() for one in waiting)
        await thread.call_thread(answered.set)
        assert await asyncio.gather(*waiting) == [True] * 5

    asyncio.run(asyncio.wait_for(work(), 10))


def test_what_nobody_waits_for_any_more_ends_in_the_thread_and_errors_come_back(thread: Thread) -> None:
    async def work() -> None:
        ended = asyncio.Event()

        async def wait_for_ever() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(thread.call_thread(wait_for_ever), 0.05)
        assert await thread.call_thread(ended.wait)
        with pytest.raises(ZeroDivisionError):
            await thread.call_thread(lambda: 1 // 0)

    asyncio.run(asyncio.wait_for(work(), 10))


def test_what_is_committed_is_asked_for_all_partitions_at_once() -> None:
    asked: list[list[TopicPartition]] = []

    async def fetch(names: list[TopicPartition]) -> dict[TopicPartition, OffsetAndMetadata]:
        asked.append(names)
        return {name: OffsetAndMetadata(name.partition, "") for name in names if name.partition % 2}

    async def call(function: Any, *arguments: Any) -> Any:
        return await function(*arguments)

    consumer: Any = Consumer.__new__(Consumer)
    raw = SimpleNamespace(_coordinator=SimpleNamespace(fetch_committed_offsets=fetch))
    consumer._thread = SimpleNamespace(raw=raw, call_thread=call)
    names = {TP("topic", number) for number in range(400)}
    found = asyncio.run(consumer._committed(names))
    assert found == {name: name.partition if name.partition % 2 else None for name in names}
    assert len(asked) == 1


def test_an_assignment_whose_commits_nobody_tells_is_one_of_nothing_and_the_group_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "SEEK_WITHIN_S", 0.05)
    heard: list[Any] = []

    class Waiting(Consumer):
        def __init__(self) -> None:
            self.assignee: Any = SimpleNamespace(open=lambda *found: heard.append(found))  # type: ignore[misc]

        async def _seek_to_committed(self) -> Any:
            await asyncio.sleep(3600)

        def ask_group(self) -> None:
            heard.append("asked")

    assert asyncio.run(asyncio.wait_for(Waiting().seek_to_committed(), 10)) == {}
    assert heard == [({}, {}), "asked"]


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


class Polls:
    """Faust's consumer, whose polls bring 1, 2, 3 ... records and take as long as the test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

        async def getmany(_: Any, active_partitions: Any, timeout: float) -> Any:
            self.begun += 1
            brought = {TP("topic", 0): [0] * self.begun}
            await self.may_end.wait()
            return brought

        monkeypatch.setattr(driver.Consumer, "_getmany", getmany)
        self.consumer: Any = Consumer.__new__(Consumer)
        self.consumer._ahead, self.consumer._pace = None, transport.Pace()
        self.consumer._set_wait = lambda _: None
        monkeypatch.setattr(Consumer, "assignee", SimpleNamespace(held=frozenset()), raising=False)

    async def next(self) -> int:
        """How many records the next poll brings."""
        return sum(map(len, (await self.consumer._getmany({TP("topic", 0)}, 1.0)).values()))


def test_the_next_poll_is_read_while_somebody_works_on_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        polls = Polls(monkeypatch)
        assert await polls.next() == 1
        await asyncio.sleep(0)
        assert polls.begun == 2
        assert [await polls.next() for _ in range(3)] == [2, 3, 4]

    asyncio.run(asyncio.wait_for(work(), 10))


def test_what_was_read_ahead_is_forgotten_where_reading_begins_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work() -> None:
        polls = Polls(monkeypatch)
        await polls.next()
        await asyncio.sleep(0)  # the second is here already
        polls.consumer._forget_ahead()
        assert await polls.next() == 3
        polls.may_end.clear()
        await asyncio.sleep(0)  # the fourth is on its way
        polls.consumer._forget_ahead()
        polls.may_end.set()
        assert await polls.next() == 5

    asyncio.run(asyncio.wait_for(work(), 10))


def test_an_error_of_a_poll_that_is_read_ahead_comes_to_who_reads_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work() -> None:
        polls = Polls(monkeypatch)
        await polls.next()

        async def fail(*_: Any, **__: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(driver.Consumer, "_getmany", fail)
        await polls.next()  # the second had begun
        with pytest.raises(ZeroDivisionError):
            await polls.next()

    asyncio.run(asyncio.wait_for(work(), 10))


def test_with_the_partitions_goes_what_was_read_ahead_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> bool:
        return False

    async def work() -> None:
        polls = Polls(monkeypatch)
        monkeypatch.setattr(driver.Consumer, "on_partitions_revoked", nothing)
        monkeypatch.setattr(
            Consumer, "assignee", SimpleNamespace(held=frozenset(), settle=nothing, give_back=lambda: None)
        )
        polls.consumer._commits = SimpleNamespace(commit=nothing, give_up=nothing)
        await polls.next()
        await asyncio.sleep(0)  # the second is here already
        await polls.consumer.on_partitions_revoked(set())
        assert await polls.next() == 3

    asyncio.run(asyncio.wait_for(work(), 10))
