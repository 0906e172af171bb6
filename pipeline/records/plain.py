"""Plain records: those that msgspec decodes into a struct made from the definition of a side, many at a time into columns.

Whatever is unusual about a record is left to be read with care. So that a key that is there twice is noticed (msgspec takes the
last value and says nothing), colons are counted: a record has as many as it has keys, and those in its texts. Keys that the
definition does not name make more of them; how many is known from records that were read with care.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from liftstream.streams.definition import REQUIRED, Feature, FeatureGroup, SideDefinition
from liftstream.streams.json_body import MOST_BYTES
from pipeline.records.columns import ID, TIME, ColumnBlock, RecordColumns, Target, all_columns
from pipeline.records.feature_rows import FeatureRows, pack, unpack

NO_NUMBER: Final = float("nan")
"""In the place of a number whose key is missing; JSON has none such."""
NOT_PLAIN: Final = (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError)
"""What decoding raises for records that are read with care instead; TypeError: a record without a value."""
VALUES_AT_ONCE: Final = 32_768
"""What is decoded at once stays in the processor's cache: so many values."""
FEWEST_AT_ONCE: Final = 64
MOST_LEARNED: Final = 64
"""Numbers of keys besides those of the definition that are remembered."""
NEVER_PLAIN: Final = -(1 << 40)
"""So many keys has no record: its surplus is learned by nobody."""
LONGEST_NUMBER: Final = 4300
"""Digits of a number that Python reads."""
LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (LONGEST_NUMBER + 1))

Integer: TypeAlias = Annotated[int, msgspec.Meta(ge=UUID_MIN, le=UUID_MAX)]
Bit: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1)]
Mask: TypeAlias = NDArray[np.bool_]


class NoStruct(ValueError):
    """A definition whose records cannot be decoded into one struct: all are read with care."""


@dataclass
class StructField:
    """A value: what it is for, its type, and whether its key may be missing."""

    target: Target
    type: Any
    absent: Any = None

    @property
    def is_text(self) -> bool:
        """Whether colons may be in it."""
        return self.type is str or str in getattr(self.type, "__args__", ())


@dataclass
class NumberGroup:
    """Many numbers that are the keys of one object."""

    reader: "GroupReader"
    first: int


@dataclass
class StructNode:
    """An object on the way to values, or (`is_list`) the one that is repeated in a list."""

    children: "dict[str | int, StructField | NumberGroup | StructNode]" = field(default_factory=dict)
    is_list: bool = False
    struct: type[msgspec.Struct] | None = None
    blank: Any = None

    def add(self, steps: Sequence[str | int], leaf: "StructField | NumberGroup") -> None:
        """Puts a leaf at the end of a way."""
        first, *rest = steps
        if not rest:
            if first in self.children:
                raise NoStruct
            self.children[first] = leaf
            return
        child = self.children.setdefault(first, StructNode(is_list=isinstance(rest[0], int)))
        if not isinstance(child, StructNode) or child.is_list != isinstance(rest[0], int):
            raise NoStruct
        child.add(rest, leaf)

    @property
    def may_be_absent(self) -> bool:
        """Whether a record without it may be plain."""
        return all(
            one.may_be_absent
            if isinstance(one, StructNode)
            else isinstance(one, StructField) and one.absent is not None
            for one in self.children.values()
        )


