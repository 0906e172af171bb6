"""Record batches filled without aiokafka's own call for each record, which costs as much as the record itself."""

import struct
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final, TypeAlias

import numpy as np
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import calc_crc32c

from liftstream.service.kafka.even_records import Bytes, EvenRecords

Record: TypeAlias = tuple[bytes | None, bytes]
"""Key and value."""
Runs: TypeAlias = Sequence[Sequence[Record]]
"""Records that follow each other."""
NO_HEADERS: Final[list[Any]] = []
NO_PRODUCER: Final = -1, -1, 0
"""Id, epoch and first sequence number of a producer that is not idempotent."""
LONGEST_VARINT: Final = 5
"""Bytes of a number of 32 bits."""


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


class EvenBatch(BatchBuilder):  # type: ignore[misc]  # aiokafka has no types
    """A record batch that takes matrices of bytes instead of single records; format: Kafka's documentation, "Record Batch".

    Args:
        stamp_ms: Kafka's timestamp of all its records.
    """

    def __init__(self, stamp_ms: int) -> None:
        self._stamp_ms, self._producer = stamp_ms, NO_PRODUCER
        self._parts: list[memoryview] = []
        self._size = DefaultRecordBase.HEADER_STRUCT.size
        self._relative_offset, self._buffer, self._closed = 0, None, False

    def append(self, records: EvenRecords, most_bytes: int) -> int:
        """Takes records until it is full; how many; one at least if it is empty.

        Args:
            records: not none.
            most_bytes: of the batch.
        """
        taken = 0
        while taken < len(records):
            offset = self._relative_offset
            frame = _Frame(records, offset)
            room = max((most_bytes - self._size) // frame.size, 0 if offset else 1)
            part = records[taken : taken + min(room, frame.same_until - offset)]
            if not part:
                break
            self._parts.append(frame.around(part, offset))
            self._size += frame.size * len(part)
            self._relative_offset += len(part)
            taken += len(part)
        return taken

    def size(self) -> int:
        """In bytes."""
        return self._size

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = producer_id, producer_epoch, base_sequence

    def _build(self) -> bytearray:
        self.close()
        if self._buffer is None:
            self._buffer, self._parts = self._built(), []
        return self._buffer

    def _built(self) -> bytearray:
        form, last, leader_epoch, magic, attributes = (
            DefaultRecordBase,
            self._relative_offset - 1,
            -1,
            2,
            0,
        )
        length, stamps = self._size - form.AFTER_LEN_OFFSET, (self._stamp_ms, self._stamp_ms)
        head = form.HEADER_STRUCT.pack(
            0, length, leader_epoch, magic, 0, attributes, last, *stamps, *self._producer, last + 1
        )
        built = bytearray().join([head, *self._parts])
        crc = calc_crc32c(memoryview(built)[form.ATTRIBUTES_OFFSET :])
        struct.pack_into(">I", built, form.CRC_OFFSET, crc)
        return built


class _Frame:
    """What stands around keys and values of one length in a batch, for offsets that are written with as many bytes."""

    def __init__(self, records: EvenRecords, offset: int) -> None:
        self._wide = len(varint(offset))
        self.same_until = 1 << 7 * self._wide - 1
        key = None if records.keys is None else records.keys.shape[1]
        self._before_key = varint(-1 if key is None else key)
        self._before_value = varint(records.values.shape[1])
        inner = 3 + self._wide + len(self._before_key + self._before_value)
        length = varint(inner + (key or 0) + records.values.shape[1])
        self._head = length + b"\0\0"  # attributes and, as all have the same one, the timestamp
        self.size = len(length) + inner + (key or 0) + records.values.shape[1]

    def around(self, records: EvenRecords, first: int) -> memoryview:
        """The records with it, from an offset on."""
        found = np.empty((len(records), self.size), np.uint8)
        at = self._put(found, 0, np.frombuffer(self._head, np.uint8))
        at = self._put(found, at, varints(np.arange(first, first + len(records)), self._wide))
        at = self._put(found, at, np.frombuffer(self._before_key, np.uint8))
        at = at if records.keys is None else self._put(found, at, records.keys)
        at = self._put(found, at, np.frombuffer(self._before_value, np.uint8))
        at = self._put(found, at, records.values)
        found[:, at:] = 0  # no headers
        return found.data

    def _put(self, found: Bytes, at: int, what: Bytes) -> int:
        after = at + what.shape[-1]
        found[:, at:after] = what
        return after


def varint(number: int) -> bytes:
    """A number of 32 bits as Kafka writes it in records: zigzag, 7 bits a byte, the lowest first."""
    rest, found = (number << 1) ^ (number >> 31), bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def varints(numbers: np.ndarray[Any, np.dtype[np.int64]], wide: int) -> Bytes:
    """Numbers from 0 on that all take so many bytes, as [numbers, bytes]."""
    shifted = (numbers[:, None] << 1) >> np.arange(0, 7 * wide, 7)
    more = np.full(wide, 0x80)
    more[-1] = 0
    return (shifted & 0x7F | more).astype(np.uint8)
