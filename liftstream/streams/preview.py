"""A few joined rows of a stream for people, with the problems of each; no answers, no watermark."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from liftstream.streams.definition import FeatureValue, SideDefinition, Stream
from liftstream.streams.ids import Id, as_written
from liftstream.streams.json_body import Document
from liftstream.streams.record_reader import RecordReader, Said
from liftstream.streams.unreadable import DUPLICATED, Unreadable


class SampledRecord(NamedTuple):
    """A record of a side, or why its value cannot be read.

    Attributes:
        key: of the record.
        timestamp_ms: Kafka's.
        opened: its document with the number of keys that are there twice.
    """

    key: bytes | None
    timestamp_ms: int
    opened: tuple[Document, int] | Unreadable


@dataclass(frozen=True)
class SideSeen:
    """What was found on a side.

    Attributes:
        name, topic: of the side.
        records: number of records that were looked at.
        readable: number of those that can be read.
        faults: how many records have each, by field and kind, with the detail of the first.
        oddities: what was accepted and counted.
    """

    name: str
    topic: str
    records: int
    readable: int
    faults: Mapping[str, tuple[int, str]]
    oddities: Mapping[str, int]


@dataclass(frozen=True)
class PreviewRow:
    """An id with the values of every side.

    Attributes:
        id: the id.
        values: the values of the features, by name; only of the sides that could be read.
        apart_s: how far apart the event times of its sides are.
        wrong: what keeps it from being answered, a sentence each.
    """

    id: Id
    values: Mapping[str, FeatureValue]
    apart_s: float
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """Rows and sides."""

    rows: tuple[PreviewRow, ...]
    sides: tuple[SideSeen, ...]

    @property
    def answerable(self) -> tuple[PreviewRow, ...]:
        """The rows with which nothing is wrong."""
        return tuple(row for row in self.rows if not row.wrong)


@dataclass
class _Half:
    id: Id
    time_ms: int
    said: Said | None
    wrong: tuple[str, ...]


@dataclass
class _Side:
    """A side's newest record of each id, and what was found."""

    definition: SideDefinition
    reader: RecordReader
    halves: dict[Id, _Half] = field(default_factory=dict)
    faults: dict[str, tuple[int, str]] = field(default_factory=dict)
    oddities: Counter[str] = field(default_factory=Counter)
    records: int = 0
    readable: int = 0

    def read(self, record: SampledRecord) -> None:
        """Takes in another record, newer than those before."""
        self.records += 1
        if isinstance(record.opened, Unreadable):
            self._note(record.opened)
            return
        document, duplicated = record.opened
        self.oddities[DUPLICATED] += duplicated
        try:
            said = self.reader.read_document(record.key, document, self.oddities)
        except Unreadable as fault:
            self._note(fault)
            self._keep_unreadable(record, document)
            return
        self.readable += 1
        time_ms = record.timestamp_ms if said.time_ms is None else said.time_ms
        self.halves[said.id] = _Half(said.id, time_ms, said, ())

    def _note(self, fault: Unreadable) -> None:
        name = f"{fault.field or 'the body'}: {fault.kind}"
        times, first = self.faults.get(name, (0, str(fault)))
        self.faults[name] = times + 1, first

    def _keep_unreadable(self, record: SampledRecord, document: Document) -> None:
        """Keeps an invalid record whose id can be read, as a row with everything that is wrong with it."""
        try:
            found = self.reader.id_of(record.key, document)
        except Unreadable:
            return
        wrong = tuple(
            f"{self.definition.name}: {one}" for one in self.reader.every_fault(record.key, document)
        )
        self.halves[found] = _Half(found, record.timestamp_ms, None, wrong)

    def seen(self) -> SideSeen:
        """What was found."""
        side = self.definition
        return SideSeen(side.name, side.topic, self.records, self.readable, self.faults, dict(+self.oddities))


def preview(stream: Stream, records: Sequence[Sequence[SampledRecord]], most: int = 10) -> Preview:
    """Reads records by a definition and joins the newest of each id.

    Args:
        stream: as defined.
        records: of each side, in the order of their time.
        most: rows; those that every side has something of come first, the newest of them before.
    """
    sides = [_Side(side, RecordReader(side)) for side in stream.sides]
    for side, those in zip(sides, records, strict=True):
        for record in those:
            side.read(record)
    newest: dict[Id, tuple[int, int]] = {}
    for side in sides:
        for found, half in side.halves.items():
            there, time_ms = newest.get(found, (0, 0))
            newest[found] = there + 1, max(time_ms, half.time_ms)
    chosen = sorted(newest, key=lambda found: newest[found], reverse=True)[:most]
    return Preview(
        tuple(_row(stream, sides, found) for found in chosen), tuple(side.seen() for side in sides)
    )


def _row(stream: Stream, sides: Sequence[_Side], found: Id) -> PreviewRow:
    halves = {side.definition.name: side.halves.get(found) for side in sides}
    wrong: list[str] = []
    values: dict[str, FeatureValue] = {}
    for side in sides:
        half = halves[side.definition.name]
        if half is None:
            wrong.append(f"{side.definition.name}: no record among those that were read")
            continue
        wrong += half.wrong
        if half.said is not None:
            values |= zip(side.definition.feature_names, half.said.values, strict=True)
    times = [half.time_ms for half in halves.values() if half is not None]
    apart_s = (max(times) - min(times)) / 1000
    if apart_s > stream.window_s:
        wrong.append(f"{apart_s:g} s apart, more than the window of {stream.window_s:g} s")
    first = next(half for half in halves.values() if half is not None)
    return PreviewRow(as_written(first.id), values, apart_s, tuple(wrong))
