"""Counts what some records have at each path: how often, of which kind, which values."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from liftstream.streams.definition import FeatureType
from liftstream.streams.feature_values import is_number
from liftstream.streams.json_body import Document
from liftstream.streams.moments import FORMS, MomentType, NoMoment, iso
from liftstream.streams.paths import Path, Step

Kind: TypeAlias = Literal["number", "boolean", "text", "list", "object"]
MOST_PATHS: Final = 5_000
DEEPEST: Final = 8
LONGEST_KEY: Final = 100
MOST_VALUES: Final = 1_000
"""Values that are kept of a path."""
PLAIN_KINDS: Final = frozenset({"number", "boolean", "text"})


class Sampled(NamedTuple):
    """A record that was read.

    Attributes:
        key: of the record.
        timestamp_ms: Kafka's.
        document: what it says.
    """

    key: bytes | None
    timestamp_ms: int
    document: Document


@dataclass
class FieldSeen:
    """What some records have at a path.

    Attributes:
        path: where it is.
        records: how many were looked at.
        nulls: how many have null there.
        kinds: how many have a value of each kind.
        values: how many have each plain value, of the first thousand that differ.
        low, high: the smallest and largest number.
        longest: of the lists.
    """

    path: Path
    records: int
    nulls: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    values: Counter[Any] = field(default_factory=Counter)
    low: float = float("inf")
    high: float = float("-inf")
    longest: int = 0

    @property
    def name(self) -> str:
        """The last key of its path."""
        return str(next(step for step in reversed(self.path.steps) if isinstance(step, str)))

    @property
    def list_above(self) -> Path | None:
        """The outermost list that it is in."""
        steps = self.path.steps
        return next((Path(steps[:at]) for at, step in enumerate(steps) if isinstance(step, int)), None)

    @property
    def there(self) -> int:
        """How many records have a value there."""
        return self.kinds.total()

    @property
    def kind(self) -> Kind:
        """The kind of most of the values."""
        return self.kinds.most_common(1)[0][0] if self.kinds else "text"

    @property
    def missing_share(self) -> float:
        """The share of records without a value there; null counts as none."""
        return 1.0 - self.there / self.records

    @property
    def distinct_share(self) -> float:
        """The share of values that differ."""
        return len(self.values) / max(1, min(self.there, MOST_VALUES))

    @property
    def is_plain(self) -> bool:
        """Whether it can be a feature."""
        return self.kind in PLAIN_KINDS

    def add(self, value: Any) -> None:
        """Takes in another record's value."""
        if value is None:
            self.nulls += 1
            return
        kind = _kind(value)
        self.kinds[kind] += 1
        if kind == "number" and is_number(value):
            self.low, self.high = min(self.low, value), max(self.high, value)
        if kind == "list":
            self.longest = max(self.longest, len(value))
        if kind in PLAIN_KINDS and (len(self.values) < MOST_VALUES or value in self.values):
            self.values[value] += 1

    def feature_type(self) -> FeatureType:
        """What it is as a feature, by most of its values."""
        if self.kind != "text":
            return "boolean" if self.kind == "boolean" else "number"
        texts = [value for value in self.values if isinstance(value, str)]
        kinds: Sequence[MomentType] = ("date", "time", "datetime")
        return next((kind for kind in kinds if texts and all(_is_moment(one, kind) for one in texts)), "text")


def observe(documents: Sequence[Document]) -> dict[Path, FieldSeen]:
    """What documents have at every path, in their order; only the first element of a list is looked at."""
    found: dict[Path, FieldSeen] = {}
    for document in documents:
        for path, value in _walk(document, ()):
            if path not in found and len(found) >= MOST_PATHS:
                continue
            found.setdefault(path, FieldSeen(path, len(documents))).add(value)
    return found


def _walk(inside: Document | list[Any], above: tuple[Step, ...]) -> Iterator[tuple[Path, Any]]:
    for key, value in _entries(inside):
        steps = (*above, key)
        yield Path(steps), value
        if isinstance(value, dict | list) and len(steps) < DEEPEST:
            yield from _walk(value, steps)


def _entries(inside: Document | list[Any]) -> Iterator[tuple[Step, Any]]:
    """The values of an object, without keys that cannot name a feature; or the first element of a list."""
    if isinstance(inside, list):
        yield from enumerate(inside[:1])
        return
    for key, value in inside.items():
        if key and key == key.strip() and key.isprintable() and len(key) <= LONGEST_KEY:
            yield key, value


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"


def _is_moment(text: str, kind: MomentType) -> bool:
    if not FORMS[kind].fullmatch(text):
        return False
    try:
        iso(text, kind)
    except NoMoment:
        return False
    return True
