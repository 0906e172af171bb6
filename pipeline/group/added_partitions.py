"""Whether partitions were added to a topic so lately that the halves of a client may still be in two partition numbers.

A client's key belongs to another number as soon as its producer notices, and the producers of two topics notice at
different times. A worker that runs meanwhile sees the number change; one that starts later sees it by how the
partitions began.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from aiokafka import TopicPartition

from liftstream.service.clock import now_ms
from liftstream.service.kafka.extents import Extent, ask_extents
from pipeline.group.co_partitioning import ENOUGH
from pipeline.group.key_watch import SETTLE_S

APART_MS: Final = 5000
"""What partitions that were created together may be apart in their first records, where a broker stamps whole batches."""


HasRead = Callable[[TopicPartition], Awaitable[bool]]


async def were_added(consumer: Any, names: Sequence[TopicPartition], has_read: HasRead | None) -> bool:
    """Whether halves that are still to be read may be apart because the partitions of a topic became more.

    Args:
        consumer: of aiokafka, started, without a group.
        names: all partitions of one topic.
        has_read: whether a group has committed anything of a partition. For a worker that is about to begin, which also
            minds partitions that nobody has written to yet, and those that its group has read nothing of, however old.
    """
    extents = await ask_extents(consumer, names)
    found = await consumer.offsets_for_times(dict.fromkeys(names, 0))
    born_ms = {name: first.timestamp for name, first in found.items() if first is not None}
    last = last_begun(extents, born_ms, unwritten=has_read is not None)
    if last is None:
        return False
    at_ms = born_ms.get(last)
    others = [name for name in names if name != last]
    later = {} if at_ms is None else await consumer.offsets_for_times(dict.fromkeys(others, at_ms))
    written = {name: after.offset if (after := later.get(name)) else extents[name].end for name in others}
    if not is_younger(at_ms, list(written.values()), list(born_ms.values())):
        return False
    if at_ms is None or abs(now_ms() - at_ms) < 1000 * SETTLE_S:
        return True
    return has_read is not None and not await has_read(last)


def last_begun(
    extents: Mapping[TopicPartition, Extent], born_ms: Mapping[TopicPartition, int], *, unwritten: bool
) -> TopicPartition | None:
    """The partition that began last, of those whose first record is known; None where there is none.

    Args:
        extents: of all partitions.
        born_ms: the time of the first record of each that has one.
        unwritten: whether one without any record counts, as the youngest.
    """
    if unwritten and (empty := [name for name, extent in extents.items() if extent.end == 0]):
        return empty[0]
    whole = [name for name in born_ms if extents[name].first == 0]
    return max(whole, key=born_ms.__getitem__, default=None)


def is_younger(at_ms: int | None, written: Sequence[int], born_ms: Sequence[int]) -> bool:
    """Whether a partition is younger than others of its topic: they were written for long when it had its first record.

    Args:
        at_ms: when it had it; None: it has none yet.
        written: how many records each of the others had by then.
        born_ms: when each partition had its first.
    """
    if not written or sum(written) < ENOUGH * len(written):
        return False
    return at_ms is None or at_ms - min(born_ms) >= APART_MS
