"""The side output: a folder of JSON lines, or a topic. A record counts as resolved only after it is durable here.

A line in a folder ends with spaces that are no part of its JSON: `liftstream side-output replay` writes its mark there,
in place, while workers go on appending.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.settings import KafkaSettings
from liftstream.contracts.side_output import (
    TOPIC_PREFIX,
    PutAside,
    decode_put_aside,
    encode_put_aside,
    fitted,
    topic_of,
)
from liftstream.contracts.whole_file import sync_folder
from liftstream.service.kafka.even_records import Record
from liftstream.service.kafka.writer import TopicWriter
from liftstream.streams.definition import Stream
from liftstream.streams.definition_file import is_topic_name

MARK: Final = b',"replayed":true}'
ROOM_FOR_MARK: Final = b" " * (len(MARK) - 1)
FILE_BYTES: Final = 64 * 1024 * 1024
RETRY_S: Final = 1.0

log = structlog.get_logger()


class SideOutput(Protocol):
    """A place for records that are put aside."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written there at the moment; None if it can."""

    async def put(self, records: Sequence[PutAside]) -> None:
        """Writes records, and returns when they are durable, however long that takes."""

    async def close(self) -> None:
        """Closes it."""


class TopicOutput:
    """A side output that is a topic, acknowledged like a prediction; what is too large for it is cut."""

    def __init__(self, writer: TopicWriter) -> None:
        self._writer = writer
        writer.fit = fit_line

    @property
    def trouble(self) -> str | None:
        """Why the last attempt failed."""
        return self._writer.trouble

    async def open(self) -> None:
        """Waits until a broker answers."""
        await self._writer.open()

    async def put(self, records: Sequence[PutAside]) -> None:
        """Writes records, and returns when the broker has acknowledged them."""
        lines: list[Record] = [(one.key_bytes(), encode_put_aside(one)) for one in records]
        await self._writer.deliver([(records[0].partition, lines)])

    async def close(self) -> None:
        """Ends the producer."""
        await self._writer.close()


def fit_line(record: Record, most: int) -> Record:
    """A line with its key that fits into `most` bytes."""
    key, line = record
    if len(key or b"") + len(line) <= most:
        return record
    key = None if key is None else key[: most // 4]
    return key, fitted(decode_put_aside(line), most - len(key or b""))


class FolderOutput:
    """Files `<worker>-<n>.jsonl`, flushed to the disk for every batch; a new one at every start, after 64 MiB, and where the last
    one was deleted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble: str | None = None
        self._lock = asyncio.Lock()
        self._file: int | None = None
        self._size = 0
        self._number = 0

    async def put(self, records: Sequence[PutAside]) -> None:
        """Writes records, and returns when they are on the disk."""
        lines = b"".join(encode_put_aside(one) + ROOM_FOR_MARK + b"\n" for one in records)
        async with self._lock:
            while True:
                try:
                    await asyncio.to_thread(self._write, lines)
                except OSError as error:
                    self._say(error)
                    await asyncio.sleep(RETRY_S)
                else:
                    self.trouble = None
                    return

    async def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, lines: bytes) -> None:
        file = self._file
        if file is None or self._size >= FILE_BYTES or _is_deleted(file):
            file = self._open_next()
        try:
            written = 0
            while written < len(lines):
                written += os.write(file, lines[written:])
            os.fsync(file)
        except OSError:
            os.ftruncate(file, self._size)  # a torn line would be read as two
            raise
        self._size += len(lines)

    def _open_next(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._file is not None:
            os.close(self._file)
            self._file = None
        worker = f"{socket.gethostname()}-{os.getpid()}"
        while self._file is None:
            path = self.folder / f"{worker}-{self._number}.jsonl"
            self._number += 1
            try:
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
            except FileExistsError:
                continue
        self._size = 0
        sync_folder(self.folder)
        return self._file

    def _say(self, error: OSError) -> None:
        trouble = f"{self.folder}: nothing can be put aside: {error.strerror or error}"
        if trouble != self.trouble:
            log.error("trouble", what=trouble)
        self.trouble = trouble


def _is_deleted(file: int) -> bool:
    """Whether nobody could read what is written to it: its name is gone."""
    return os.fstat(file).st_nlink == 0


def check_folder(folder: Path) -> None:
    """Refuses a folder that cannot be written, before anything is read.

    Raises:
        SettingsError: it is no folder, or not ours to write.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"PIPELINE__SIDE_OUTPUT: {folder}: {error.strerror}; give a folder or topic:<name>"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"PIPELINE__SIDE_OUTPUT: {folder}: not writable; give a folder or topic:<name>")


def check_topic(name: str, stream: Stream) -> None:
    """Refuses a name that cannot be a topic, and the stream's own topics: records put aside would be read and put aside
    again.

    Raises:
        SettingsError: it is one of those.
    """
    place = f"PIPELINE__SIDE_OUTPUT: {TOPIC_PREFIX}{name}"
    if not is_topic_name(name):
        raise SettingsError(f"{place}: no topic; up to 249 letters of A-Z a-z 0-9 . _ - are accepted")
    uses = "reads" if name in stream.topics else "answers to" if name == stream.answer.topic else None
    if uses is not None:
        raise SettingsError(f"{place}: the worker {uses} this topic; give one of its own, or a folder")


def check_place(place: str, stream: Stream) -> None:
    """Refuses a place where records cannot be put, before anything is read.

    Raises:
        SettingsError: see `check_topic` and `check_folder`.
    """
    topic = topic_of(place)
    if topic is None:
        check_folder(Path(place))
    else:
        check_topic(topic, stream)


def output_at(place: str, kafka: KafkaSettings) -> SideOutput:
    """The side output of PIPELINE__SIDE_OUTPUT."""
    topic = topic_of(place)
    return FolderOutput(Path(place)) if topic is None else TopicOutput(TopicWriter(kafka, topic))
