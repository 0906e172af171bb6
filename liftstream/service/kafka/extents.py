"""Where partitions begin and end."""

from collections.abc import Iterable
from typing import Any, NamedTuple


class Extent(NamedTuple):
    """The first offset that the broker still has, and the one after the last."""

    first: int
    end: int


async def ask_extents(consumer: Any, partitions: Iterable[Any]) -> dict[Any, Extent]:
    """Of each partition.

    Args:
        consumer: of aiokafka, started.
        partitions: aiokafka's.

    Raises:
        KafkaError: no broker answers, or this user may not see them.
    """
    names = list(partitions)
    first, end = await consumer.beginning_offsets(names), await consumer.end_offsets(names)
    return {name: Extent(first[name], end[name]) for name in names}
