"""Whole fetches instead of single records: what Faust's scheduler hands to the agent, and how its topic unpacks it.

Faust makes four asyncio tasks for an event, which limits an agent that does nothing to 4,700 records a second. One event a
fetch and partition, with the list of its records as its value, has no such limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from faust.serializers.schemas import Schema

from pipeline.halves import Fetch

_stamp = attrgetter("timestamp")


class Composite(NamedTuple):
    """A fetch of one partition in the form of a record of aiokafka; it stands at the offset of its last record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    headers: tuple[()]
    key: None
    value: Sequence[Any]
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


class FetchScheduler:
    """Faust's `ConsumerScheduler`: one composite a partition; what Faust itself reads goes through singly."""

    def iterate(self, records: Mapping[Any, Sequence[Any]]) -> Iterator[tuple[Any, Any]]:
        """Yields (partition, record or composite)."""
        for tp, fetched in records.items():
            if tp.topic.endswith("-changelog") or "__assignor" in tp.topic:
                yield from ((tp, record) for record in fetched)
            elif fetched:
                last = fetched[-1]
                yield (
                    tp,
                    Composite(
                        tp.topic,
                        tp.partition,
                        last.offset,
                        last.timestamp,
                        last.timestamp_type,
                        (),
                        None,
                        fetched,
                    ),
                )


class FetchSchema(Schema[Any, Any]):
    """Passes composites on as they are: a decode error inside Faust would be acknowledged first and thrown after."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> None:
        """Composites have no key."""

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002
        """The list of records."""
        return message.value


def fetch_of(records: Sequence[Any]) -> Fetch:
    """Records of aiokafka as columns."""
    count, first, after = len(records), records[0].offset, records[-1].offset + 1
    if after - first == count:
        offsets = np.arange(first, after)
    else:  # transactions and compaction leave holes
        offsets = np.fromiter((record.offset for record in records), np.int64, count)
    stamps = np.fromiter(map(_stamp, records), np.int64, count)
    return Fetch(offsets, stamps, [record.key for record in records], [record.value for record in records])
