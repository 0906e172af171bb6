"""Finds the field of each topic that is the id, and those that may be the event time."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import median
from typing import Any, Final

from liftstream.streams.definition import IdType, KeyForm, TimeUnit
from liftstream.streams.formats.framing import HEAD
from liftstream.streams.formats.keys import key_value
from liftstream.streams.ids import Id, read_id, read_key
from liftstream.streams.inference.observed import FieldSeen, Sampled
from liftstream.streams.moments import NoMoment, to_ms
from liftstream.streams.paths import ABSENT, NoWay, Path
from liftstream.streams.unreadable import Unreadable

ID_TYPES: Final[tuple[IdType, ...]] = ("integer", "uuid", "text")
"""The narrowest first."""
NEAR_MS: Final = 30 * 86_400_000
"""How far the median of an event time may be from Kafka's timestamp."""
UNITS: Final[tuple[TimeUnit, ...]] = ("iso", "s", "ms", "us")
CONTROL: Final = re.compile(rb"[\x00-\x1f]")
JSON_BEGINS: Final = (b'"', b"{")
WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
WORDS_FOR_IDS: Final = frozenset({"id", "uuid", "guid", "key"})
MOST_CANDIDATES: Final = 40
LEAST_APART: Final = 0.5
"""Smallest share of records with an id of their own for a field that is shown as another candidate."""
MOST_HAVE: Final = 0.5
"""Smallest share of records with a field that is called an id for it to be one: deletes of a database have none."""
NEARLY_ALL: Final = 0.95
"""The same of any other field, of the key and of an event time: there are faulty records in every topic."""


@dataclass(frozen=True)
class IdCandidate:
    """A field that is an id in nearly every record, or one that is called so in most.

    Attributes:
        path: of the field; None: the key.
        type: the narrowest that all fit.
        ids: of the records.
        records: how many they are.
        key_form: of the key.
        without: how many of the records have none.
    """

    path: Path | None
    type: IdType
    ids: frozenset[Id]
    records: int
    key_form: KeyForm = "text"
    without: int = 0

    @property
    def distinct_share(self) -> float:
        """The share of the records that have an id of their own."""
        return len(self.ids) / self.records

    @property
    def is_called_id(self) -> bool:
        """Whether its name says so."""
        return self.path is not None and _is_called_id(self.path)

    def __str__(self) -> str:
        return "the key" if self.path is None else str(self.path)


@dataclass(frozen=True)
class ChosenIds:
    """The id of each topic.

    Attributes:
        chosen: one a topic.
        common: how many ids all topics have.
        others: of each topic, further candidates.
    """

    chosen: tuple[IdCandidate, ...]
    common: int
    others: tuple[tuple[IdCandidate, ...], ...]


@dataclass(frozen=True)
class TimeCandidate:
    """A field that may be the event time.

    Attributes:
        path: of the field.
        unit: the unit that it is in.
        behind_s: seconds that Kafka's timestamp is later, at the median.
    """

    path: Path
    unit: TimeUnit
    behind_s: float


def id_candidates(records: Sequence[Sampled], observed: Mapping[Path, FieldSeen]) -> list[IdCandidate]:
    """Every field, and the key, that is an id in nearly every record, and those that are called so and have one in
    most; those that tell most records apart come first."""
    found = [_of_key(records)]
    times = {one.path for one in time_candidates(records, observed)}
    for path, one in observed.items():
        is_date = one.kind == "text" and one.feature_type() != "text"
        is_moment = is_date or (path in times and not _is_called_id(path))
        if _is_in(one, (MOST_HAVE if _is_called_id(path) else NEARLY_ALL) * len(records)) and not is_moment:
            found.append(_of_field(path, records))
    candidates = [one for one in found if one is not None]
    order = sorted(candidates, key=lambda one: (-one.distinct_share, not one.is_called_id, one.path is None))
    return order[:MOST_CANDIDATES]


def choose_ids(topics: Sequence[Sequence[IdCandidate]]) -> ChosenIds | None:
    """The id of each topic: of one type, different in most records, and found in the other topics; None if there is
    none."""
    best: tuple[tuple[Any, ...], tuple[IdCandidate, ...]] | None = None
    for kind in ID_TYPES:
        of_kind = [[one for one in candidates if one.type == kind] for candidates in topics]
        for chosen in _combinations(of_kind):
            worth = _worth(chosen)
            if best is None or worth > best[0]:
                best = worth, chosen
    if best is None:
        return None
    chosen = best[1]
    others = tuple(
        tuple(one for one in candidates if one.path != taken.path and one.distinct_share > LEAST_APART)
        for taken, candidates in zip(chosen, topics, strict=True)
    )
    return ChosenIds(chosen, len(frozenset.intersection(*(one.ids for one in chosen))), others)


def value_at(path: Path, document: Any) -> Any:
    """What a record has at a path; None if it has nothing there."""
    try:
        found = path.find(document)
    except NoWay:
        return None
    return None if found is ABSENT else found


def time_candidates(records: Sequence[Sampled], observed: Mapping[Path, FieldSeen]) -> list[TimeCandidate]:
    """The fields that have a time near Kafka's timestamp in nearly every record."""
    found = []
    for path, one in observed.items():
        if _is_in(one, NEARLY_ALL * len(records)):
            found += [
                candidate for unit in UNITS if (candidate := _time_candidate(path, unit, records)) is not None
            ][:1]
    return found