class PlainReader:
    """Reads plain records of one side.

    Args:
        side: as defined.

    Raises:
        NoStruct: it has no plain records.
    """

    def __init__(self, side: SideDefinition) -> None:
        self._numeric = [feature.numeric for feature in side.features]
        self._root = StructNode()
        if side.id.path is not None:
            self._root.add(side.id.path.steps, StructField(ID, Integer if side.id.type == "integer" else str))
        if side.time.path is not None:
            self._root.add(
                side.time.path.steps, StructField(TIME, str if side.time.unit == "iso" else int | float)
            )
        grouped = {group.name: group for group in side.groups}
        first_of: dict[str, int] = {}
        for column, feature in enumerate(side.features):
            if feature.group is None:
                self._root.add(feature.path.steps, StructField(column, _type_of(feature), _absent(feature)))
            else:
                first_of.setdefault(feature.group, column)
        for name, group in grouped.items():
            if any(one.type != "number" for one in group.features):
                raise NoStruct
            self._root.add(group.path.steps, NumberGroup(GroupReader(group), first_of[name]))
        self._keys = 0
        if any(isinstance(step, int) for step in self._root.children):
            raise NoStruct
        decoder: Any = msgspec.json.Decoder(self._struct_of(self._root))
        self._decode = decoder.decode
        numbers = sum(len(group.features) for group in side.groups)
        self._at_once = max(FEWEST_AT_ONCE, VALUES_AT_ONCE // (self._keys + numbers))
        self._surplus: set[int] = set()

    def learn_surplus(self, value: bytes) -> None:
        """Notes how many more keys a record has, which has none twice."""
        if len(self._surplus) >= MOST_LEARNED:
            return
        _, records = self._structs([value])
        if records:
            more = int(self._columns([value], records)[1][0])
            if 0 < more < -NEVER_PLAIN // 2:
                self._surplus.add(more)

    def read(
        self, values: Sequence[bytes | None], most: int = MOST_BYTES
    ) -> tuple[list[int], RecordColumns] | None:
        """The places of plain records among `values`, and what they say; None: there are none.

        Args:
            values: of a fetch.
            most: bytes of a record.
        """
        steps = range(0, len(values), self._at_once)
        parts = [self._read(values[first : first + self._at_once], first, most) for first in steps]
        found = [part for part in parts if part is not None]
        if len(found) < 2:
            return found[0] if found else None
        return [at for indexes, _ in found for at in indexes], all_columns([one for _, one in found])

    def _read(
        self, values: Sequence[bytes | None], first: int, most: int
    ) -> tuple[list[int], RecordColumns] | None:
        indexes, records = self._structs(values)
        if not records:
            return None
        same: Any = values if len(indexes) == len(values) else [values[index] for index in indexes]
        found, surplus = self._columns(same, records)
        odd = self._odd(same, surplus, most)
        if odd is None:
            return [first + index for index in indexes] if first else indexes, found
        kept = np.flatnonzero(~odd)
        if not len(kept):
            return None
        return [first + indexes[at] for at in kept.tolist()], found.at(kept)

    def _columns(
        self, values: Sequence[bytes], records: list[Any]
    ) -> tuple[RecordColumns, NDArray[np.int64]]:
        """What records say, and how many colons each has that are of no key of the definition, nor of its texts."""
        found = RecordColumns(len(records))
        keys = np.full(len(records), self._keys)
        texts: list[Sequence[Any]] = []
        self._extract(self._root, records, found, keys, texts)
        surplus = np.fromiter([value.count(b":") for value in values], np.int64, len(values)) - keys
        return found, _without_texts(surplus, texts)

    def _odd(self, values: Sequence[bytes], surplus: NDArray[np.int64], most: int) -> Mask | None:
        """Which records are not plain after all; None where all are."""
        odd = np.zeros(len(values), bool)
        longest = max(map(len, values))
        if longest > most:
            odd |= np.fromiter(map(len, values), np.int64, len(values)) > most
        passed_over = surplus != 0
        if passed_over.any():
            odd |= passed_over & ~np.isin(surplus, list(self._surplus))
            if longest > LONGEST_NUMBER or not b"".join(values).isascii():
                for at in np.flatnonzero(passed_over & ~odd).tolist():
                    odd[at] = not _is_text(values[at])
        return odd if odd.any() else None

    def _structs(self, values: Sequence[bytes | None]) -> tuple[list[int], list[Any]]:
        decode = self._decode
        try:
            return list(range(len(values))), list(map(decode, values))
        except NOT_PLAIN:
            pass
        indexes, records = [], []
        for index, value in enumerate(values):
            try:
                record = decode(value)
            except NOT_PLAIN:
                continue
            indexes.append(index)
            records.append(record)
        return indexes, records

    def _struct_of(self, branch: StructNode) -> type[msgspec.Struct]:
        """The struct of an object, with those of the objects in it."""
        fields: list[Any] = []
        names: dict[str, str] = {}
        children = sorted(branch.children.items(), key=lambda item: _is_optional(item[1]))
        for number, (key, child) in enumerate(children):
            name, names[f"f{number}"] = f"f{number}", str(key)
            self._keys += 1
            kind, absent = self._field(child)
            fields.append((name, kind) if absent is None else (name, kind, absent))
        branch.children = dict(children)
        branch.struct = msgspec.defstruct("Plain", fields, rename=names, gc=False)
        if branch.may_be_absent:
            branch.blank = branch.struct()
        return branch.struct

    def _field(self, child: "StructField | NumberGroup | StructNode") -> tuple[Any, Any]:
        """The type of a field, and what it has where its key is missing; None: it must be there."""
        if isinstance(child, StructField):
            return child.type, child.absent
        if isinstance(child, NumberGroup):
            return dict[str, int | float], None
        if child.is_list:
            raise NoStruct
        kind: Any = self._struct_of(child)
        return (kind | None | UnsetType, UNSET) if child.may_be_absent else (kind, None)

    def _extract(
        self,
        branch: StructNode,
        records: list[Any],
        found: RecordColumns,
        keys: NDArray[np.int64],
        texts: list[Sequence[Any]],
    ) -> None:
        """RecordColumns of what records say, and less keys where some are missing."""
        for number, child in enumerate(branch.children.values()):
            column = list(map(attrgetter(f"f{number}"), records))
            if isinstance(child, NumberGroup):
                keys += np.fromiter(map(len, column), np.int64, len(column))
                rows, odd = child.reader.read(column)
                found.blocks.append(ColumnBlock(child.first, rows))
                if odd is not None:
                    keys[odd] = NEVER_PLAIN
                continue
            absent = UNSET if isinstance(child, StructNode) else child.absent
            if absent is not None and absent in column:
                keys -= np.fromiter([value is absent for value in column], np.int64, len(column))
            if isinstance(child, StructNode):
                if child.blank is not None:
                    column = [child.blank if one is None or one is UNSET else one for one in column]
                self._extract(child, column, found, keys, texts)
                continue
            if child.is_text:
                texts.append(column)
            found.put(child.target, column, numeric=self._is_numeric(child.target))

    def _is_numeric(self, target: Target) -> bool:
        return isinstance(target, int) and self._numeric[target]


def _type_of(feature: Feature) -> Any:
    kind: Any = {"number": float, "flag": Bit, "boolean": bool}.get(
        feature.type, str if feature.unit == "iso" else int | float
    )
    may_be_null = feature.missing is not REQUIRED and feature.nulls == "missing"
    if may_be_null:
        kind = kind | None
    return kind if feature.numeric or feature.missing is REQUIRED else kind | UnsetType


def _absent(feature: Feature) -> Any:
    if feature.missing is REQUIRED:
        return None
    return NO_NUMBER if feature.numeric else UNSET


def _is_optional(child: "StructField | NumberGroup | StructNode") -> bool:
    """Those come last in a struct."""
    if isinstance(child, StructNode):
        return child.may_be_absent
    return isinstance(child, StructField) and child.absent is not None


def _is_text(value: bytes) -> bool:
    """Whether values that were passed over are such as are accepted with care."""
    if len(value) > LONGEST_NUMBER and LONG_NUMBER.search(value):
        return False
    if value.isascii():
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_texts(surplus: NDArray[np.int64], texts: Iterable[Sequence[Any]]) -> NDArray[np.int64]:
    """Less the colons in texts, where there are any left over."""
    more = np.flatnonzero(surplus)
    if not len(more):
        return surplus
    rows = more.tolist()
    for column in texts:
        if ":" not in _joined(column):
            continue
        surplus[more] -= np.fromiter(_colons(column, rows), np.int64, len(rows))
    return surplus


def _joined(texts: Sequence[Any]) -> str:
    try:
        return "".join(texts)
    except TypeError:  # some are missing
        return "".join([text for text in texts if isinstance(text, str)])


def _colons(column: Sequence[Any], rows: Iterable[int]) -> Iterator[int]:
    for row in rows:
        value = column[row]
        yield value.count(":") if isinstance(value, str) else 0


class GroupReader:
    """Reads the numbers of a group.

    Args:
        group: as defined.
    """

    def __init__(self, group: FeatureGroup) -> None:
        self._names = [feature.name for feature in group.features]
        self._known, self._width = frozenset(self._names), len(self._names)
        self._every = itemgetter(*self._names) if self._width > 1 else lambda found: (found[self._names[0]],)
        self._absent = [_absent_number(feature) for feature in group.features]

    def read(self, objects: Sequence[dict[str, float]]) -> tuple[FeatureRows, Mask | None]:
        """Features, and which objects must be read with care; None: none."""
        every, width, packed, odd = self._every, self._width, [], []
        for at, numbers in enumerate(objects):
            try:
                packed.append(pack(every(numbers) if len(numbers) == width else self._some(numbers)))
            except (KeyError, OverflowError):
                odd.append(at)
                packed.append(bytes(width))
        rows = unpack(packed, width)
        if not odd:
            return rows, None
        mask = np.zeros(len(objects), bool)
        mask[odd] = True
        return rows, mask

    def _some(self, numbers: dict[str, float]) -> list[float]:
        """The same where some are missing.

        Raises:
            KeyError: it has others, or one is missing that must be there.
        """
        if not self._known.issuperset(numbers):
            raise KeyError
        found = [numbers.get(name, absent) for name, absent in zip(self._names, self._absent, strict=True)]
        if None in found:
            raise KeyError
        return found  # type: ignore[return-value]


def _absent_number(feature: Feature) -> float | None:
    """What one that is missing is; None: it must be there, or what it is would not be accepted in a record."""
    if feature.missing is REQUIRED:
        return None
    if not isinstance(feature.missing, int | float):
        return NO_NUMBER
    number = float(feature.missing)
    within = (feature.low is None or number >= feature.low) and (
        feature.high is None or number <= feature.high
    )
    if not within or (feature.categories and number not in feature.categories):
        return NO_NUMBER
    return int(number) if number.is_integer() else number
