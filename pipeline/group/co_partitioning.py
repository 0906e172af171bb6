"""Whether the halves of a client share a partition number: judged from the newest records of both topics.

Only then may workers share the partitions; otherwise the halves of a client may be in any two of them, and one worker has to
read everything. No guess is made: until there is evidence one worker reads everything too, which is always right.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import msgspec
from aiokafka.partitioner import murmur2

from liftstream.contracts.messages import key_of
from pipeline.records.decoding import decode
from pipeline.records.halves import Side

ENOUGH: Final = 20
"""Records that agree before we believe it: by chance alone, at two partitions, one time in a million."""


class CoPartitioning(msgspec.Struct, frozen=True):
    """A judgement; workers tell each other theirs, under the names that they have on the wire.

    Attributes:
        holds: halves of a client share a partition number; None: not known yet.
        why: in words, to be said and logged.
        partitions: of each topic, for which this was judged; 0: for any.
    """

    holds: bool | None = msgspec.field(name="together")
    why: str
    partitions: int = 0


UNKNOWN: Final = CoPartitioning(
    None, "not known yet whether both halves of a client are in the same partition number"
)


CHANGED: Final = CoPartitioning(
    None, "the number of partitions has changed, and producers may take minutes to notice"
)
OF_THESE_COUNTS: Final = -1
"""In the place of a number of partitions: judged for two that differ."""


@dataclass(frozen=True)
class Seen:
    """A readable record: where it stands, its key, and whose half it is."""

    partition: int
    key: bytes | None
    uuid: int


def readable(
    side: Side, partition: int, keys: Sequence[bytes | None], values: Sequence[bytes | None]
) -> list[Seen]:
    """The records of a partition that are halves; what is invalid says nothing about keys."""
    decoded = decode(side, values)
    return [
        Seen(partition, keys[index], uuid) for index, uuid in zip(decoded.indexes, decoded.uuids, strict=True)
    ]


def judge_counts(demographic: str, historic: str, counts: Mapping[str, int]) -> CoPartitioning:
    """What the partition counts say by themselves."""
    left, right = counts[demographic], counts[historic]
    if left != right:
        said = f"{demographic} has {left} partitions and {historic} {right}"
        return CoPartitioning(False, said, OF_THESE_COUNTS)
    if left == 1:
        return CoPartitioning(True, "the topics have one partition each", 1)
    return UNKNOWN


def judge(demographic: Sequence[Seen], historic: Sequence[Seen], partitions: int) -> CoPartitioning:
    """What the newest records of both topics say.

    Args:
        demographic, historic: the readable ones, of any partitions.
        partitions: of either topic.
    """
    for name, records in (("demographic", demographic), ("historic", historic)):
        if any(record.key is None for record in records):
            return CoPartitioning(False, f"{name} records have no keys")
    where = {record.uuid: record.partition for record in demographic}
    met = [record for record in historic if record.uuid in where]
    for record in met:
        if where[record.uuid] != record.partition:
            apart = f"partitions {where[record.uuid]} and {record.partition}"
            return CoPartitioning(False, f"the halves of uuid {record.uuid} are in {apart}", partitions)
    if len({record.uuid for record in met}) >= ENOUGH:
        return CoPartitioning(True, "both halves of a client are in the same partition number", partitions)
    for name, place in PARTITIONERS.items():
        if all(_placed(records, place, partitions) for records in (demographic, historic)):
            return CoPartitioning(True, f"both topics are partitioned by {name} of the uuid", partitions)
    return UNKNOWN


def _placed(records: Iterable[Seen], place: Callable[[bytes], int], partitions: int) -> bool:
    found = {record.uuid: record for record in records}.values()
    return len(found) >= ENOUGH and all(
        record.key == key_of(record.uuid) and place(record.key) % partitions == record.partition
        for record in found
    )


PARTITIONERS: Final[dict[str, Callable[[bytes], int]]] = {
    "murmur2": lambda key: murmur2(key) & 0x7FFFFFFF,  # Kafka's own clients
    "crc32": crc32,  # librdkafka's default
}
