"""Reads the newest records of topics outside any group; commits and creates nothing, needs only READ on them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.aiokafka.client_start import WITHIN_S, started
from liftstream.service.kafka.extents import ask_extents
from liftstream.service.kafka.kafka_errors import connecting

READ_WITHIN_S: Final = 15.0
"""What has come by then is what there is: a transaction may be open."""
FETCH_BYTES: Final = 1024 * 1024


class NewestRecord(NamedTuple):
    """A record as Kafka has it."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


async def fetch_newest(
    consumer: Any, partitions: Sequence[TopicPartition], each: int
) -> AsyncIterator[tuple[TopicPartition, Sequence[Any]]]:
    """Yields records of partitions as they come, up to the end that each has now.

    Args:
        consumer: of aiokafka, started.
        partitions: that are read.
        each: offsets of each, the newest.
    """
    extents = await ask_extents(consumer, partitions)
    left = {name for name, extent in extents.items() if extent.end > extent.first}
    if not left:
        return
    consumer.assign(sorted(left))
    for name in left:
        consumer.seek(name, max(extents[name].first, extents[name].end - each))
    while left:
        for name, records in (await consumer.getmany(*left, timeout_ms=200)).items():
            yield name, records
        for name in list(left):
            if await consumer.position(name) >= extents[name].end:
                left.discard(name)


def read_newest(kafka: KafkaSettings, topics: Sequence[str], most: int) -> dict[str, list[NewestRecord]]:
    """The newest records of each topic in the order of their timestamps.

    Args:
        kafka: how to reach the broker.
        topics: that are read.
        most: records of each topic, shared evenly by its partitions.

    Raises:
        BrokerError: the broker cannot be reached, or a topic is not there.
    """
    with connecting(kafka):
        return asyncio.run(_read(kafka, topics, most))


async def _read(kafka: KafkaSettings, topics: Sequence[str], most: int) -> dict[str, list[NewestRecord]]:
    consumer = AIOKafkaConsumer(
        **aiokafka_options(kafka), enable_auto_commit=False, max_partition_fetch_bytes=FETCH_BYTES
    )
    found: dict[str, list[NewestRecord]] = {topic: [] for topic in topics}
    try:
        await started(consumer)
        partitions = await asyncio.wait_for(_partitions(consumer, topics), WITHIN_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(READ_WITHIN_S):
                await _fill(found, consumer, partitions, most)
    finally:
        await consumer.stop()
    return {
        topic: sorted(records, key=lambda one: one.timestamp_ms)[-most:] for topic, records in found.items()
    }


async def _fill(
    found: dict[str, list[NewestRecord]], consumer: Any, partitions: Mapping[str, Sequence[int]], most: int
) -> None:
    for topic, numbers in partitions.items():
        names = [TopicPartition(topic, number) for number in numbers]
        async for _, records in fetch_newest(consumer, names, -(-most // len(names))):
            found[topic] += [_record(one) for one in records]


async def _partitions(consumer: Any, topics: Sequence[str]) -> Mapping[str, Sequence[int]]:
    visible = await consumer.topics()
    for topic in topics:
        if topic not in visible:
            near = get_close_matches(topic, visible, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise BrokerError(f"{topic} is not on the broker, or this user may not see it{hint}")
    consumer.subscribe(topics)
    while not all(consumer.partitions_for_topic(topic) for topic in topics):
        await asyncio.sleep(0.05)
    consumer.unsubscribe()
    return {topic: sorted(consumer.partitions_for_topic(topic)) for topic in topics}


def _record(one: Any) -> NewestRecord:
    return NewestRecord(one.partition, one.offset, one.timestamp, one.key, one.value)
