"""Finds the new records of a poll: earlier ones were read already, and some may be missing."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from liftstream.contracts.fetch import Fetch, Partition
from liftstream.service.kafka.aiokafka.lean_records import PolledRecords
from pipeline.join.offset_tracker import NEVER

FirstKept: TypeAlias = Callable[[Partition], Coroutine[Any, Any, int]]
"""Asks the broker for the first offset that it still has of a partition."""
Lost: TypeAlias = Callable[[Partition, int, int], None]
"""Is told of lost records: the partition, the wanted offset, and the first offset after the loss."""


def is_made_anew(expected: int | None, part: PolledRecords) -> bool:
    """Whether reading was sent back to the beginning: then this is another partition of the same name."""
    return part.was_reset and expected is not None and part.begin < expected


async def not_taken(
    expected: int | None, partition: Partition, part: PolledRecords, first_kept: FirstKept, lost: Lost
) -> Fetch:
    """The records from an expected offset on: none where there is no such offset, as the assignment is over.

    Offsets that were passed over were deleted by retention, or were never there: transactions and compaction leave holes.
    """
    fetch = part.fetch
    if expected is None:
        return fetch.since(NEVER)
    if part.begin > expected:
        first = await first_kept(partition)
        if first > expected:
            lost(partition, expected, min(first, part.begin))
    return fetch.since(expected) if part.begin < expected else fetch
