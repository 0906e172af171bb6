"""Documents, as records of Avro and Protobuf are decoded, and JSON that no struct fits, into columns: many at a time.

A document with anything unusual, such as a value of another type, is left to the careful decoder.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from liftstream.streams.definition import REQUIRED, Feature, SideDefinition
from liftstream.streams.json_body import MOST_BYTES
from liftstream.streams.paths import ABSENT, Step
from pipeline.records.columns import ID, TIME, RecordColumns, Target, all_columns
from pipeline.records.id_columns import Mask

AT_ONCE: Final = 256
"""Documents of JSON that are there at once: more of them leave the processor's cache, and have Python look for
garbage."""
NO_WAY: Final = object()
"""In place of a value whose way leads through something that is neither an object nor a list."""
NUMBERS: Final[frozenset[type]] = frozenset({int, float})
WORDS: Final[frozenset[type]] = frozenset({str})
WHOLE: Final[frozenset[type]] = frozenset({int})
TRUTHS: Final[frozenset[type]] = frozenset({bool})

NOT_JSON: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode

Found: TypeAlias = dict[tuple[Step, ...], list[Any]]
"""What documents have at some paths: what several values share on their way is looked up once."""


@dataclass(frozen=True)
class WantedValue:
    """A value that is asked for.

    Attributes:
        target: what it is for.
        steps: the steps of its path.
        types: of Python, that it has.
        missing: types of what stands for a missing value.
        numeric: whether it is a number as a feature.
    """

    target: Target
    steps: tuple[Step, ...]
    types: frozenset[type]
    missing: frozenset[type] = frozenset()
    numeric: bool = False


def plain_document(value: bytes | None) -> Any:
    """The document of a record of JSON; None where it must be read with care.

    msgspec takes the last of two values with one key and says nothing. A record without such has as many colons as the
    same document written again.
    """
    if value is None or len(value) > MOST_BYTES:
        return None
    try:
        found = _decode(value)
        return found if _encode(found).count(b":") == value.count(b":") else None
    except NOT_JSON:
        return None


class DocumentReader:
    """Reads the usual documents of one side.

    Args:
        side: as defined.
    """

    def __init__(self, side: SideDefinition) -> None:
        self._wanted = list[WantedValue]()
        if side.id.path is not None:
            self._wanted.append(
                WantedValue(ID, side.id.path.steps, WHOLE if side.id.type == "integer" else WORDS)
            )
        if side.time.path is not None:
            self._wanted.append(
                WantedValue(TIME, side.time.path.steps, WORDS if side.time.unit == "iso" else NUMBERS)
            )
        self._wanted += [_wanted(column, feature) for column, feature in enumerate(side.features)]
        self._groups = [(group.path.steps, frozenset(group.by_name)) for group in side.groups]

    def read_json(self, values: Sequence[bytes | None]) -> tuple[NDArray[np.intp], RecordColumns]:
        """Like `read`, from records of JSON."""
        steps = range(0, max(1, len(values)), AT_ONCE)
        parts = [self.read(list(map(plain_document, values[first : first + AT_ONCE]))) for first in steps]
        if len(parts) == 1:
            return parts[0]
        places = [first + at for first, (at, _) in zip(steps, parts, strict=True)]
        return np.concatenate(places), all_columns([columns for _, columns in parts])

    def read(self, documents: Sequence[Any]) -> tuple[NDArray[np.intp], RecordColumns]:
        """The places of the usual ones, and what they say."""
        found: Found = {(): list(documents)}
        odd = np.zeros(len(documents), bool)
        columns = RecordColumns(len(documents))
        for steps, known in self._groups:
            odd |= _mask(type(one) is not dict or not one.keys() <= known for one in _at(found, steps))
        for one in self._wanted:
            _take(one, _at(found, one.steps), columns, odd)
        if not odd.any():
            return np.arange(len(documents)), columns
        kept = np.flatnonzero(~odd)
        return kept, columns.at(kept)


def _wanted(column: int, feature: Feature) -> WantedValue:
    of_type = {"number": NUMBERS, "flag": NUMBERS, "boolean": TRUTHS}
    types = of_type.get(feature.type, WORDS if feature.unit == "iso" else NUMBERS)
    missing = set[type]()
    if feature.missing is not REQUIRED:
        missing = {type(ABSENT), type(None)} if feature.nulls == "missing" else {type(ABSENT)}
    return WantedValue(column, feature.path.steps, types, frozenset(missing), feature.numeric)


def _at(found: Found, steps: tuple[Step, ...]) -> list[Any]:
    """What the documents have at a path: ABSENT where nothing, `NO_WAY` where there is none."""
    known = found.get(steps)
    if known is None:
        last = steps[-1]
        before = _at(found, steps[:-1])
        if type(last) is str:
            known = [one.get(last, ABSENT) if type(one) is dict else _step(one, last) for one in before]
        else:
            known = [_step(one, last) for one in before]
        found[steps] = known
    return known


def _step(value: Any, step: Step) -> Any:
    if type(value) is dict:
        return value.get(step, ABSENT) if type(step) is str else NO_WAY
    if value is None or value is ABSENT:
        return ABSENT
    if type(value) is list and type(step) is int:
        return value[step] if -len(value) <= step < len(value) else ABSENT
    return NO_WAY


def _take(wanted: WantedValue, values: list[Any], columns: RecordColumns, odd: Mask) -> None:
    """Puts a value of all documents into its column, and marks documents in which it is not usual."""
    types = set(map(type, values))
    if not types <= wanted.types:
        if not types <= wanted.types | wanted.missing:
            accepted = wanted.types | wanted.missing
            odd |= _mask(type(one) not in accepted for one in values)
        blank = np.nan if wanted.numeric else UNSET
        values = [one if type(one) in wanted.types else blank for one in values]
    if wanted.types is WHOLE:
        odd |= _mask(type(one) is int and not UUID_MIN <= one <= UUID_MAX for one in values)
    columns.put(wanted.target, _finite(values, odd) if wanted.numeric else values, numeric=wanted.numeric)


def _finite(values: list[Any], odd: Mask) -> Any:
    """The numbers; marks documents whose number is none that a float holds (the blank stands for a missing one)."""
    try:
        numbers = np.fromiter(values, np.float64, len(values))
    except OverflowError:
        huge = [type(one) is int and abs(one) >= 1 << 1023 for one in values]
        odd |= huge
        values = [np.nan if big else one for one, big in zip(values, huge, strict=True)]
        numbers = np.fromiter(values, np.float64, len(values))
    strange = ~np.isfinite(numbers)
    if strange.any():
        odd |= _mask(at and one is not np.nan for one, at in zip(values, strange.tolist(), strict=True))
    return numbers


def _mask(truths: Iterable[bool]) -> Mask:
    return np.fromiter(truths, np.bool_)
