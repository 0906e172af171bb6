"""Which records are written together; the writes themselves are tried on a real broker elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaConnectionError, KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from structlog.testing import capture_logs

from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka import writer
from liftstream.service.kafka.even_records import Record
from liftstream.service.kafka.kafka_errors import advice
from liftstream.service.kafka.writer import TopicWriter


class Held(TopicWriter):
    """A writer whose writes end when they are let go; each is noted. Partitions 0 and 1 are on one broker, 2 is on
    another."""

    def __init__(self) -> None:
        super().__init__(KafkaSettings(), "topic")
        self.writes: list[dict[int, list[bytes]]] = []
        self.gates: list[asyncio.Future[None]] = []

    def _leader_of(self, partition: int) -> int | None:
        return partition // 2

    async def _attempt(self, producer: Any, parts: dict[int, list[Sequence[Record]]]) -> None:
        self.writes.append({at: [value for run in runs for _, value in run] for at, runs in parts.items()})
        self.gates.append(asyncio.get_running_loop().create_future())
        await self.gates[-1]

    async def _renew(self, broken: Any, *, at_start: bool = False) -> None:
        pass

    def begin(self, partition: int, *values: bytes) -> "asyncio.Task[None]":
        return asyncio.ensure_future(self.deliver([(partition, [(b"key", value) for value in values])]))


class Producer:
    """Takes every batch and acknowledges it."""

    def create_batch(self) -> Any:
        return BatchBuilder(writer.MAX_BATCH_BYTES, 0)

    async def send_batch(self, *_: Any, partition: int) -> "asyncio.Future[int]":
        acknowledged = asyncio.get_running_loop().create_future()
        acknowledged.set_result(partition)
        return acknowledged


class Topic(TopicWriter):
    """A writer to a topic that may be gone, without a broker."""

    there = True

    def __init__(self, producer: Callable[[], Producer] = Producer) -> None:
        super().__init__(KafkaSettings(), "topic")
        self._made_by = producer

    async def partitions_of(self, topic: str, within_s: float = 5.0) -> int:
        return 3 if self.there else 0

    def _leader_of(self, partition: int) -> int | None:
        return 0

    async def _renew(self, broken: Any, *, at_start: bool = False) -> None:
        self.partitions = 0
        self._producer = self._made_by()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def tried(attempt: Callable[[Held], Awaitable[None]]) -> None:
    async def run() -> None:
        await attempt(Held())

    asyncio.run(run())


def test_what_comes_while_a_write_is_under_way_goes_together_in_the_next_one() -> None:
    async def attempt(held: Held) -> None:
        tasks = [held.begin(0, b"1")]
        await settled()
        tasks += [held.begin(0, b"2", b"3"), held.begin(0, b"4")]
        await settled()
        assert held.writes == [{0: [b"1"]}]
        held.gates[0].set_result(None)
        await settled()
        assert [task.done() for task in tasks] == [True, False, False]
        assert held.writes[1:] == [{0: [b"2", b"3", b"4"]}]
        held.gates[1].set_result(None)
        await asyncio.gather(*tasks)
        assert len(held.writes) == 2

    tried(attempt)


def test_partitions_of_one_broker_are_written_together_and_brokers_do_not_wait_for_each_other() -> None:
    async def attempt(held: Held) -> None:
        first, second = held.begin(0, b"1"), held.begin(2, b"2")
        await settled()
        assert held.writes == [{0: [b"1"]}, {2: [b"2"]}]
        rest = [held.begin(1, b"3"), held.begin(0, b"4")]
        await settled()
        assert len(held.writes) == 2
        held.gates[1].set_result(None)
        await second
        assert not first.done()
        held.gates[0].set_result(None)
        await first
        await settled()
        assert held.writes[2:] == [{1: [b"3"], 0: [b"4"]}]
        held.gates[2].set_result(None)
        await asyncio.gather(*rest)

    tried(attempt)


def test_a_refused_write_is_tried_again_with_all_that_went_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.0)

    async def attempt(held: Held) -> None:
        first = held.begin(0, b"1")
        await settled()
        rest = [held.begin(0, b"2"), held.begin(0, b"3")]
        held.gates[0].set_result(None)
        await first
        await settled()
        held.gates[1].set_exception(KafkaError("no right"))
        await settled()
        assert held.trouble is not None
        assert held.writes[1:] == [{0: [b"2", b"3"]}] * 2
        held.gates[2].set_result(None)
        await asyncio.gather(*rest)
        assert held.trouble is None

    tried(attempt)


def test_who_is_cancelled_in_the_middle_leaves_the_write_to_the_next_who_waits() -> None:
    async def attempt(held: Held) -> None:
        first = held.begin(0, b"1")
        await settled()
        second, third = held.begin(0, b"2"), held.begin(0, b"3")
        held.gates[0].set_result(None)
        await first
        await settled()
        second.cancel()
        await settled()
        fourth = held.begin(0, b"4")
        await settled()
        assert held.writes[1:] == [{0: [b"2", b"3"]}] * 2
        held.gates[2].set_result(None)
        await third
        await settled()
        assert held.writes[3:] == [{0: [b"4"]}]
        held.gates[3].set_result(None)
        await fourth

    tried(attempt)


def test_of_a_write_that_is_refused_in_part_only_the_refused_batches_are_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.0)
    sent: list[int] = []

    class Partly(Producer):
        async def send_batch(self, *_: Any, partition: int) -> "asyncio.Future[int]":
            sent.append(partition)
            found = await super().send_batch(partition=partition)
            if sent.count(1) == 1 and partition == 1:
                found = asyncio.get_running_loop().create_future()
                found.set_exception(KafkaError("too large"))
            return found

    async def attempt() -> None:
        to = Topic(Partly)
        await to.open()
        await to.deliver([(at, [(b"key", b"value")]) for at in (0, 1, 2)])
        assert to.acknowledged == 3

    asyncio.run(attempt())
    assert sent == [0, 1, 2, 1]


def test_a_producer_that_was_closed_meanwhile_is_replaced_but_a_fault_of_ours_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are AttributeErrors; tried again for ever, a fault of ours would be a worker that hangs."""
    monkeypatch.setattr(writer, "RETRY_S", 0.0)

    class Closed(Producer):
        async def send_batch(self, *_: Any, partition: int) -> "asyncio.Future[int]":
            raise AttributeError("'NoneType' object has no attribute 'send'")

    producers = iter([Closed(), Producer()])

    async def deliver(to: Topic) -> int:
        await to.open()
        await to.deliver([(0, [(b"key", b"value")])])
        return to.acknowledged

    assert asyncio.run(deliver(Topic(lambda: next(producers)))) == 1

    class Wrong(Producer):
        def create_batch(self) -> Any:
            return object()

    with pytest.raises(AttributeError, match="_builder"):
        asyncio.run(deliver(Topic(Wrong)))