def _is_in(one: FieldSeen, least: float) -> bool:
    """Whether so many records at least have a number or text there, no other value, and not in a list."""
    return one.there >= least and set(one.kinds) <= {"number", "text"} and one.list_above is None


def _is_called_id(path: Path) -> bool:
    """Whether a word of the last key is one for an id: clientId, client_id, uuid, but not paid_at."""
    return any(word.lower() in WORDS_FOR_IDS for word in WORD.findall(str(path.steps[-1])))


def _of_key(records: Sequence[Sampled]) -> IdCandidate | None:
    keys = [record.key for record in records if record.key]
    found = (_of_key_in(form, keys, len(records)) for form in _forms_of(keys))
    return next((one for one in found if one is not None), None)


def _of_key_in(form: KeyForm, keys: Sequence[bytes], records: int) -> IdCandidate | None:
    values = (
        keys if form == "text" else [value for key in keys if (value := _value_of(key, form)) is not None]
    )
    found = _narrowest(None, values, form) if len(values) >= NEARLY_ALL * records else None
    return found and replace(found, records=records, without=records - len(values))


def _value_of(key: bytes, form: KeyForm) -> object:
    """What a key says; None if it is of another form."""
    try:
        return key_value(key, form)
    except ValueError:
        return None


def _forms_of(keys: Sequence[bytes]) -> tuple[KeyForm, ...]:
    """What keys may be, the likeliest first; what is framed alike in nearly all is no integer of Java's."""
    if not keys:
        return ()
    if _are_nearly_all(key.startswith(JSON_BEGINS) for key in keys):
        return ("json",)
    if not _are_nearly_all(map(_is_text, keys)):
        return ("avro", "json", "big-endian") if _are_framed(keys) else ("big-endian",)
    return ("text",)


def _are_framed(keys: Sequence[bytes]) -> bool:
    head, times = Counter(key[: HEAD.size] for key in keys).most_common(1)[0]
    return times >= NEARLY_ALL * len(keys) and head[:1] == b"\0" and any(head)


def _is_text(key: bytes) -> bool:
    """Whether a key is a text that people write."""
    try:
        key.decode()
    except UnicodeDecodeError:
        return False
    return CONTROL.search(key) is None


def _are_nearly_all(found: Iterable[bool]) -> bool:
    every = list(found)
    return sum(every) >= NEARLY_ALL * len(every)


def _of_field(path: Path, records: Sequence[Sampled]) -> IdCandidate | None:
    values = [value for record in records if (value := value_at(path, record.document)) is not None]
    found = _narrowest(path, values)
    return found and replace(found, records=len(records), without=len(records) - len(values))


def _narrowest(path: Path | None, values: Sequence[Any], form: KeyForm = "text") -> IdCandidate | None:
    for kind in ID_TYPES:
        try:
            if path is None and form == "text":
                ids = frozenset(read_key(value, kind) for value in values)
            else:
                ids = frozenset(read_id(value, kind, str(path)) for value in values)
        except Unreadable:
            continue
        if kind != "integer" or all(_is_same_as_text(value) for value in values):
            return IdCandidate(path, kind, ids, len(values), form) if values else None
    return None


def _is_same_as_text(value: Any) -> bool:
    """Whether an integer is written as such: 007 is a text."""
    text = value.decode() if isinstance(value, bytes) else value
    return not isinstance(text, str) or text == str(int(text))


def _combinations(topics: Sequence[Sequence[IdCandidate]]) -> Iterator[tuple[IdCandidate, ...]]:
    """One candidate of each topic; with more than two topics, each of the first one's with the best partner in the
    others."""
    if not all(topics):
        return
    if len(topics) <= 2:
        yield from product(*topics)
        return
    for first in topics[0]:
        yield (first, *(max(rest, key=lambda one: len(one.ids & first.ids)) for rest in topics[1:]))


def _worth(chosen: tuple[IdCandidate, ...]) -> tuple[Any, ...]:
    """The share of ids that all topics have, times how well they tell records apart; fields called id win ties."""
    common = len(frozenset.intersection(*(one.ids for one in chosen)))
    shared = common / min(len(one.ids) for one in chosen) if len(chosen) > 1 else 1.0
    apart = min(one.distinct_share for one in chosen)
    named = sum(one.is_called_id for one in chosen)
    fields = sum(one.path is not None for one in chosen)
    return round(shared * apart, 3), named, fields


def _time_candidate(path: Path, unit: TimeUnit, records: Sequence[Sampled]) -> TimeCandidate | None:
    moments = [(record.timestamp_ms, _ms_of(value_at(path, record.document), unit)) for record in records]
    behind = [stamp - at for stamp, at in moments if at is not None]
    if len(behind) < NEARLY_ALL * len(records):
        return None
    middle = median(behind)
    return TimeCandidate(path, unit, middle / 1000) if abs(middle) <= NEAR_MS else None


def _ms_of(value: Any, unit: TimeUnit) -> int | None:
    try:
        return to_ms(value, unit)
    except NoMoment:
        return None
