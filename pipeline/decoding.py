"""Fetches into columns: by layout where records repeat one, by msgspec where they are plain, by `reading.py` otherwise.

A record is plain when msgspec decodes it, every field is there and known, and it holds as many colons as it has keys: then
no key is there twice, and there is no text in it at all.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from liftstream.contracts.features import AGE_MAX, AGE_MIN, PRODUCTS
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from pipeline.halves import Decoded, Side
from pipeline.layouts import Layouts
from pipeline.packing import pack
from pipeline.reading import KNOWN, MAX_BODY, Unreadable, read_demographic, read_historic

Uuid: TypeAlias = Annotated[int, msgspec.Meta(ge=UUID_MIN, le=UUID_MAX)]
Age: TypeAlias = Annotated[int, msgspec.Meta(ge=AGE_MIN, le=AGE_MAX)]
Bit: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1)]


class PlainDemographic(msgspec.Struct, gc=False):
    """A demographic record as the enrichers write it."""

    uuid: Uuid
    age: Age
    man: Bit
    woman: Bit


class PlainHistoric(msgspec.Struct, gc=False):
    """A historic record. A struct of the products would be three times as fast, but only in its own order of keys, and
    twice as slow in any other."""

    uuid: Uuid
    products: dict[str, int | float]


DEMOGRAPHIC_KEYS: Final = len(msgspec.structs.fields(PlainDemographic))
HISTORIC_KEYS: Final = len(msgspec.structs.fields(PlainHistoric))

_decode_demographic: Callable[[Any], PlainDemographic] = msgspec.json.Decoder(PlainDemographic).decode
_decode_historic: Callable[[Any], PlainHistoric] = msgspec.json.Decoder(PlainHistoric).decode
_amounts = itemgetter(*PRODUCTS)

NOT_PLAIN = (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError)
"""What decoding raises for records that are read with care instead; TypeError: a record without a value."""


class Decoder:
    """Decodes the fetches of one side, and learns the layouts they come in."""

    def __init__(self, side: Side) -> None:
        self._plain, self._read = (plain_demographic, read_demographic)
        self._layouts: Layouts | None = None  # a demographic record is so short that msgspec alone is as fast
        if side is Side.HISTORIC:
            self._plain, self._read = (plain_historic, read_historic)
            self._layouts = Layouts(PRODUCTS)

    def decode(self, values: Sequence[bytes | None]) -> Decoded:
        """uuids and packed features of a fetch; never fails, whatever the bytes."""
        uuids, rows = [0] * len(values), [b""] * len(values)
        left: Sequence[int] = range(len(values))
        if self._layouts is not None:
            left = self._by_layouts(self._layouts, values, uuids, rows)
        careful = self._singly(values, left, uuids, rows)
        return self._with_careful(values, careful, Decoded(uuids, rows, range(len(values))))

    def _by_layouts(
        self, layouts: Layouts, values: Sequence[bytes | None], uuids: list[int], rows: list[bytes]
    ) -> Sequence[int]:
        """Fills in what has a layout, learning those it meets; the indexes of the rest."""
        left = _fill(layouts, values, range(len(values)), uuids, rows)
        while layouts.would_learn(len(left)) and self._learn(layouts, values[left[0]]):
            left = _fill(layouts, values, left, uuids, rows)
        layouts.pass_fetch()
        return left

    def _learn(self, layouts: Layouts, example: bytes | None) -> bool:
        try:
            self._plain(example)
        except NOT_PLAIN:
            return False
        return example is not None and layouts.learn(example)

    def _singly(
        self, values: Sequence[bytes | None], left: Sequence[int], uuids: list[int], rows: list[bytes]
    ) -> list[int]:
        """Fills in the plain ones; the indexes of the others."""
        plain, careful = self._plain, []
        for index in left:
            try:
                uuids[index], rows[index] = plain(values[index])
            except NOT_PLAIN:
                careful.append(index)
        return careful

    def _with_careful(
        self, values: Sequence[bytes | None], careful: Sequence[int], found: Decoded
    ) -> Decoded:
        """The same with the records that are read with care; without those that are invalid."""
        if not careful:
            return found
        oddities: Counter[str] = Counter()
        for index in careful:
            try:
                found.uuids[index], found.rows[index] = self._read(values[index], oddities)
            except Unreadable as fault:
                found.faults.append((index, str(fault)))
        found.oddities = oddities
        invalid = {index for index, _ in found.faults}
        if invalid:
            found.indexes = [index for index in found.indexes if index not in invalid]
            found.uuids = [found.uuids[index] for index in found.indexes]
            found.rows = [found.rows[index] for index in found.indexes]
        return found


def _fill(
    layouts: Layouts,
    values: Sequence[bytes | None],
    left: Sequence[int],
    uuids: list[int],
    rows: list[bytes],
) -> Sequence[int]:
    """Fills in what has a known layout; the indexes of the rest."""
    for found in layouts.read(values, left):
        if len(found.indexes) == len(values):
            uuids[:], rows[:] = found.uuids.tolist(), found.rows
            return ()
        for index, uuid, row in zip(found.indexes.tolist(), found.uuids.tolist(), found.rows, strict=True):
            uuids[index], rows[index] = uuid, row
        left = [index for index in left if not rows[index]]
    return left


def decode(side: Side, values: Sequence[bytes | None]) -> Decoded:
    """A fetch by itself; see `Decoder.decode`."""
    return Decoder(side).decode(values)


def plain_demographic(value: Any) -> tuple[int, bytes]:
    """uuid and packed (age, man, woman) of a plain record.

    Raises:
        NOT_PLAIN: it is something else.
    """
    record = _decode_demographic(value)
    if value.count(b":") != DEMOGRAPHIC_KEYS or len(value) > MAX_BODY or record.man == record.woman:
        raise ValueError
    return record.uuid, bytes((record.age, record.man, record.woman))


def plain_historic(value: Any) -> tuple[int, bytes]:
    """uuid and packed products of a plain record; a missing product is 0.

    Raises:
        NOT_PLAIN: it is something else.
    """
    record = _decode_historic(value)
    products = record.products
    if value.count(b":") != HISTORIC_KEYS + len(products) or len(value) > MAX_BODY:
        raise ValueError
    if len(products) == len(PRODUCTS) and KNOWN.issuperset(products):
        return record.uuid, pack(_amounts(products))
    if not KNOWN.issuperset(products):
        raise ValueError
    return record.uuid, pack([products.get(name, 0) for name in PRODUCTS])
