"""Record batches filled at once are those that aiokafka fills record by record."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import encode_varint

from liftstream.service.kafka.aiokafka.batches import batches_of, fill_batch
from liftstream.service.kafka.aiokafka.even_batch import varint, varints
from liftstream.service.kafka.even_records import EvenRecords, Record, bytes_of

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


class Producer:
    """Makes aiokafka's batches."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(self._most_bytes, 0)


def even(records: Sequence[Record]) -> EvenRecords:
    """Records of one form as matrices."""
    keys = [key for key, _ in records if key is not None]
    values = bytes_of([value for _, value in records], len(records[0][1]))
    return EvenRecords(bytes_of(keys, len(keys[0])) if keys else None, values)


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("most_bytes", [200, 1000, 20_000, 512 * 1024, 2**21])
def test_matrices_become_the_batches_that_their_records_become(most_bytes: int, *, keyed: bool) -> None:
    """Offsets are written with one, two and three bytes; the longest record is larger than the smallest batch."""
    shapes = [(3, 6, 50), (9000, 6, 50), (70, 7, 51), (1, 7, 300)]
    runs = [
        [(b"%0*d" % (key, at) if keyed else None, b"%0*d" % (value, at)) for at in range(count)]
        for count, key, value in shapes
    ]
    ours = list(batches_of(Producer(most_bytes), [even(one) for one in runs], most_bytes, STAMP_MS))
    known = list(batches_of(Producer(most_bytes), runs, most_bytes, STAMP_MS))
    assert len(ours) == len(known)
    for (batch, within), (other, those) in zip(ours, known, strict=True):
        assert (batch.size(), batch.record_count()) == (other.size(), other.record_count())
        for one in (batch, other):
            one._set_producer_state(4711, 2, 99)
        assert bytes(batch._build()) == bytes(other._build())
        assert batch.closed()
        assert batch.size() == len(batch._build())
        assert [one for run in within for one in run] == [one for run in those for one in run]


def test_matrices_beside_other_records_are_written_in_their_order() -> None:
    first, last = [(b"1", b"one"), (b"2", b"two")], [(None, b"other")]
    ((batch, ((*records,),)),) = batches_of(Producer(1000), [even(first), last], 1000, STAMP_MS)
    assert records == [*first, *last]
    assert bytes(batch._build()) == record_by_record([*first, *last], 1000)[0]


@pytest.mark.parametrize("number", [0, 1, 63, 64, 8191, 8192, 2**20 - 1, 2**20, 2**31 - 1, -1])
def test_numbers_are_written_as_aiokafka_writes_them(number: int) -> None:
    known = bytearray()
    encode_varint(number, known.append)
    assert varint(number) == bytes(known)
    if number >= 0:
        assert varints(np.array([number]), len(known)).tobytes() == bytes(known)
