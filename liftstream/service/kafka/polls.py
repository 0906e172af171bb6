"""Whole polls instead of single records: what Faust's scheduler hands to the agent, and how its topic unpacks it.

Faust makes four asyncio tasks for an event, which limits an agent that does nothing to 4,700 records a second. One
event a poll, with the records of all partitions as its value, has no such limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
from faust.serializers.schemas import Schema

from liftstream.contracts.fetch import Fetch

BEYOND_ALL: Final = 2**62
"""The offset of every poll: Faust drops what stands before the last one, and with it would go all other partitions."""

_stamp = attrgetter("timestamp")


class Composite(NamedTuple):
    """A poll in the form of a record of aiokafka, of one of its partitions."""

    topic: str
    partition: int
    timestamp: int
    value: Mapping[Any, Sequence[Any]]
    offset: int = BEYOND_ALL
    timestamp_type: int = 0
    headers: tuple[()] = ()
    key: None = None
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


class PollScheduler:
    """Faust's `ConsumerScheduler`: one composite a poll."""

    def iterate(self, records: Mapping[Any, Sequence[Any]]) -> Iterator[tuple[Any, Any]]:
        """Yields (partition, composite), or nothing."""
        # also where only control records were read
        fetched = {tp: found for tp, found in records.items() if found}
        if fetched:
            tp, found = next(iter(fetched.items()))
            yield tp, Composite(tp.topic, tp.partition, found[-1].timestamp if len(found) else 0, fetched)


class PollSchema(Schema[Any, Any]):
    """Passes composites on as they are: a decode error inside Faust would be acknowledged first and thrown after."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> None:
        """Composites have no key."""

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002
        """The records by partition."""
        return message.value


def fetch_of(records: Sequence[Any]) -> Fetch:
    """Records of aiokafka as columns."""
    if not len(records):
        return Fetch(np.array([], np.int64), np.array([], np.int64), [], [])
    count, first, after = len(records), records[0].offset, records[-1].offset + 1
    if after - first == count:
        offsets = np.arange(first, after)
    else:  # transactions and compaction leave holes
        offsets = np.fromiter((record.offset for record in records), np.int64, count)
    stamps = np.fromiter(map(_stamp, records), np.int64, count)
    return Fetch(offsets, stamps, [record.key for record in records], [record.value for record in records])
