"""Reads the side output, selects the halves that can be sent again, and marks those that were.

From a folder, marks are written into the lines themselves, in the room that each has at its end; from a topic, the
offset that was reached is committed for the group `<group>-replay`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from liftstream.contracts.connection import aiokafka_options
from liftstream.contracts.errors import BrokerError, InputError, SideOutputError
from liftstream.contracts.settings import Settings
from liftstream.contracts.side_output import PutAside, decode_put_aside
from liftstream.service.kafka.extents import Extent, ask_extents
from liftstream.streams.definition import Stream
from liftstream.streams.formats.decoding import WireDecoder
from liftstream.streams.ids import Id
from pipeline.records.decoding import Decoder
from pipeline.side_output import MARK, ROOM_FOR_MARK, TOPIC_PREFIX

READ_WITHIN_MS: Final = 10_000
WITHIN_S: Final = 30.0

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """A record with the place of its line, where it came from a file."""

    record: PutAside
    path: Path | None = None
    start: int = 0
    length: int = 0


@dataclass
class KnownClient:
    """The newest half of each side that is known of a client, by topic, and all its lines that were not replayed."""

    halves: dict[str, PutAside] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def read_side_output(settings: Settings) -> list[Line]:
    """Everything that was put aside, from the place that the settings name.

    Raises:
        SideOutputError: a file cannot be read, or a line of it is no record.
        BrokerError: the topic cannot be read.
    """
    place = settings.pipeline.side_output
    if place.startswith(TOPIC_PREFIX):
        return [Line(record) for record in _read_topic(settings, place.removeprefix(TOPIC_PREFIX))]
    return list(_read_folder(Path(place)))


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


def commit_replayed(settings: Settings) -> None:
    """Notes how far a side output that is a topic was replayed."""
    place = settings.pipeline.side_output
    if place.startswith(TOPIC_PREFIX):
        asyncio.run(_with_consumer(settings, place.removeprefix(TOPIC_PREFIX), _commit_ends))


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
        if line.endswith(
            b"\n"
        ):  # a last line without its end is being written, or was when its worker was killed
            try:
                record = decode_put_aside(line)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise SideOutputError(
                    f"{path}: line {number} is no record of the side output: {error}"
                ) from None
            yield Line(record, path, start, len(line) - 1)
        start += len(line)


def _read_topic(settings: Settings, topic: str) -> list[PutAside]:
    return asyncio.run(_with_consumer(settings, topic, _read_all))


async def _with_consumer(
    settings: Settings, topic: str, work: Callable[[Any, dict[Any, Extent]], Coroutine[Any, Any, T]]
) -> T:
    """Calls a function with a consumer of all partitions of the topic, and their first and end offsets.

    Raises:
        InputError: there is no such topic.
        BrokerError: it cannot be read.
    """
    kafka, group = settings.kafka, f"{settings.pipeline.group}-replay"
    consumer = AIOKafkaConsumer(**aiokafka_options(kafka), group_id=group, enable_auto_commit=False)
    try:
        await asyncio.wait_for(consumer.start(), WITHIN_S)
        known = await consumer._client.fetch_all_metadata()
        partitions = [
            TopicPartition(topic, number) for number in sorted(known.partitions_for_topic(topic) or ())
        ]
        if not partitions:
            raise InputError(f"PIPELINE__SIDE_OUTPUT: topic {topic} is not on {kafka.bootstrap}")
        consumer.assign(partitions)
        return await work(consumer, await ask_extents(consumer, partitions))
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerError(
            f"{kafka.bootstrap}: topic {topic} cannot be read: {error or type(error).__name__}"
        ) from None
    finally:
        await consumer.stop()


async def _read_all(consumer: Any, extents: dict[Any, Extent]) -> list[PutAside]:
    replayed = {partition: await consumer.committed(partition) or 0 for partition in extents}
    for partition, extent in extents.items():
        consumer.seek(partition, extent.first)
    left = {partition for partition, extent in extents.items() if extent.end > extent.first}
    found = []
    while left and (polled := await consumer.getmany(*left, timeout_ms=READ_WITHIN_MS)):
        for partition, records in polled.items():
            for record in records:
                line = decode_put_aside(record.value)
                found.append(msgspec.structs.replace(line, replayed=record.offset < replayed[partition]))
        left = {
            partition for partition in left if await consumer.position(partition) < extents[partition].end
        }
    return found


async def _commit_ends(consumer: Any, extents: dict[Any, Extent]) -> None:
    await consumer.commit({partition: extent.end for partition, extent in extents.items()})
