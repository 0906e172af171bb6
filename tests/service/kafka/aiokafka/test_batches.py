"""Record batches filled at once are those that aiokafka fills record by record."""

from typing import Any

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder

from liftstream.service.kafka.aiokafka.batches import fill_batch

STAMP_MS = 1_700_000_000_000


def record_by_record(records: list[Any], most_bytes: int) -> tuple[bytes, int]:
    """The bytes of a batch, and how many records are in it."""
    batch = BatchBuilder(most_bytes, 0)
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=STAMP_MS) is None:
            break
    return bytes(batch._build()), batch.record_count()


@pytest.mark.parametrize("most_bytes", [400, 1000, 5000, 100_000])
def test_each_batch_has_the_bytes_that_aiokafka_gives_it_and_the_next_goes_on_behind_it(
    most_bytes: int,
) -> None:
    records = [(None if at % 3 == 0 else b"%d" % at, b"value" * (at % 40)) for at in range(300)]
    first, batches = 0, 0
    while first < len(records):
        batch = BatchBuilder(most_bytes, 0)
        after = fill_batch(batch, records, first, STAMP_MS)
        known, count = record_by_record(records[first:], most_bytes)
        assert (batch.record_count(), after) == (count, first + count)
        assert batch.size() == len(known) <= most_bytes
        assert bytes(batch._build()) == known
        first, batches = after, batches + 1
    assert (batches > 1) == (most_bytes < 30_000)


def test_a_record_that_is_larger_than_a_batch_is_one_of_its_own() -> None:
    records = [(b"1", b"x"), (b"2", b"x" * 5000), (b"3", b"x")]
    ends, first = [], 0
    while first < len(records):
        first = fill_batch(BatchBuilder(1000, 0), records, first, STAMP_MS)
        ends.append(first)
    assert ends == [1, 2, 3]
