"""Whether the topics are co-partitioned, found from their newest records.

Only then may workers share the partitions; otherwise the halves of a client may be in any two of them, and one worker
has to read everything. There is no guess: until there is evidence one worker reads everything, which is always
correct.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
from zlib import crc32

import msgspec
from aiokafka.partitioner import murmur2

from liftstream.streams.definition import SideDefinition
from liftstream.streams.formats.decoding import WireDecoder
from liftstream.streams.ids import Id, to_key
from pipeline.records.decoding import decode

ENOUGH: Final = 20
"""Fewest records that must agree: by chance alone they would at two partitions one time in a million."""


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
CHANGED: Final = "the number of partitions has changed, and producers may take minutes to notice"
OF_THESE_COUNTS: Final = -1
"""In place of the number of partitions, where the two numbers differ."""


@dataclass(frozen=True)
class Seen:
    """A readable record: where it stands, its key, and whose half it is."""

    partition: int
    key: bytes | None
    uuid: Id


def readable(
    side: SideDefinition,
    partition: int,
    keys: Sequence[bytes | None],
    values: Sequence[bytes | None],
    wire: WireDecoder | None = None,
) -> list[Seen]:
    """The records of a partition that are halves; invalid ones say nothing about keys."""
    decoded = decode(side, values, keys, wire)
    return [
        Seen(partition, keys[index], uuid)
        for index, uuid in zip(decoded.indexes, decoded.uuids.tolist(), strict=True)
    ]


def changed(partitions: int) -> CoPartitioning:
    """What is known while producers may not have noticed yet that topics have so many partitions."""
    return CoPartitioning(None, CHANGED, partitions)


def judge_counts(topics: Sequence[str], counts: Mapping[str, int]) -> CoPartitioning:
    """What the partition counts say by themselves.

    Args:
        topics: the joined ones.
        counts: partitions of each.
    """
    first = topics[0]
    if len(topics) == 1:
        return CoPartitioning(True, f"{first} is the only topic")
    for other in topics[1:]:
        if counts[first] != counts[other]:
            said = f"{first} has {counts[first]} partitions and {other} {counts[other]}"
            return CoPartitioning(False, said, OF_THESE_COUNTS)
    if counts[first] == 1:
        return CoPartitioning(True, "the topics have one partition each", 1)
    return UNKNOWN


def judge(seen: Mapping[str, Sequence[Seen]], partitions: int, id_name: str = "uuid") -> CoPartitioning:
    """What the newest records of all topics say.

    Args:
        seen: the readable ones of any partitions, by the name of their side.
        partitions: of each topic.
        id_name: what the id is called.
    """
    for name, records in seen.items():
        if any(record.key is None for record in records):
            return CoPartitioning(False, f"{name} records have no keys")
    first, *others = seen.values()
    both = "both" if len(others) == 1 else "all"
    where = {record.uuid: record.partition for record in first}
    met = [[record for record in records if record.uuid in where] for records in others]
    for record in chain.from_iterable(met):
        if where[record.uuid] != record.partition:
            apart = f"partitions {where[record.uuid]} and {record.partition}"
            return CoPartitioning(False, f"the halves of {id_name} {record.uuid} are in {apart}", partitions)
    if all(len({record.uuid for record in records}) >= ENOUGH for records in met):
        return CoPartitioning(True, f"{both} halves of a client are in the same partition number", partitions)
    for name, place in PARTITIONERS.items():
        if all(_placed(records, place, partitions) for records in seen.values()):
            return CoPartitioning(
                True, f"{both} topics are partitioned by {name} of the {id_name}", partitions
            )
    return UNKNOWN


def whole_topics(topics: Sequence[str]) -> str:
    """The topics that one worker must read alone, if they cannot be shared."""
    return "both whole topics" if len(topics) == 2 else f"all {len(topics)} topics wholly"


def _placed(records: Iterable[Seen], place: Callable[[bytes], int], partitions: int) -> bool:
    found = {record.uuid: record for record in records}.values()
    return len(found) >= ENOUGH and all(
        record.key == to_key(record.uuid) and place(record.key) % partitions == record.partition
        for record in found
    )


PARTITIONERS: Final[dict[str, Callable[[bytes], int]]] = {
    "murmur2": lambda key: murmur2(key) & 0x7FFFFFFF,  # Kafka's own clients
    "crc32": crc32,  # librdkafka's default
}
