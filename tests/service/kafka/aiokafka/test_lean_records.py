"""Records without aiokafka's wrapping say the same as those with it, wherever a poll ends."""

import asyncio
import gc
import struct
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from liftstream.contracts.fetch import Fetch, all_fetches
from liftstream.service.kafka.aiokafka.lean_records import (
    AskingFetcher,
    LeanRecords,
    LeanResult,
    PartitionState,
    PolledRecords,
    fetch_of,
)

TP = TopicPartition("topic", 3)
LEAN = LeanRecords, LeanResult
WRAPPED = fetcher.PartitionRecords, fetcher.FetchResult


class Assignment:
    """As much of aiokafka's assignment as a fetch asks: it is active, and read up to `position`."""

    active, paused = True, False

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, _: Any) -> "Assignment":
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position


def batches(sizes: list[int], first_offset: int, producer: int = -1) -> bytes:
    """Record batches as a broker keeps them, offsets one after the other; in a transaction if there is a producer."""
    content = b""
    for size in sizes:
        builder = DefaultRecordBatchBuilder(2, 0, int(producer >= 0), producer, 0, 0, 1 << 20)
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


def end_of_transaction(offset: int, producer: int, *, committed: bool) -> bytes:
    """The control batch that ends a transaction; its checksum is not right."""
    builder = DefaultRecordBatchBuilder(2, 0, 1, producer, 0, -1, 1 << 20)
    assert builder.append(0, 1_700_000_000_000, struct.pack(">hh", 0, int(committed)), b"end", [])
    batch = builder.build()
    batch[:8] = offset.to_bytes(8, "big")
    batch[22] |= 0x20  # of the attributes: a control batch
    return bytes(batch)


def polls(
    kinds: tuple[Any, Any],
    content: bytes,
    position: int,
    at_most: int,
    aborted: list[tuple[int, int]] | None = None,
) -> tuple[Fetch, list[int]]:
    """Everything a partition gives in polls of some records, and the position after each; only what is committed if
    aborted transactions (producer, first offset) are given."""
    assignment = Assignment(position)
    records_kind, result_kind = kinds
    isolation = fetcher.READ_UNCOMMITTED if aborted is None else fetcher.READ_COMMITTED
    records = records_kind(
        TP, MemoryRecords(content), aborted or [], position, None, None, aborted is None, isolation
    )
    result = result_kind(TP, assignment=assignment, partition_records=records, backoff=0)
    found, positions = [], []
    while result.has_more():
        polled = result.getall(at_most)
        found.append(polled.fetch if isinstance(polled, PolledRecords) else fetch_of(polled))
        positions.append(assignment.position)
    return all_fetches(found), positions


@pytest.mark.parametrize("at_most", [1, 7, 10, 64, 1000])
@pytest.mark.parametrize("position", [100, 103, 109])
def test_lean_records_have_the_columns_of_wrapped_ones_and_leave_the_same_positions(
    at_most: int, position: int
) -> None:
    content = batches([10, 1, 40], first_offset=100)
    lean, lean_positions = polls(LEAN, content, position, at_most)
    wrapped, wrapped_positions = polls(WRAPPED, content, position, at_most)
    assert lean.offsets.tolist() == wrapped.offsets.tolist() == list(range(position, 151))
    assert lean.stamps.tolist() == wrapped.stamps.tolist()
    assert (lean.keys, lean.values) == (wrapped.keys, wrapped.values)
    assert lean_positions == wrapped_positions


