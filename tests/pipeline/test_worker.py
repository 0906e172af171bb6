"""The worker between Kafka and the join: what is answered, put aside and committed, whatever comes between."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog
from numpy.typing import NDArray

from liftstream.contracts.fetch import Partition
from pipeline.monitoring.health import Health
from pipeline.worker import Worker
from tests.pipeline.offline import (
    DEMOGRAPHIC,
    HISTORIC,
    Kept,
    Record,
    Threshold,
    demographic,
    historic,
    nothing_lost,
    polled,
    worker_in,
)

BEGIN = {DEMOGRAPHIC: 0, HISTORIC: 0}


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def answered(kept: Kept) -> dict[int, int]:
    records = [json.loads(value) for _, value in kept.predictions]
    return {record["uuid"]: record["value"] for record in records}


async def take(worker: Worker, partition: Partition, *records: Record) -> None:
    await worker.take({partition: polled(*records)}, nothing_lost)
    await worker.settle(5)


def test_a_topic_of_invalid_records_fills_the_side_output_and_not_the_log(tmp_path: Path) -> None:
    worker, kept = worker_in(tmp_path)

    async def work() -> None:
        worker.open(BEGIN, {})
        for first in range(0, 3000, 1000):
            records = [Record(first + number, 1000, b"7", b"nothing") for number in range(1000)]
            await take(worker, DEMOGRAPHIC, *records)

    with structlog.testing.capture_logs() as lines:
        run(work())
    assert len(kept.aside) == 3000
    said = [line for line in lines if line["event"] == "invalid"]
    assert [line["count"] for line in said][:1] == [1000]
    assert len(said) < 3


def test_a_pair_is_answered_and_then_everything_may_be_committed(tmp_path: Path) -> None:
    worker, kept = worker_in(tmp_path)

    async def work() -> None:
        worker.open(BEGIN, {})
        await take(worker, DEMOGRAPHIC, demographic(0, 7, age=50))
        assert worker.to_commit() == BEGIN  # 7 waits
        await take(worker, HISTORIC, historic(0, 7))
        assert worker.to_commit() == {DEMOGRAPHIC: 1, HISTORIC: 1}
        worker.committed({DEMOGRAPHIC: 1, HISTORIC: 1})
        assert worker.to_commit() == {}

    run(work())
    assert kept.predictions == [(b"7", b'{"uuid":7,"value":1,"token":"a-token"}')]


class Slow(Kept):
    """Acknowledges when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged = asyncio.Event()

    async def deliver(self, parts: Any) -> None:
        await self.acknowledged.wait()


