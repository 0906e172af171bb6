"""Structs made from the definition of a side: what msgspec decodes its plain records into."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from liftstream.streams.definition import REQUIRED, Feature, FeatureGroup, SideDefinition
from pipeline.records.columns import ID, TIME, Target
from pipeline.records.feature_rows import FeatureRows, pack, unpack
from pipeline.records.id_columns import Mask, mask_of

NOT_OF_STRUCTS: Final = re.compile(r'[\x00-\x1f"\\]')
"""Letters that no key of msgspec's structs may have."""
NO_NUMBER: Final = float("nan")
"""In place of a number whose key is missing; JSON has no NaN."""

Integer: TypeAlias = Annotated[int, msgspec.Meta(ge=UUID_MIN, le=UUID_MAX)]
Bit: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1)]


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
    getters: list[Callable[[Any], Any]] = field(default_factory=list)

    def add(self, steps: Sequence[str | int], leaf: "StructField | NumberGroup") -> None:
        """Adds a value at the end of a path."""
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

    def make_struct(self) -> type[msgspec.Struct]:
        """The struct of this object, with those of the objects in it."""
        fields: list[Any] = []
        names: dict[str, str] = {}
        self.children = dict(sorted(self.children.items(), key=lambda item: _is_optional(item[1])))
        for number, (key, child) in enumerate(self.children.items()):
            if NOT_OF_STRUCTS.search(str(key)):
                raise NoStruct
            name, names[f"f{number}"] = f"f{number}", str(key)
            kind, absent = _field_of(child)
            fields.append((name, kind) if absent is None else (name, kind, absent))
        self.struct = msgspec.defstruct("Plain", fields, rename=names, gc=False)
        self.getters = [attrgetter(name) for name in names]
        if self.may_be_absent:
            self.blank = self.struct()
        return self.struct

    def count_keys(self) -> int:
        """The number of keys of this object and those in it, if none is missing; without those of a group of numbers."""
        inner = (one.count_keys() for one in self.children.values() if isinstance(one, StructNode))
        return len(self.children) + sum(inner)


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
    """Whether a field is optional; optional ones come last in a struct."""
    if isinstance(child, StructNode):
        return child.may_be_absent
    return isinstance(child, StructField) and child.absent is not None


def tree_of(side: SideDefinition) -> StructNode:
    """The objects of a side's records, down to the values that are asked for.

    Raises:
        NoStruct: its records cannot be decoded into one struct.
    """
    root = StructNode()
    if side.id.path is not None:
        root.add(side.id.path.steps, StructField(ID, Integer if side.id.type == "integer" else str))
    if side.time.path is not None:
        root.add(side.time.path.steps, StructField(TIME, str if side.time.unit == "iso" else int | float))
    first_of: dict[str, int] = {}
    for column, feature in enumerate(side.features):
        if feature.group is None:
            root.add(feature.path.steps, StructField(column, _type_of(feature), _absent(feature)))
        else:
            first_of.setdefault(feature.group, column)
    for group in side.groups:
        if any(one.type != "number" for one in group.features):
            raise NoStruct
        root.add(group.path.steps, NumberGroup(GroupReader(group), first_of[group.name]))
    return root


def _field_of(child: "StructField | NumberGroup | StructNode") -> tuple[Any, Any]:
    """The type of a field, and what it has where its key is missing; None: it must be there."""
    if isinstance(child, StructField):
        return child.type, child.absent
    if isinstance(child, NumberGroup):
        return dict[str, int | float], None
    if child.is_list:
        raise NoStruct
    kind: Any = child.make_struct()
    return (kind | None | UnsetType, UNSET) if child.may_be_absent else (kind, None)


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
        return unpack(packed, width), mask_of(odd, len(objects))

    def _some(self, numbers: dict[str, float]) -> list[float]:
        """The numbers of an object in which some are missing.

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