@pytest.mark.parametrize("at_most", [1, 4, 5, 9, 1000])
@pytest.mark.parametrize("position", [0, 3])
def test_what_is_rolled_back_is_passed_over_as_by_aiokafka(at_most: int, position: int) -> None:
    content = b"".join(
        [
            batches([5, 4], first_offset=0),
            batches([3], first_offset=9, producer=7),  # rolled back
            batches([2], first_offset=12, producer=8),
            batches([1], first_offset=14, producer=7),  # rolled back
            end_of_transaction(15, producer=7, committed=False),
            end_of_transaction(16, producer=8, committed=True),
            batches([3], first_offset=17, producer=7),
            end_of_transaction(20, producer=7, committed=True),
        ]
    )
    lean, lean_positions = polls(LEAN, content, position, at_most, aborted=[(7, 9)])
    wrapped, wrapped_positions = polls(WRAPPED, content, position, at_most, aborted=[(7, 9)])
    kept = [*range(9), 12, 13, 17, 18, 19]
    assert lean.offsets.tolist() == wrapped.offsets.tolist()
    assert lean.offsets.tolist() == [offset for offset in kept if offset >= position]
    assert lean_positions[-1] == wrapped_positions[-1] == 21


def test_an_answer_of_the_broker_is_let_go_with_its_records() -> None:
    records = LeanRecords(TP, MemoryRecords(batches([10], 0)), [], 0, None, None, True, 0)
    known = weakref.ref(records)
    gc.disable()  # what is in a circle would stay
    try:
        del records
        assert known() is None
    finally:
        gc.enable()


def test_a_damaged_batch_is_refused_as_before() -> None:
    content = bytearray(batches([10], first_offset=0))
    content[-1] ^= 1
    with pytest.raises(Exception, match="checksum"):
        polls(LEAN, bytes(content), 0, 100)


def found(offsets: list[int]) -> list[SimpleNamespace]:
    return [SimpleNamespace(offset=at, timestamp=1000 + at, key=b"%d" % at, value=b"value") for at in offsets]


@pytest.mark.parametrize("offsets", [[7], [7, 8, 9], [7, 9], [0, 10**15]])
def test_every_record_keeps_its_offset_whatever_is_missing_between(offsets: list[int]) -> None:
    fetch = fetch_of(found(offsets))
    assert fetch.offsets.tolist() == offsets
    assert fetch.stamps.tolist() == [1000 + at for at in offsets]
    assert fetch.keys == [b"%d" % at for at in offsets]


@pytest.mark.parametrize(("offset", "kept"), [(0, [7, 9, 10]), (8, [9, 10]), (9, [9, 10]), (11, [])])
def test_what_was_read_before_is_cut_off(offset: int, kept: list[int]) -> None:
    fetch = fetch_of(found([7, 9, 10])).since(offset)
    assert fetch.offsets.tolist() == kept
    assert fetch.keys == [b"%d" % at for at in kept]


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


@pytest.mark.parametrize(
    ("wanted", "here", "position", "on_broker", "is_asked"),
    [
        (None, False, 5, None, True),
        (True, False, 5, 9, True),
        (True, True, 5, 9, True),
        (False, True, 5, 5, False),
        (False, False, 5, 9, False),
        (False, False, 9, 9, True),
        (False, False, 0, None, True),
        (False, False, None, 9, True),
    ],
    ids=[
        "at the beginning",
        "wanted",
        "wanted, and here",
        "held, and here",
        "held, and known to have more",
        "held, at its end",
        "held, never asked",
        "held, without a position",
    ],
)
def test_a_partition_that_is_held_back_is_asked_only_for_what_nobody_knows_of(
    monkeypatch: pytest.MonkeyPatch,
    wanted: bool | None,
    here: bool,
    position: int | None,
    on_broker: int | None,
    is_asked: bool,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        fetcher.Fetcher, "_get_actions_per_node", lambda _, assignment: asked.extend(assignment.tps)
    )
    state = SimpleNamespace(has_valid_position=position is not None, position=position, highwater=on_broker)
    asking = AskingFetcher.__new__(AskingFetcher)
    asking._wanted = None if wanted is None else {TP} if wanted else set()
    asking._records = {TP: "records"} if here else {}
    asking._get_actions_per_node(SimpleNamespace(tps=[TP], state_value=lambda _: state))
    assert asked == ([TP] if is_asked else [])
