"""Reads the newest records of all input topics outside the group, to see how they are keyed; needs only READ on
them."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from liftstream.contracts.errors import RegistryError
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.aiokafka.client_start import WITHIN_S, impatient_options, started
from liftstream.service.kafka.newest import FETCH_BYTES, fetch_newest
from liftstream.service.stream_records import wires_of
from liftstream.streams.definition import SideDefinition, Stream
from liftstream.streams.formats.decoding import WireDecoder
from pipeline.group.added_partitions import AskNotes, were_added
from pipeline.group.co_partitioning import UNKNOWN, CoPartitioning, Seen, changed, judge, readable
from pipeline.group.membership import ask_notes

NEWEST: Final = 200
"""Records per partition."""


async def judge_newest(
    kafka: KafkaSettings, stream: Stream, partitions: int, group: str | None = None
) -> CoPartitioning:
    """The judgement of the newest records.

    Args:
        kafka: how to reach the broker.
        stream: whose topics are looked at.
        partitions: of each topic.
        group: that is about to read them; None for one that reads them already.

    Returns:
        `UNKNOWN` if they cannot be read now or are too few; `changed` if partitions were added not long ago.
    """
    consumer = AIOKafkaConsumer(
        **impatient_options(kafka), enable_auto_commit=False, max_partition_fetch_bytes=FETCH_BYTES
    )
    notes = None if group is None else partial(ask_notes, kafka, group)
    try:
        await started(consumer)
        wires = wires_of(stream, kafka)
        return await asyncio.wait_for(_judge(consumer, stream.sides, wires, partitions, notes), WITHIN_S)
    except (KafkaError, RegistryError, OSError, TimeoutError):
        return UNKNOWN
    finally:
        await consumer.stop()


async def _judge(
    consumer: Any,
    sides: Sequence[SideDefinition],
    wires: Mapping[str, WireDecoder],
    partitions: int,
    notes: AskNotes | None,
) -> CoPartitioning:
    topics = {side.topic: side for side in sides}
    of_topic = [[TopicPartition(topic, number) for number in range(partitions)] for topic in topics]
    for names in of_topic:
        if await were_added(consumer, names, notes):
            return changed(partitions)
    seen: dict[str, list[Seen]] = {side.name: [] for side in sides}
    async for name, records in fetch_newest(consumer, list(chain.from_iterable(of_topic)), NEWEST):
        side = topics[name.topic]
        keys, values = [record.key for record in records], [record.value for record in records]
        wire = wires.get(name.topic)
        if wire is not None:
            await asyncio.to_thread(wire.learn, wire.unlearned(values))
        seen[side.name] += readable(side, name.partition, keys, values, wire)
    return judge(seen, partitions, id_name(sides[0]))


def id_name(side: SideDefinition) -> str:
    """What the id is called in messages."""
    return "key" if side.id.path is None else str(side.id.path)
