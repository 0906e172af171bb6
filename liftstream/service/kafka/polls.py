"""Whole polls instead of single records: what Faust's scheduler hands to the agent, and how its topic unpacks it.

Faust makes four asyncio tasks for an event, which limits an agent that does nothing to 4,700 records a second. One
event a poll, with the records of all partitions as its value, has no such limit.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from faust.serializers.schemas import Schema

from liftstream.service.kafka.aiokafka.lean_records import PolledRecords

BEYOND_ALL: Final = 2**62
"""The offset of every poll: Faust drops what stands before the last one, and with it would go all other partitions."""


class Composite(NamedTuple):
    """A poll in the form of a record of aiokafka, of one of its partitions."""

    topic: str
    partition: int
    timestamp: int
    value: Mapping[Any, PolledRecords]
    offset: int = BEYOND_ALL
    timestamp_type: int = 0
    headers: tuple[()] = ()
    key: None = None
    checksum: None = None
    serialized_key_size: int = 0
    serialized_value_size: int = 0


class PollScheduler:
    """Faust's `ConsumerScheduler`: one composite a poll."""

    def iterate(self, records: Mapping[Any, PolledRecords]) -> Iterator[tuple[Any, Any]]:
        """Yields (partition, composite), or nothing."""
        # also where only control records were read
        fetched = {tp: found for tp, found in records.items() if found}
        if fetched:
            tp, found = next(iter(fetched.items()))
            yield (
                tp,
                Composite(tp.topic, tp.partition, int(found.fetch.stamps[-1]) if len(found) else 0, fetched),
            )


class PollSchema(Schema[Any, Any]):
    """Passes composites on as they are: a decode error inside Faust would be acknowledged first and thrown after."""

    def loads_key(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> None:
        """Composites have no key."""

    def loads_value(self, app: Any, message: Any, *, loads: Any = None, serializer: Any = None) -> Any:  # noqa: ARG002
        """The records by partition."""
        return message.value
