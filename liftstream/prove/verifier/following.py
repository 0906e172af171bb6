"""Following what grows: the side output as files or as a topic, and the workers' logs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from liftstream.contracts.messages import NOT_JSON
from liftstream.contracts.side_output import decode_put_aside
from liftstream.prove.verifier.evidence import AsideLine, Assignment, RecordPlace
from liftstream.service.kafka.confluent.offsets import ends_of

MESSAGES = 20_000
ASK_S = 2.0


class SideOutputReader(Protocol):
    """Follows a side output."""

    torn: int
    """Lines that are not records."""

    def read(self) -> list[AsideLine]:
        """The new lines."""

    def reach(self) -> dict[str, int]:
        """How far every file, or partition of the topic, reaches now."""


class FolderReader:
    """Files of JSON lines.

    Args:
        folder: the side output.
        topics: the input topics by side.
    """

    def __init__(self, folder: Path, topics: tuple[str, str]) -> None:
        self._folder, self._topics = folder, topics
        self._read: dict[Path, int] = {}
        self.torn = 0

    def read(self) -> list[AsideLine]:
        """The new lines, up to the last complete one: its worker takes back what a full disk cut off."""
        found: list[AsideLine] = []
        for path in sorted(self._folder.glob("*.jsonl")):
            end = self._read.get(path, 0)
            with path.open("rb") as file:
                file.seek(end)
                *lines, _ = file.read().split(b"\n")
            for line in lines:
                end += len(line) + 1
                aside = read_aside(line, self._topics, path.name, end)
                self.torn += aside is None
                found += [aside] if aside else []
            self._read[path] = end
        return found

    def reach(self) -> dict[str, int]:
        """The sizes of the files."""
        return {path.name: path.stat().st_size for path in self._folder.glob("*.jsonl")}


class TopicReader:
    """A topic.

    Args:
        consumer, admin: of our own.
        topic: the side output.
        partitions: the topic's.
        topics: the input topics by side.
    """

    def __init__(
        self,
        consumer: Consumer,
        admin: AdminClient,
        topic: str,
        partitions: list[int],
        topics: tuple[str, str],
    ) -> None:
        self._consumer, self._admin, self._topic, self._topics = consumer, admin, topic, topics
        self._consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        self.torn = 0

    def read(self) -> list[AsideLine]:
        """The new records."""
        found: list[AsideLine] = []
        for message in self._consumer.consume(MESSAGES, 0.05):
            if not message.error():
                end = (message.offset() or 0) + 1
                aside = read_aside(message.value() or b"", self._topics, str(message.partition()), end)
                self.torn += aside is None
                found += [aside] if aside else []
        return found

    def reach(self) -> dict[str, int]:
        """The ends of the partitions."""
        return {str(number): end for number, end in ends_of(self._admin, self._topic).items()}


def read_aside(line: bytes, topics: tuple[str, str], file: str, end: int) -> AsideLine | None:
    """A record of the side output; None for another line."""
    try:
        record = decode_put_aside(line)
        place = RecordPlace(topics.index(record.topic), record.partition, record.offset)
    except NOT_JSON:
        return None
    return AsideLine(place, record.reason, file, end)


def read_logs(folder: Path, topics: tuple[str, str]) -> tuple[list[Assignment], int]:
    """The assignments that workers wrote into their logs, and how often one wrote a batch again after a refusal."""
    assignments, rewrites = [], 0
    for path in sorted(folder.glob("worker-*.log")):
        for event in _events(path):
            if event.get("event") == "assigned":
                assignments.append(Assignment(path.name, _positions(event["partitions"], topics.index)))
            if event.get("event") == "trouble" and "refused" in str(event.get("what")):
                rewrites += 1
    return assignments, rewrites


def _positions(texts: list[str], side_of: Callable[[str], int]) -> dict[tuple[int, int], int]:
    """The positions in texts like `topic/partition@offset`."""
    found = {}
    for text in texts:
        name, _, position = text.rpartition("@")
        topic, _, partition = name.rpartition("/")
        found[side_of(topic), int(partition)] = int(position)
    return found


def _events(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        if line.startswith(b"{"):
            try:
                yield msgspec.json.decode(line)
            except msgspec.MsgspecError:  # the line that was being written when the worker was killed
                continue
