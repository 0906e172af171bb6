"""Decodes fetches into columns: by layout if records repeat one, by msgspec if they are plain, by the careful decoder
otherwise.

All three give the same result for a record; the fast ways only skip checks that cannot fail (tests compare them with
the careful one).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import UsageError
from liftstream.streams.definition import FeatureValue, SideDefinition
from liftstream.streams.formats.decoding import Opened, WireDecoder
from liftstream.streams.record_reader import RecordReader, Said
from liftstream.streams.unreadable import DUPLICATED, Unreadable, show
from pipeline.records.columns import FeatureColumns, RecordColumns
from pipeline.records.documents import DocumentReader
from pipeline.records.feature_rows import rows_of
from pipeline.records.halves import Decoded
from pipeline.records.id_columns import as_ids, column_of, read_ids, read_keys, read_times
from pipeline.records.layouts import Layouts
from pipeline.records.parts import Part, Places, whole
from pipeline.records.plain import PlainReader
from pipeline.records.plain_struct import NoStruct
from pipeline.records.words import Vocabulary, vocabularies_of

TYPE_CHANGED: Final = "type_changed"
"""The name of the count of records that are `invalid` because a field has another type than the definition says."""

ReadAtOnce: TypeAlias = Callable[[Sequence[Any]], tuple[Sequence[int] | Places, RecordColumns] | None]
"""The places of the records that can be read at once, and what they say."""


class Decoder:
    """Decodes the fetches of one side, and learns the layouts they come in.

    Args:
        side: as defined.
        vocabularies: of its features that are no numbers, by their names; default: of its own.
        wire: decodes values in the wire format of a schema registry.

    Attributes:
        width: how many features there are.
        has_times: whether event times are fields of the records.
        id_column: what numpy keeps the ids in.
    """

    def __init__(
        self,
        side: SideDefinition,
        vocabularies: Mapping[str, Vocabulary] | None = None,
        wire: WireDecoder | None = None,
    ) -> None:
        if side.format != "json" and wire is None:
            raise UsageError(
                f"{side.topic}: {side.format} needs a schema registry, which is not asked here; 'liftstream run' does"
            )
        self.side, self.width, self.wire = side, len(side.features), wire
        self.has_times = side.time.path is not None
        self.id_column = column_of(side.id.type)
        self._reader = RecordReader(side)
        known = vocabularies_of(side) if vocabularies is None else vocabularies
        self._words = [None if one.numeric else known[one.name] for one in side.features]
        words = {column: one for column, one in enumerate(self._words) if one is not None}
        self._features = FeatureColumns(side, words)
        self._plain = _plain_reader(side)
        self._read_at_once = self._reader_at_once()
        self._layouts = None if self._plain is None else Layouts(side)

    def decode(self, values: Sequence[bytes | None], keys: Sequence[bytes | None] | None = None) -> Decoded:
        """Ids, event times and features of a fetch; never fails, whatever the bytes.

        Args:
            values, keys: of the records; keys need not be given where ids are not there.

        Raises:
            RegistryError: a schema has to be asked for, and the registry cannot be asked now.
        """
        count, parts = len(values), list[Part]()
        known_keys = [None] * count if keys is None else keys
        said: Sequence[Any] = values
        faults = list[tuple[int, str]]()
        if self.wire is not None:
            said, faults = _opened(self.wire, values)
        left: Places = np.arange(count)
        if self._layouts is not None:
            left = self._by_layouts(self._layouts, said, known_keys, parts)
        if len(left):
            left = self._at_once(self._read_at_once, said, known_keys, left, parts)
        while len(left) and self._learn_keys(said[left[0]], known_keys[left[0]]):
            left = self._at_once(self._read_at_once, said, known_keys, left, parts)
        if faults:
            left = np.setdiff1d(left, [index for index, _ in faults], assume_unique=True)
        more, oddities = self._with_care(said, known_keys, left, parts)
        found = whole(count, parts, self.width, self.id_column, has_times=self.has_times)
        found.faults, found.oddities = sorted([*faults, *more]), oddities
        return found.without_faults() if found.faults else found

    def _by_layouts(
        self,
        layouts: Layouts,
        values: Sequence[bytes | None],
        keys: Sequence[bytes | None],
        parts: list[Part],
    ) -> Places:
        """Takes what has a layout, learning those it meets; the indexes of the rest."""
        left = self._fill(layouts, values, keys, np.arange(len(values)), parts)
        while layouts.would_learn(len(left)) and self._learn_layout(layouts, values[left[0]], keys[left[0]]):
            left = self._fill(layouts, values, keys, left, parts)
        layouts.pass_fetch()
        return left

    def _fill(
        self,
        layouts: Layouts,
        values: Sequence[bytes | None],
        keys: Sequence[bytes | None],
        left: Places,
        parts: list[Part],
    ) -> Places:
        """Takes what has a known layout; the indexes of the rest."""
        for read in layouts.read(values, left):
            taken = self._take(read.indexes, read.columns, keys, len(values), parts)
            left = _without(left, taken)
        return left

    def _learn_layout(self, layouts: Layouts, example: bytes | None, key: bytes | None) -> bool:
        return self._is_exemplary(example, key) and example is not None and layouts.learn(example)

    def _learn_keys(self, example: bytes | None, key: bytes | None) -> bool:
        """Whether more records are plain than was known, as this one is read with care and has a new number of keys."""
        if self._plain is None or example is None or not self._is_exemplary(example, key):
            return False
        return self._plain.learn_surplus(example)

    def _is_exemplary(self, example: bytes | None, key: bytes | None) -> bool:
        """Whether a record can be read, and has no key twice."""
        oddities: Counter[str] = Counter()
        try:
            self._reader.read(key, example, oddities)
        except Unreadable:
            return False
        return not oddities[DUPLICATED]

    def _at_once(
        self,
        read: ReadAtOnce,
        values: Sequence[Any],
        keys: Sequence[bytes | None],
        left: Places,
        parts: list[Part],
    ) -> Places:
        """Takes what a reader reads at once; the indexes of the others."""
        found = read(values if len(left) == len(values) else [values[index] for index in left.tolist()])
        if found is None or not len(found[0]):
            return left
        at, columns = found
        taken = self._take(left if len(at) == len(left) else left[at], columns, keys, len(values), parts)
        return _without(left, taken)

    def _reader_at_once(self) -> ReadAtOnce:
        if self._plain is not None:
            return self._plain.read
        documents = DocumentReader(self.side)
        return documents.read_json if self._is_json else documents.read

    @property
    def _is_json(self) -> bool:
        """Whether what is decoded is bytes of JSON."""
        return self.side.format in ("json", "json-schema")

    def _read(self, key: bytes | None, value: Any, oddities: Counter[str]) -> Said:
        if self._is_json:
            return self._reader.read(key, value, oddities)
        if not isinstance(value, dict):
            raise Unreadable(f"not an object: {show(value)}")
        return self._reader.read_document(key, value, oddities)

    def _take(
        self,
        indexes: Places,
        columns: RecordColumns,
        keys: Sequence[bytes | None],
        count: int,
        parts: list[Part],
    ) -> Places:
        """Takes what records say that were decoded; their indexes, without those that must be read with care
        after all."""
        rows, unfit = self._features.make(columns)
        if columns.ids is not None:
            uuids, odd = read_ids(columns.ids, self.side.id.type)
        else:
            same = keys if len(indexes) == count else [keys[index] for index in indexes.tolist()]
            uuids, odd = read_keys(same, self.side.id)
        unfit = _either(unfit, odd)
        stamps = None
        if columns.times is not None:
            stamps, odd = read_times(columns.times, self.side.time.unit)
            unfit = _either(unfit, odd)
        if unfit is not None:
            kept = np.flatnonzero(~unfit)
            indexes, uuids, rows = indexes[kept], uuids[kept], rows.at(kept)
            stamps = None if stamps is None else stamps[kept]
        if len(indexes):
            parts.append(Part(indexes, uuids, rows, stamps))
        return indexes

    def _with_care(
        self, values: Sequence[Any], keys: Sequence[bytes | None], left: Places, parts: list[Part]
    ) -> tuple[list[tuple[int, str]], Counter[str]]:
        """Takes what is left, one record after the other; what is wrong with those that are invalid, and what
        is odd."""
        oddities: Counter[str] = Counter()
        faults, indexes, said = list[tuple[int, str]](), list[int](), list[Said]()
        for index in left.tolist():
            key, value = keys[index], values[index]
            before = oddities[DUPLICATED]
            try:
                found = self._read(key, value, oddities)
            except Unreadable as fault:
                faults.append((index, str(fault)))
                if fault.kind == "type":
                    oddities[f"{TYPE_CHANGED}:{fault.field}"] += 1
                continue
            indexes.append(index)
            said.append(found)
            if self._plain is not None and value is not None and oddities[DUPLICATED] == before:
                self._plain.learn_surplus(value)
        if said:
            numbers = np.array([self._numbers(one.values) for one in said], np.float64).reshape(
                -1, self.width
            )
            stamps = np.array([one.time_ms for one in said], np.int64) if self.has_times else None
            uuids = as_ids([one.id for one in said], self.id_column)
            parts.append(Part(np.array(indexes, np.intp), uuids, rows_of(numbers), stamps))
        return faults, oddities

    def _numbers(self, values: Sequence[FeatureValue]) -> list[float]:
        """Values as rows have them."""
        return [_number(value, words) for value, words in zip(values, self._words, strict=True)]


def decode(
    side: SideDefinition,
    values: Sequence[bytes | None],
    keys: Sequence[bytes | None] | None = None,
    wire: WireDecoder | None = None,
) -> Decoded:
    """Decodes a fetch by itself; see `Decoder`."""
    return Decoder(side, None, wire).decode(values, keys)


def _without(left: Places, taken: Places) -> Places:
    """The indexes without those taken."""
    if len(taken) == len(left):
        return left[:0]
    stays = np.ones(left[-1] + 1, bool)
    stays[taken] = False
    return left[stays[left]]


def _opened(wire: WireDecoder, values: Sequence[bytes | None]) -> Opened:
    try:
        # a worker has learned what is needed; what is refused meanwhile is not asked for again
        return wire.decode(values)
    except KeyError:
        return wire.open(values)


def _plain_reader(side: SideDefinition) -> PlainReader | None:
    if side.format not in ("json", "json-schema"):
        return None
    try:
        return PlainReader(side)
    except NoStruct:
        return None


def _number(value: FeatureValue, words: Vocabulary | None) -> float:
    if words is not None:
        return words.code(value if isinstance(value, str) else None)
    return float("nan") if value is None or isinstance(value, str) else value


def _either(first: NDArray[np.bool_] | None, second: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    if first is None or second is None:
        return second if first is None else first
    return first | second