def test_nothing_is_committed_before_the_prediction_is_acknowledged(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        worker.writer = slow = Slow()  # type: ignore[assignment]
        worker.open(BEGIN, BEGIN)
        await worker.take({DEMOGRAPHIC: polled(demographic(0, 7))}, nothing_lost)
        await worker.take({HISTORIC: polled(historic(0, 7))}, nothing_lost)
        assert worker.to_commit() == BEGIN
        slow.acknowledged.set()
        await worker.settle(5)
        assert worker.to_commit() == {DEMOGRAPHIC: 1, HISTORIC: 1}

    run(work())


def test_an_acknowledgement_of_an_assignment_that_is_over_touches_nothing(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        worker.writer = slow = Slow()  # type: ignore[assignment]
        worker.open(BEGIN, BEGIN)
        await worker.take({DEMOGRAPHIC: polled(demographic(0, 7))}, nothing_lost)
        await worker.take({HISTORIC: polled(historic(0, 7))}, nothing_lost)
        worker.open(BEGIN, BEGIN)  # a rebalance; both are read again
        await worker.take({DEMOGRAPHIC: polled(demographic(0, 7))}, nothing_lost)
        slow.acknowledged.set()
        await worker.settle(5)
        assert worker.to_commit() == BEGIN
        assert worker.join.waiting == 1

    run(work())


def test_a_fetch_of_an_assignment_that_is_over_is_not_taken(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        worker.open(BEGIN, {})
        worker.give_back()
        await take(worker, DEMOGRAPHIC, demographic(0, 7))

    run(work())
    assert worker.counts.read == 0


def test_records_that_kafka_delivers_again_are_not_taken_again(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        worker.open(BEGIN, {})
        await take(worker, DEMOGRAPHIC, demographic(0, 7), demographic(1, 8))
        await take(worker, DEMOGRAPHIC, demographic(1, 8), demographic(2, 9))

    run(work())
    assert (worker.counts.read, worker.join.waiting) == (3, 3)


@pytest.mark.parametrize(("first_kept", "lost"), [(0, 0), (5, 5), (9, 9), (100, 9)])
def test_a_gap_in_the_offsets_is_a_loss_as_far_as_the_broker_has_deleted(
    tmp_path: Path, first_kept: int, lost: int
) -> None:
    worker, _ = worker_in(tmp_path)

    async def ask(_: Partition) -> int:
        return first_kept

    async def work() -> None:
        worker.open(BEGIN, {})
        await worker.take({DEMOGRAPHIC: polled(demographic(9, 7))}, ask)

    run(work())
    assert worker.measures.lost == lost
    assert worker.counts.read == 1


def test_after_a_fetch_that_could_not_be_handled_nothing_is_committed_any_more(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)

    async def work() -> None:
        worker.open(BEGIN, {})
        worker.join.take = None  # type: ignore[assignment,method-assign]  # a defect of ours
        with pytest.raises(TypeError):
            await worker.take({DEMOGRAPHIC: polled(demographic(0, 7))}, nothing_lost)
        assert worker.to_commit() == {}

    run(work())


class Fragile(Threshold):
    """Raises on the one client of age 66."""

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        if (matrix[:, 0] == 66).any():
            raise ZeroDivisionError("66")
        return super().score(matrix)


def test_a_row_on_which_the_model_raises_goes_aside_and_all_others_are_answered(tmp_path: Path) -> None:
    worker, kept = worker_in(tmp_path, Fragile())
    ages = [20, 66, 50, 39, 40, 66, 90]

    async def work() -> None:
        worker.open(BEGIN, {})
        await take(worker, DEMOGRAPHIC, *[demographic(n, 100 + n, age=age) for n, age in enumerate(ages)])
        await take(worker, HISTORIC, *[historic(n, 100 + n) for n in range(len(ages))])
        assert worker.to_commit() == {DEMOGRAPHIC: 7, HISTORIC: 7}

    run(work())
    assert answered(kept) == {100 + n: int(age >= 40) for n, age in enumerate(ages) if age != 66}
    assert {(one.reason, one.key) for one in kept.aside} == {("invalid", "101"), ("invalid", "105")}
    assert len(kept.aside) == 4
    assert worker.model.failures == 2


def test_a_half_without_a_key_is_not_joined_where_partitions_are_shared(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)
    told: list[Partition] = []
    worker.unkeyed = told.append

    async def work() -> None:
        worker.open(BEGIN, {})
        await take(worker, DEMOGRAPHIC, demographic(0, 7), Record(1, 1000, None, b"no json"))
        assert told == []  # what is invalid needs no partner
        await take(worker, DEMOGRAPHIC, demographic(2, 8, keyed=False))
        assert told == [DEMOGRAPHIC]

    run(work())
    assert worker.counts.read == 2


def test_halves_without_keys_are_joined_across_partitions_where_one_worker_reads_everything(
    tmp_path: Path,
) -> None:
    worker, kept = worker_in(tmp_path)
    worker.one_partition_group = lambda: True
    elsewhere = Partition("topic_historic", 3)

    async def work() -> None:
        worker.open({DEMOGRAPHIC: 0, elsewhere: 0}, {})
        await take(worker, DEMOGRAPHIC, demographic(0, 7, keyed=False))
        await take(worker, elsewhere, historic(0, 7, keyed=False))

    run(work())
    assert answered(kept) == {7: 1}


def test_predictions_of_a_poll_go_each_into_the_partition_of_its_records(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)
    places = [(Partition(DEMOGRAPHIC.topic, n), Partition(HISTORIC.topic, n)) for n in (0, 3)]
    written: dict[int, list[bytes | None]] = {}

    class Sorted(Kept):
        async def deliver(self, parts: Any) -> None:
            written.update({at: [key for key, _ in records] for at, records in parts})

    async def work() -> None:
        worker.writer = Sorted()  # type: ignore[assignment]
        worker.open({name: 0 for place in places for name in place}, {})
        (d0, h0), (d3, h3) = places
        both = {d0: polled(demographic(0, 7)), d3: polled(demographic(0, 8), demographic(1, 9))}
        await worker.take(
            both | {h3: polled(historic(0, 9), historic(1, 8)), h0: polled(historic(0, 7))}, nothing_lost
        )
        await worker.settle(5)
        assert worker.to_commit() == {d0: 1, h0: 1, d3: 2, h3: 2}

    run(work())
    assert written == {0: [b"7"], 3: [b"9", b"8"]}


def test_the_token_is_in_predictions_only(tmp_path: Path) -> None:
    worker, kept = worker_in(tmp_path)

    async def work() -> None:
        worker.open(BEGIN, {})
        await take(worker, DEMOGRAPHIC, Record(0, 1000, b"7", b"no json"), demographic(1, 7))
        await take(worker, HISTORIC, historic(0, 7))

    run(work())
    assert b"a-token" in kept.predictions[0][1]
    assert "a-token" not in repr(kept.aside)
    assert "a-token" not in repr(worker.__dict__)


def test_a_restart_passes_over_what_was_answered_beyond_the_commit(tmp_path: Path) -> None:
    first, kept = worker_in(tmp_path)

    async def before() -> None:
        first.open(BEGIN, {})
        await take(first, DEMOGRAPHIC, demographic(0, 1), demographic(1, 2), demographic(2, 3))
        await take(first, HISTORIC, historic(0, 2), historic(1, 3))
        commit = first.to_commit()
        assert commit == BEGIN  # 1 waits, and all are in its window
        first.committed(commit)

    run(before())
    second, again = worker_in(tmp_path)

    async def after() -> None:
        second.open(BEGIN, BEGIN)
        await take(second, DEMOGRAPHIC, demographic(0, 1), demographic(1, 2), demographic(2, 3))
        await take(second, HISTORIC, historic(0, 2), historic(1, 3), historic(2, 1))

    run(after())
    assert (answered(kept).keys(), answered(again).keys()) == ({2, 3}, {1})
    assert (second.counts.read, second.counts.passed_over) == (2, 4)


def test_what_was_answered_while_commits_were_refused_is_passed_over_too(tmp_path: Path) -> None:
    worker, kept = worker_in(tmp_path)

    async def work() -> None:
        for _ in range(
            2
        ):  # the second time the partitions come back, and nothing could be committed meanwhile
            worker.open(BEGIN, BEGIN)
            await take(worker, DEMOGRAPHIC, demographic(0, 2), demographic(1, 3))
            await take(worker, HISTORIC, historic(0, 2), historic(1, 3))

    run(work())
    assert len(kept.predictions) == 2
    assert (worker.counts.read, worker.counts.passed_over) == (4, 4)


def test_topics_whose_event_times_are_far_apart_are_named_with_what_it_may_be(tmp_path: Path) -> None:
    worker, _ = worker_in(tmp_path)
    health = Health(worker)

    async def work() -> None:
        worker.open(BEGIN, {})
        await take(worker, DEMOGRAPHIC, demographic(0, 1, 1_700_000_000_000))
        assert health.notes() == []
        await take(worker, HISTORIC, historic(0, 1, 1_700_000_000))

    run(work())
    (said,) = health.notes()
    assert said.startswith(
        "event times of topic_historic are 1,698,300,000 s behind those of topic_demographic"
    )
