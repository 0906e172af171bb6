"""Record batches made of matrices of bytes: the same bytes that aiokafka makes of the records one by one.

The format is described in Kafka's documentation, "Record Batch" and "Record".
"""

import struct
from typing import Final

import numpy as np
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import calc_crc32c
from numpy.typing import NDArray

from liftstream.service.kafka.even_records import Bytes, EvenRecords

NO_PRODUCER: Final = -1, -1, 0
"""Id, epoch and first sequence number of a producer that is not idempotent."""
NO_LEADER_EPOCH: Final = -1
MAGIC: Final = 2
NO_ATTRIBUTES: Final = 0
"""Neither compressed nor of a transaction."""
BEGIN: Final = b"\0\0"
"""Of a record behind its length: attributes, and by how much its timestamp is later than the first one."""
NO_KEY: Final = -1
END: Final = b"\0"
"""Of a record: it has no headers."""


class EvenBatch(BatchBuilder):  # type: ignore[misc]  # aiokafka has no types
    """A record batch that takes matrices instead of single records, not compressed.

    Args:
        stamp_ms: Kafka's timestamp of all its records.
    """

    def __init__(self, stamp_ms: int) -> None:
        self._stamp_ms, self._producer = stamp_ms, NO_PRODUCER
        self._parts: list[memoryview] = []
        self._size: int = DefaultRecordBase.HEADER_STRUCT.size
        self._relative_offset, self._closed = 0, False
        self._buffer: bytearray | None = None

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
        form, count = DefaultRecordBase, self._relative_offset
        before_crc = 0, self._size - form.AFTER_LEN_OFFSET, NO_LEADER_EPOCH, MAGIC, 0
        behind_crc = NO_ATTRIBUTES, count - 1, self._stamp_ms, self._stamp_ms, *self._producer, count
        built = bytearray().join([form.HEADER_STRUCT.pack(*before_crc, *behind_crc), *self._parts])
        crc = calc_crc32c(memoryview(built)[form.ATTRIBUTES_OFFSET :])
        struct.pack_into(">I", built, form.CRC_OFFSET, crc)
        return built


class _Frame:
    """What stands around keys and values of one length in a batch, for offsets that are written with as many bytes."""

    def __init__(self, records: EvenRecords, offset: int) -> None:
        self._wide = len(varint(offset))
        self.same_until = 1 << 7 * self._wide - 1
        key, value = 0 if records.keys is None else records.keys.shape[1], records.values.shape[1]
        self._before_key = varint(NO_KEY if records.keys is None else key)
        self._before_value = varint(value)
        framed = len(BEGIN) + self._wide + len(self._before_key) + key + len(self._before_value) + value
        length = varint(framed + len(END))
        self._head = length + BEGIN
        self.size = len(length) + framed + len(END)

    def around(self, records: EvenRecords, first: int) -> memoryview:
        """The records with it, from an offset on."""
        found = np.empty((len(records), self.size), np.uint8)
        at = self._put(found, 0, np.frombuffer(self._head, np.uint8))
        at = self._put(found, at, varints(np.arange(first, first + len(records)), self._wide))
        at = self._put(found, at, np.frombuffer(self._before_key, np.uint8))
        at = at if records.keys is None else self._put(found, at, records.keys)
        at = self._put(found, at, np.frombuffer(self._before_value, np.uint8))
        at = self._put(found, at, records.values)
        self._put(found, at, np.frombuffer(END, np.uint8))
        return found.data

    def _put(self, found: Bytes, at: int, what: Bytes) -> int:
        after: int = at + what.shape[-1]
        found[:, at:after] = what
        return after


def varint(number: int) -> bytes:
    """A number of 32 bits as Kafka writes it in records: zigzag, 7 bits a byte, the lowest first."""
    rest, found = (number << 1) ^ (number >> 31), bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def varints(numbers: NDArray[np.int64], wide: int) -> Bytes:
    """Numbers from 0 on that all take so many bytes, as [numbers, bytes]."""
    shifted = (numbers[:, None] << 1) >> np.arange(0, 7 * wide, 7)
    more = np.full(wide, 0x80)
    more[-1] = 0
    found: Bytes = (shifted & 0x7F | more).astype(np.uint8)
    return found
