"""Records without aiokafka's wrapping say the same as those with it, wherever a poll ends."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from liftstream.service.kafka.aiokafka.lean_records import AskingFetcher, LeanRecords, PartitionState
from liftstream.service.kafka.polls import fetch_of

TP = TopicPartition("topic", 3)
WRAPPED = fetcher.PartitionRecords


class Assignment:
    """As much of aiokafka's assignment as a fetch asks: it is active, and read up to `position`."""

    active, paused = True, False

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, _: Any) -> "Assignment":
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position


def batches(sizes: list[int], first_offset: int) -> bytes:
    """Record batches as a broker keeps them, offsets one after the other."""
    content = b""
    for size in sizes:
        builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
        for number in range(size):
            key = None if number % 5 == 0 else b"%d" % number
            value = None if number % 7 == 0 else b"value %d" % number
            headers = [("name", b"x")] if number % 3 == 0 else []
            assert builder.append(number, 1_700_000_000_000 + number, key, value, headers)
        batch = builder.build()
        batch[:8] = first_offset.to_bytes(8, "big")
        content += bytes(batch)
        first_offset += size
    return content


def polls(kind: Any, content: bytes, position: int, at_most: int) -> tuple[list[Any], list[int]]:
    """Everything a partition gives in polls of some records, and the position after each."""
    assignment = Assignment(position)
    records = kind(TP, MemoryRecords(content), [], position, None, None, True, 0)
    result = fetcher.FetchResult(TP, assignment=assignment, partition_records=records, backoff=0)
    found, positions = [], []
    while result.has_more():
        found += result.getall(at_most)
        positions.append(assignment.position)
    return found, positions


@pytest.mark.parametrize("at_most", [1, 7, 10, 64, 1000])
@pytest.mark.parametrize("position", [100, 103, 109])
def test_lean_records_have_the_columns_of_wrapped_ones_and_leave_the_same_positions(
    at_most: int, position: int
) -> None:
    content = batches([10, 1, 40], first_offset=100)
    lean, lean_positions = polls(LeanRecords, content, position, at_most)
    wrapped, wrapped_positions = polls(WRAPPED, content, position, at_most)
    mine, theirs = fetch_of(lean), fetch_of(wrapped)
    assert mine.offsets.tolist() == theirs.offsets.tolist() == list(range(position, 151))
    assert mine.stamps.tolist() == theirs.stamps.tolist()
    assert (mine.keys, mine.values) == (theirs.keys, theirs.values)
    assert lean_positions == wrapped_positions


def test_a_damaged_batch_is_refused_as_before() -> None:
    content = bytearray(batches([10], first_offset=0))
    content[-1] ^= 1
    with pytest.raises(Exception, match="Invalid CRC"):
        polls(LeanRecords, bytes(content), 0, 100)


def fetched(monkeypatch: pytest.MonkeyPatch, timestamp_ms: int | None, took_ms: int) -> PartitionState:
    """The state of a partition after a fetch whose answer was so long on its way; None: there was none for it."""
    clock = SimpleNamespace(now_ms=1_000_000)
    state = PartitionState.__new__(PartitionState)

    async def answer(*_: Any) -> bool:
        clock.now_ms += took_ms
        state.timestamp = timestamp_ms if timestamp_ms is None else clock.now_ms
        return True

    monkeypatch.setattr("time.time", lambda: clock.now_ms / 1000)
    monkeypatch.setattr(fetcher.Fetcher, "_proc_fetch_request", answer)
    assignment = SimpleNamespace(active=True, state_value=lambda _: state)
    request = SimpleNamespace(topics=[("topic", [(3, 0, 0)])])
    asking = AskingFetcher.__new__(AskingFetcher)
    assert asyncio.run(asking._proc_fetch_request(assignment, 1, request))
    return state


def test_an_answer_is_known_to_be_as_old_as_its_question(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetched(monkeypatch, 0, took_ms=2_350).asked_ms == 1_000_000


def test_a_fetch_without_an_answer_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetched(monkeypatch, None, took_ms=2_350).asked_ms == 0
