"""Record batches filled without aiokafka's own call for each record, which costs as much as the record itself."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final, TypeAlias

from liftstream.service.kafka.aiokafka.even_batch import EvenBatch
from liftstream.service.kafka.even_records import EvenRecords, Record

Runs: TypeAlias = Sequence[Sequence[Record]]
"""Records that follow each other."""
NO_HEADERS: Final[list[Any]] = []


def batches_of(producer: Any, runs: Runs, most_bytes: int, stamp_ms: int) -> Iterator[tuple[Any, Runs]]:
    """Record batches, each as full as may be, with the records that are in it.

    Args:
        producer: of aiokafka; it does not compress.
        runs: the records.
        most_bytes: of a batch; one record at least is in it, whatever its size.
        stamp_ms: Kafka's timestamp of all records.
    """
    even = [run for run in runs if isinstance(run, EvenRecords)]
    if len(even) == len(runs):
        yield from _even_batches(even, most_bytes, stamp_ms)
        return
    records, first = list(chain.from_iterable(runs)), 0
    while first < len(records):
        batch = producer.create_batch()
        after = fill_batch(batch, records, first, stamp_ms)
        yield batch, [records[first:after]]
        first = after


def fill_batch(batch: Any, records: Sequence[Record], first: int, stamp_ms: int) -> int:
    """Appends keys and values to an empty batch until it is full; it takes one record at least, whatever its size.

    Args:
        batch: as `AIOKafkaProducer.create_batch` gives it.
        records: keys and values.
        first: the index of the record to begin with.
        stamp_ms: Kafka's timestamp of all of them.

    Returns:
        The index of the first record that is not in it.
    """
    append, count = batch._builder.append, 0
    for key, value in islice(records, first, None):
        if append(count, stamp_ms, key, value, NO_HEADERS) is None:
            break
        count += 1
    batch._relative_offset = count
    return first + count


def _even_batches(runs: Sequence[EvenRecords], most_bytes: int, stamp_ms: int) -> Iterator[tuple[Any, Runs]]:
    batch, within = EvenBatch(stamp_ms), list[EvenRecords]()
    for run in runs:
        first = 0
        while first < len(run):
            after = first + batch.append(run[first:], most_bytes)
            if after > first:
                within.append(run[first:after])
            else:
                yield batch, within
                batch, within = EvenBatch(stamp_ms), []
            first = after
    if within:
        yield batch, within
