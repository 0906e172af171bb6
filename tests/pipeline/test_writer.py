"""Which records are written together; the writes themselves are tried on a real broker elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from liftstream.contracts.settings import KafkaSettings
from pipeline import writer
from pipeline.writer import Record, Writer


class Held(Writer):
    """A writer whose writes end when they are let go; each is noted with its partition."""

    def __init__(self) -> None:
        super().__init__(KafkaSettings(), "topic")
        self.writes: list[tuple[int | None, list[bytes]]] = []
        self.gates: list[asyncio.Future[None]] = []

    async def _attempt(self, producer: Any, partition: int | None, records: Sequence[Record]) -> None:
        self.writes.append((partition, [value for _, value in records]))
        self.gates.append(asyncio.get_running_loop().create_future())
        await self.gates[-1]

    async def _renew(self, broken: Any, *, at_start: bool = False) -> None:
        pass

    def begin(self, partition: int, *values: bytes) -> "asyncio.Task[None]":
        return asyncio.ensure_future(self.deliver(partition, [(b"key", value) for value in values]))


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
        assert held.writes == [(0, [b"1"])]
        held.gates[0].set_result(None)
        await settled()
        assert [task.done() for task in tasks] == [True, False, False]
        assert held.writes[1:] == [(0, [b"2", b"3", b"4"])]
        held.gates[1].set_result(None)
        await asyncio.gather(*tasks)
        assert len(held.writes) == 2
        assert held.acknowledged == 4

    tried(attempt)


def test_partitions_do_not_wait_for_each_other() -> None:
    async def attempt(held: Held) -> None:
        first, second = held.begin(0, b"1"), held.begin(1, b"2")
        await settled()
        assert held.writes == [(0, [b"1"]), (1, [b"2"])]
        held.gates[1].set_result(None)
        await second
        assert not first.done()
        held.gates[0].set_result(None)
        await first

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
        assert held.writes[1:] == [(0, [b"2", b"3"])] * 2
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
        assert held.writes[1:] == [(0, [b"2", b"3"])] * 2
        held.gates[2].set_result(None)
        await third
        await settled()
        assert held.writes[3:] == [(0, [b"4"])]
        held.gates[3].set_result(None)
        await fourth

    tried(attempt)
