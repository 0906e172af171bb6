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
from pipeline.group.membership import SHARED

APART_MS: Final = 5000
"""What partitions that were created together may be apart in their first records, where a broker stamps whole batches."""

AskNotes = Callable[[Sequence[TopicPartition]], Awaitable[Mapping[TopicPartition, str | None]]]
"""Asks what a group has noted where it committed each partition; None: it has committed nothing."""


async def were_added(
    consumer: Any, names: Sequence[TopicPartition], ask_notes: AskNotes | None = None
) -> bool:
    """Whether halves that are still to be read may be apart because the partitions of a topic became more.

    Args:
        consumer: of aiokafka, started, without a group.
        names: all partitions of one topic.
        ask_notes: of a worker's group. For one that is about to begin, which also minds partitions that nobody has
            written to and its group has not shared yet, and those that its group has read nothing of, however old.
    """
    extents = await ask_extents(consumer, names)
    if ask_notes is not None and (unwritten := unwritten_beside_others(extents)):
        notes = await ask_notes(unwritten)
        if any(notes[name] != SHARED for name in unwritten):
            return True
    found = await consumer.offsets_for_times(dict.fromkeys(names, 0))
    born_ms = {name: first.timestamp for name, first in found.items() if first is not None}
    last = last_begun(extents, born_ms)
    if last is None:
        return False
    at_ms, others = born_ms[last], [name for name in names if name != last]
    later = await consumer.offsets_for_times(dict.fromkeys(others, at_ms))
    written = {name: after.offset if (after := later.get(name)) else extents[name].end for name in others}
    if not is_younger(at_ms, list(written.values()), list(born_ms.values())):
        return False
    if abs(now_ms() - at_ms) < 1000 * SETTLE_S:
        return True
    return ask_notes is not None and (await ask_notes([last]))[last] is None


def unwritten_beside_others(extents: Mapping[TopicPartition, Extent]) -> list[TopicPartition]:
    """The partitions that nobody has written to; none where the others were not written for long either.

    Args:
        extents: of all partitions.
    """
    empty = [name for name, extent in extents.items() if extent.end == 0]
    others = [extent.end for name, extent in extents.items() if name not in empty[:1]]
    return empty if empty and _were_written_for_long(others) else []


def last_begun(
    extents: Mapping[TopicPartition, Extent], born_ms: Mapping[TopicPartition, int]
) -> TopicPartition | None:
    """The partition that began last, of those whose first record is known; None where there is none.

    Args:
        extents: of all partitions.
        born_ms: the time of the first record of each that has one.
    """
    whole = [name for name in born_ms if extents[name].first == 0]
    return max(whole, key=born_ms.__getitem__, default=None)


def is_younger(at_ms: int, written: Sequence[int], born_ms: Sequence[int]) -> bool:
    """Whether a partition is younger than others of its topic: they were written for long when it had its first record.

    Args:
        at_ms: when it had it.
        written: how many records each of the others had by then.
        born_ms: when each partition had its first.
    """
    return _were_written_for_long(written) and at_ms - min(born_ms) >= APART_MS


def _were_written_for_long(written: Sequence[int]) -> bool:
    return bool(written) and sum(written) >= ENOUGH * len(written)
