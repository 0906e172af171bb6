"""Record batches filled without aiokafka's own call for each record, which costs as much as the record itself."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

NO_HEADERS: Final[list[Any]] = []


def fill_batch(batch: Any, records: Sequence[tuple[bytes | None, bytes]], first: int, stamp_ms: int) -> int:
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
