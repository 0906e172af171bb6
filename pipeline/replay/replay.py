"""Reads the side output, selects the halves that can be sent again, and marks those that were.

From a folder, marks are written into the lines themselves, in the room that each has at its end; from a topic, the
offset that was reached is committed for the group `<group>-replay`: all before it counts as replayed, halves without a
partner too.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError, KafkaError

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.errors import BrokerError, InputError, SideOutputError
from liftstream.contracts.messages import NOT_JSON
from liftstream.contracts.settings import Settings
from liftstream.contracts.side_output import PutAside, decode_put_aside, topic_of
from liftstream.service.kafka.aiokafka.client_start import started
from liftstream.service.kafka.kafka_errors import connecting, in_words, missing_right_to_read
from liftstream.service.kafka.newest import fetch_newest
from liftstream.streams.definition import Stream
from liftstream.streams.formats.decoding import WireDecoder
from liftstream.streams.ids import Id
from pipeline.records.decoding import Decoder
from pipeline.side_output import MARK, ROOM_FOR_MARK

WITHIN_S: Final = 30.0
"""How long the broker may give no answer."""

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """A record of the side output, and where it stands there.

    Attributes:
        record: what was put aside.
        path: the file; None: it came from a topic.
        start, length: of its line in the file, in bytes.
        position: partition and offset in the topic; None: it came from a file.
    """

    record: PutAside
    path: Path | None = None
    start: int = 0
    length: int = 0
    position: tuple[int, int] | None = None


@dataclass
class KnownClient:
    """The newest half of each side that is known of a client, by topic, and all its lines that were not replayed."""

    halves: dict[str, PutAside] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def read_side_output(settings: Settings) -> list[Line]:
    """Everything that was put aside, from the place that the settings name.

    Raises:
        SideOutputError: a file cannot be read, or a line is no record.
        BrokerError: the topic cannot be read to its end.
    """
    topic = topic_of(settings.pipeline.side_output)
    if topic is None:
        return list(_read_folder(Path(settings.pipeline.side_output)))
    with connecting(settings.kafka):
        return asyncio.run(_with_consumer(settings, topic, _read_all))


def pair_up(
    lines: Iterable[Line], stream: Stream, wires: Mapping[str, WireDecoder] | None = None
) -> tuple[list[KnownClient], int]:
    """Clients of whom the halves of all sides are known and not replayed yet, and of how many some are missing.

    Args:
        lines: what was put aside.
        stream: the stream whose topics they are of; records of others are left alone.
        wires: of the topics whose records are in the wire format of a schema registry.
    """
    decoders = {side.topic: Decoder(side, None, (wires or {}).get(side.topic)) for side in stream.sides}
    clients: dict[Id, KnownClient] = {}
    for line in lines:
        record = line.record
        decoder = decoders.get(record.topic)
        if decoder is None or record.replayed or record.reason == "invalid" or record.whole_bytes:
            continue
        uuids = decoder.decode([record.value_bytes()], [record.key_bytes()]).uuids.tolist()
        if not uuids:
            continue
        known = clients.setdefault(uuids[0], KnownClient())
        known.lines.append(line)
        kept = known.halves.get(record.topic)
        if kept is None or (kept.timestamp_ms, kept.offset) <= (record.timestamp_ms, record.offset):
            known.halves[record.topic] = record
    whole = [known for known in clients.values() if len(known.halves) == len(decoders)]
    return whole, len(clients) - len(whole)


def mark_replayed(lines: Iterable[Line]) -> None:
    """Writes into the lines of a folder that they were sent again; workers may go on appending to it meanwhile.

    Raises:
        SideOutputError: a file cannot be written.
    """
    for line in lines:
        if line.path is None:
            continue
        try:
            with line.path.open("r+b") as file:
                file.seek(line.start + line.length - len(MARK))
                if file.read(len(MARK)) != b"}" + ROOM_FOR_MARK:
                    raise SideOutputError(
                        f"{line.path}: the line at byte {line.start} has no room for a mark"
                    )
                file.seek(line.start + line.length - len(MARK))
                file.write(MARK)
        except OSError as error:
            raise SideOutputError(f"{line.path}: cannot be marked as replayed: {error.strerror}") from None


def commit_replayed(settings: Settings, lines: Iterable[Line]) -> None:
    """Notes how far a side output that is a topic was replayed: to the newest line that was read of each partition.

    What workers have put aside since then is behind that, and left for the next replay.

    Args:
        settings: name the topic.
        lines: all that were read.

    Raises:
        BrokerError: the broker does not take it.
    """
    ends: dict[int, int] = {}
    for line in lines:
        if line.position is not None:
            partition, offset = line.position
            ends[partition] = max(offset + 1, ends.get(partition, 0))
    topic = topic_of(settings.pipeline.side_output)
    if topic is not None and ends:
        with connecting(settings.kafka):
            asyncio.run(_with_consumer(settings, topic, partial(_commit, ends)))


def _read_folder(folder: Path) -> Iterator[Line]:
    if not folder.is_dir():
        raise InputError(f"PIPELINE__SIDE_OUTPUT: {folder}: no such folder; nothing was put aside here yet")
    for path in sorted(folder.glob("*.jsonl")):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SideOutputError(f"{path}: cannot be read: {error.strerror}") from None
        yield from _read_lines(path, content)


def _read_lines(path: Path, content: bytes) -> Iterator[Line]:
    start = 0
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        # a last line without its end is being written, or was when its worker was killed
        if line.endswith(b"\n"):
            yield Line(_record_of(line, f"{path}: line {number}"), path, start, len(line) - 1)
        start += len(line)


def _record_of(line: bytes | None, where: str) -> PutAside:
    try:
        return decode_put_aside(line or b"")
    except NOT_JSON as error:
        raise SideOutputError(f"{where} is no record of the side output: {error}") from None


async def _with_consumer(
    settings: Settings, topic: str, work: Callable[[Any, list[TopicPartition]], Coroutine[Any, Any, T]]
) -> T:
    """Calls a function with a consumer of all partitions of the topic.

    Raises:
        InputError: there is no such topic.
        KafkaConnectionError: no broker lets us in.
        BrokerError: the topic cannot be read.
    """
    kafka, pipeline = settings.kafka, settings.pipeline
    consumer = AIOKafkaConsumer(
        **aiokafka_options(kafka),
        group_id=f"{pipeline.group}-replay",
        enable_auto_commit=False,
        isolation_level=pipeline.isolation_level,
    )
    try:
        await started(consumer, WITHIN_S)
        known = await consumer._client.fetch_all_metadata()
        partitions = [
            TopicPartition(topic, number) for number in sorted(known.partitions_for_topic(topic) or ())
        ]
        if not partitions:
            raise InputError(f"PIPELINE__SIDE_OUTPUT: topic {topic} is not on {kafka.bootstrap}")
        consumer.assign(partitions)
        return await work(consumer, partitions)
    except KafkaConnectionError:
        raise
    except GroupAuthorizationFailedError:
        raise BrokerError(missing_right_to_read(f"group '{pipeline.group}-replay'")) from None
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(f"{kafka.bootstrap}: topic {topic} cannot be read: {in_words(error)}") from None
    finally:
        await consumer.stop()


async def _read_all(consumer: Any, partitions: list[TopicPartition]) -> list[Line]:
    replayed = {partition: await consumer.committed(partition) or 0 for partition in partitions}
    found: list[Line] = []
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(WITHIN_S) as limit:
        async for name, records in fetch_newest(consumer, partitions, sys.maxsize):
            limit.reschedule(loop.time() + WITHIN_S)
            for one in records:
                where = f"{name.topic}/{name.partition}: offset {one.offset}"
                record = _record_of(one.value, where)
                record = msgspec.structs.replace(record, replayed=one.offset < replayed[name])
                found.append(Line(record, position=(name.partition, one.offset)))
    return found


async def _commit(ends: Mapping[int, int], consumer: Any, partitions: list[TopicPartition]) -> None:
    await consumer.commit({name: ends[name.partition] for name in partitions if name.partition in ends})
