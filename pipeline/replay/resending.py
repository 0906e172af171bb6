"""Sends halves from the side output again, to the partitions they came from, with their keys and headers.

The side output holds a record's key and value as text and no headers. So the record itself is read again if the
broker still has it and we have the right; otherwise the text of the side output is sent.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from liftstream.contracts.side_output import PutAside
from liftstream.service.clock import now_ms
from liftstream.service.kafka.aiokafka.client_start import started
from liftstream.service.kafka.extents import ask_extents
from liftstream.service.kafka.kafka_errors import in_words

WITHIN_S: Final = 30.0
NOTHING_FOR_MS: Final = 3000
JUMP: Final = 10_000
"""Fewest records between two wanted ones that are skipped by a seek."""

Headers = Sequence[tuple[str, bytes]]


class Original(NamedTuple):
    """The parts of a record that must be sent as they were."""

    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def send_again(kafka: KafkaSettings, halves: Sequence[PutAside], *, keep_time: bool) -> None:
    """Sends halves again, and returns when the broker has acknowledged all.

    Args:
        kafka: where.
        halves: to be sent; those of a client get one event time, so that they meet.
        keep_time: they keep the event times that they had.

    Raises:
        BrokerError: they could not be sent.
    """
    try:
        asyncio.run(_send_again(kafka, halves, keep_time))
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(
            f"{kafka.bootstrap}: the halves could not be sent: {in_words(error)}; nothing was marked. Replay"
            " needs the right to write both input topics ('liftstream doctor')"
        ) from None


async def _send_again(kafka: KafkaSettings, halves: Sequence[PutAside], keep_time: bool) -> None:
    originals = await read_originals(kafka, halves)
    producer = AIOKafkaProducer(**aiokafka_options(kafka), acks="all", linger_ms=5)
    try:
        await started(producer, WITHIN_S)
        sent_ms = now_ms()
        sent = [
            await _send(
                producer,
                half,
                originals.get(half) or _as_shown(half),
                half.timestamp_ms if keep_time else sent_ms,
            )
            for half in halves
        ]
        await asyncio.wait_for(asyncio.gather(*sent), WITHIN_S)
    finally:
        await producer.stop()


async def _send(producer: Any, half: PutAside, original: Original, timestamp_ms: int) -> Any:
    partitions = await asyncio.wait_for(producer.partitions_for(half.topic), WITHIN_S)
    return await producer.send(
        half.topic,
        original.value,
        original.key,
        partition=half.partition if half.partition in partitions else None,
        timestamp_ms=timestamp_ms,
        headers=list(original.headers),
    )


def _as_shown(half: PutAside) -> Original:
    return Original(half.key_bytes(), half.value_bytes())


async def read_originals(kafka: KafkaSettings, halves: Iterable[PutAside]) -> dict[PutAside, Original]:
    """The original records, of those that the broker still has and lets us read."""
    wanted: dict[TopicPartition, dict[int, PutAside]] = defaultdict(dict)
    for half in halves:
        wanted[TopicPartition(half.topic, half.partition)][half.offset] = half
    found: dict[PutAside, Original] = {}
    consumer = AIOKafkaConsumer(**aiokafka_options(kafka), enable_auto_commit=False)
    try:
        await started(consumer, WITHIN_S)
        for place, by_offset in wanted.items():
            with contextlib.suppress(KafkaError):  # no right to read, or no such partition any more
                found |= await _read_partition(consumer, place, by_offset)
    finally:
        await consumer.stop()
    return found


async def _read_partition(consumer: Any, place: Any, wanted: dict[int, PutAside]) -> dict[PutAside, Original]:
    consumer.assign([place])
    first, end = (await ask_extents(consumer, [place]))[place]
    left = sorted(offset for offset in wanted if first <= offset < end)
    found, position = {}, -JUMP
    while left:
        if left[0] - position >= JUMP:
            consumer.seek(place, left[0])
        records = (await consumer.getmany(place, timeout_ms=NOTHING_FOR_MS)).get(place, [])
        if not records:
            break
        for record in records:
            half = wanted.get(record.offset)
            if (
                half is not None and half.timestamp_ms == record.timestamp
            ):  # else another topic of the same name
                found[half] = Original(record.key, record.value, tuple(record.headers))
        position = records[-1].offset + 1
        left = [offset for offset in left if offset >= position]
    return found
