"""The careful decoder: every accepted deviation and every reason for `invalid`, one record at a time.

Slow and exact. The fast decoders are tested against it, and leave unusual records to it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from liftstream.streams.definition import Feature, FeatureGroup, FeatureValue, SideDefinition
from liftstream.streams.feature_values import bit, find, read_value
from liftstream.streams.ids import Id, read_id, read_key
from liftstream.streams.json_body import Document, read_object
from liftstream.streams.moments import NoMoment, to_ms
from liftstream.streams.paths import ABSENT
from liftstream.streams.unreadable import CONTRADICTION, DUPLICATED, Unreadable, show, unknown


class Said(NamedTuple):
    """What a record says.

    Attributes:
        id: of whom it is.
        time_ms: its event time; None: Kafka's timestamp is.
        values: of the features, in column order.
    """

    id: Id
    time_ms: int | None
    values: tuple[FeatureValue, ...]


class Contraries(NamedTuple):
    """Two flags of which one is 1 where the other is 0."""

    derived: Feature
    deciding: Feature


class RecordReader:
    """Reads the records of a side.

    Args:
        side: as the stream's definition has it.
    """

    def __init__(self, side: SideDefinition) -> None:
        self._side = side
        self._parts = list(_parts(side))

    def read(self, key: bytes | None, value: bytes | None, oddities: Counter[str]) -> Said:
        """Reads a record of JSON; deviations that are accepted are counted in `oddities`.

        Raises:
            Unreadable: it is `invalid`.
        """
        document, duplicated = read_object(value)
        oddities[DUPLICATED] += duplicated
        return self.read_document(key, document, oddities)

    def read_document(self, key: bytes | None, document: Document, oddities: Counter[str]) -> Said:
        """Reads a record whose value was decoded, whatever its format.

        Raises:
            Unreadable: it is `invalid`.
        """
        found = self.id_of(key, document)
        time_ms = self._time_ms(document)
        values: dict[str, FeatureValue] = {}
        for part in self._parts:
            values |= _read_part(part, document, oddities)
        return Said(found, time_ms, tuple(values[name] for name in self._side.feature_names))

    def every_fault(self, key: bytes | None, document: Document) -> list[str]:
        """Everything that is wrong with a record; reading ends at the first fault. Empty if nothing is wrong."""
        found = []
        reads: list[Callable[[], object]] = [
            partial(self.id_of, key, document),
            partial(self._time_ms, document),
            *(partial(_read_part, part, document, Counter()) for part in self._parts),
        ]
        for read in reads:
            try:
                read()
            except Unreadable as fault:
                found.append(str(fault))
        return found

    def id_of(self, key: bytes | None, document: Document) -> Id:
        """The id of a record, whatever else is wrong with it.

        Raises:
            Unreadable: it says none.
        """
        path, kind = self._side.id.path, self._side.id.type
        if path is None:
            return read_key(key, kind, self._side.id.key_form)
        value = find(path, document)
        if value is ABSENT:
            raise Unreadable(f"{path} missing", str(path), "missing")
        return read_id(value, kind, str(path))

    def _time_ms(self, document: Document) -> int | None:
        path, unit = self._side.time.path, self._side.time.unit
        if path is None:
            return None
        value = find(path, document)
        if value is ABSENT:
            raise Unreadable(f"{path} missing", str(path), "missing")
        try:
            return to_ms(value, unit)
        except NoMoment:
            expected = "a time like 2024-03-01T10:30:00Z" if unit == "iso" else f"{unit} since 1970"
            raise Unreadable(f"{path} is not {expected}: {show(value)}", str(path), "type") from None


Part: TypeAlias = Feature | FeatureGroup | Contraries
"""What is read together."""


def _read_part(part: Part, document: Document, oddities: Counter[str]) -> dict[str, FeatureValue]:
    match part:
        case FeatureGroup():
            return _read_group(part, document, oddities)
        case Contraries():
            return _read_contraries(part, document, oddities)
        case Feature():
            return {part.name: read_value(part, find(part.path, document), str(part.path))}


def _parts(side: SideDefinition) -> Iterator[Part]:
    """What is read together, in the order of the definition."""
    groups = {group.name: group for group in side.groups}
    single = {feature.name: feature for feature in side.features if feature.group is None}
    pairs = [Contraries(one, single[one.opposite]) for one in single.values() if one.opposite is not None]
    pair_of = {one.name: pair for pair in pairs for one in pair}
    parts = (pair_of.get(one.name, one) if one.group is None else groups[one.group] for one in side.features)
    seen: set[int] = set()
    for part in parts:
        if id(part) not in seen:
            seen.add(id(part))
            yield part


def _read_contraries(
    flags: Contraries, document: Document, oddities: Counter[str]
) -> dict[str, FeatureValue]:
    """Both flags; `deciding` decides, or the derived one if that is missing."""
    derived, deciding = flags
    contrary, found = bit(derived, find(derived.path, document)), bit(deciding, find(deciding.path, document))
    if contrary is None and found is None:
        detail = f"{derived.path} and {deciding.path} are both missing or not a number"
        raise Unreadable(detail, str(deciding.path), "missing")
    if found is None:
        found = 1 - (contrary or 0)
    elif contrary == found:
        oddities[CONTRADICTION] += 1
    return {derived.name: 1.0 - found, deciding.name: float(found)}


def _read_group(group: FeatureGroup, document: Document, oddities: Counter[str]) -> dict[str, FeatureValue]:
    """The features of a group. Unknown keys must fit its type too, and are counted."""
    record: Any = find(group.path, document)
    if not isinstance(record, dict):
        if record is ABSENT:
            raise Unreadable(f"{group.path} missing", str(group.path), "missing")
        raise Unreadable(f"{group.path} is not an object", str(group.path), "type")
    known = group.by_name
    found: dict[str, FeatureValue] = {}
    for name, value in record.items():
        called = f"{group.each} {show(name)}"
        read = read_value(known.get(name, group.any_value), value, called, "a finite number")
        if name in known:
            found[name] = read
    oddities[unknown(group.each)] += len(record.keys() - known.keys())
    for name, feature in known.items():
        if name not in found:
            found[name] = read_value(feature, ABSENT, f"{group.each} {show(name)}")
    return found