def test_while_its_topic_is_gone_it_says_so_by_name_and_it_goes_on_once_the_topic_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.0)

    async def attempt() -> None:
        to = Topic()
        await to.open()
        to.there = False
        task = asyncio.ensure_future(to.deliver([(0, [(b"key", b"value")])]))
        await settled()
        assert to.trouble is not None
        assert "topic is not on the broker" in to.trouble
        assert not task.done()
        to.there = True
        await task
        assert to.trouble is None
        assert to.acknowledged == 1

    asyncio.run(attempt())


def test_causes_that_alternate_are_each_logged_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(writer.time, "monotonic", lambda: next(clock))
    held = Held()
    with capture_logs() as told:
        for turn in range(60):
            held._say("no broker" if turn % 2 else "no answer")
            assert held.trouble == ("no broker" if turn % 2 else "no answer")
    assert [one["what"] for one in told] == ["no answer", "no broker"] * 2


@pytest.mark.parametrize(
    ("cause", "certificate", "said"),
    [
        (ClusterAuthorizationFailedError(), None, "needs WRITE on topic_student_prediction"),
        (KafkaConnectionError("closed"), None, "KAFKA__CERTIFICATE_FILE and KAFKA__KEY_FILE are not set"),
        (KafkaConnectionError("closed"), Path("client.pem"), ""),
    ],
)
def test_a_cause_that_says_too_little_comes_with_what_to_look_at(
    cause: KafkaError, certificate: Path | None, said: str
) -> None:
    kafka = KafkaSettings(security_protocol="SSL", certificate_file=certificate)
    found = advice(cause, kafka, "topic_student_prediction")
    assert said in found
    assert bool(said) == bool(found)


def test_before_the_client_gives_up_on_a_topic_that_is_gone_it_is_said_that_nothing_is_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "LONG_S", 0.0)

    async def attempt(held: Held) -> None:
        task = held.begin(0, b"1")
        await settled()
        assert held.trouble is not None
        assert held.trouble.startswith("no acknowledgement of what was written to topic")
        held.gates[0].set_result(None)
        await task
        assert held.trouble is None

    tried(attempt)
