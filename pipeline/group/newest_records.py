"""Reads the newest records of all input topics outside the group, to see how they are keyed; needs only READ on
them."""

import asyncio
from collections.abc import Mapping, Sequence
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
from pipeline.group.co_partitioning import UNKNOWN, CoPartitioning, Seen, judge, readable

NEWEST: Final = 200
"""Records per partition."""


async def judge_newest(kafka: KafkaSettings, stream: Stream, partitions: int) -> CoPartitioning:
    """The judgement of the newest records; `UNKNOWN` if they cannot be read now or are too few."""
    consumer = AIOKafkaConsumer(
        **impatient_options(kafka), enable_auto_commit=False, max_partition_fetch_bytes=FETCH_BYTES
    )
    try:
        await started(consumer)
        wires = wires_of(stream, kafka)
        return await asyncio.wait_for(_judge(consumer, stream.sides, wires, partitions), WITHIN_S)
    except (KafkaError, RegistryError, OSError, TimeoutError):
        return UNKNOWN
    finally:
        await consumer.stop()


async def _judge(
    consumer: Any, sides: Sequence[SideDefinition], wires: Mapping[str, WireDecoder], partitions: int
) -> CoPartitioning:
    topics = {side.topic: side for side in sides}
    names = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
    seen: dict[str, list[Seen]] = {side.name: [] for side in sides}
    async for name, records in fetch_newest(consumer, names, NEWEST):
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
