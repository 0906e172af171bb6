"""Fetches into columns: by layout where records repeat one, by msgspec where they are plain, by `parsing.py` otherwise.

A record is plain when msgspec decodes it, every field is there and known, and it holds as many colons as it has keys: then
no key is there twice, and there is no text in it at all.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import numpy as np

from liftstream.contracts.features import AGE_MAX, AGE_MIN, PRODUCTS
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from pipeline.records.feature_rows import FeatureRows, pack, unpack
from pipeline.records.halves import Decoded, Side
from pipeline.records.layouts import Layouts
from pipeline.records.parsing import KNOWN, MAX_BODY, Unreadable, read_demographic, read_historic

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
        self._side, self._blank = side, bytes(side.width)
        self._plain, self._read = (plain_demographic, read_demographic)
        self._layouts: Layouts | None = None  # a demographic record is so short that msgspec alone is as fast
        if side is Side.HISTORIC:
            self._plain, self._read = (plain_historic, read_historic)
            self._layouts = Layouts(PRODUCTS)

    def decode(self, values: Sequence[bytes | None]) -> Decoded:
        """uuids and features of a fetch; never fails, whatever the bytes."""
        count = len(values)
        found = Decoded([0] * count, FeatureRows(np.zeros((count, self._side.width), np.uint8)), range(count))
        left: Sequence[int] = range(count)
        if self._layouts is not None:
            left = self._by_layouts(self._layouts, values, found)
        careful = self._singly(values, left, found)
        return self._with_careful(values, careful, found) if careful else found

    def _by_layouts(self, layouts: Layouts, values: Sequence[bytes | None], found: Decoded) -> Sequence[int]:
        """Fills in what has a layout, learning those it meets; the indexes of the rest."""
        left = _fill(layouts, values, range(len(values)), found)
        while layouts.would_learn(len(left)) and self._learn(layouts, values[left[0]]):
            left = _fill(layouts, values, left, found)
        layouts.pass_fetch()
        return left

    def _learn(self, layouts: Layouts, example: bytes | None) -> bool:
        try:
            self._plain(example)
        except NOT_PLAIN:
            return False
        return example is not None and layouts.learn(example)

    def _singly(self, values: Sequence[bytes | None], left: Sequence[int], found: Decoded) -> list[int]:
        """Fills in the plain ones; the indexes of the others."""
        plain, careful, uuids, packed = self._plain, [], [], []
        for index in left:
            try:
                uuid, row = plain(values[index])
            except NOT_PLAIN:
                careful.append(index)
                uuid, row = 0, self._blank
            uuids.append(uuid)
            packed.append(row)
        if uuids:
            found.fill(left, uuids, unpack(packed, self._side.width))
        return careful

    def _with_careful(
        self, values: Sequence[bytes | None], careful: Sequence[int], found: Decoded
    ) -> Decoded:
        """The same with the records that are read with care; without those that are invalid."""
        oddities: Counter[str] = Counter()
        for index in careful:
            try:
                uuid, row = self._read(values[index], oddities)
            except Unreadable as fault:
                found.faults.append((index, str(fault)))
            else:
                found.fill([index], [uuid], unpack([row], self._side.width))
        found.oddities = oddities
        return found.without_faults() if found.faults else found


def _fill(
    layouts: Layouts, values: Sequence[bytes | None], left: Sequence[int], found: Decoded
) -> Sequence[int]:
    """Fills in what has a known layout; the indexes of the rest."""
    for read in layouts.read(values, left):
        found.fill(read.indexes, read.uuids.tolist(), FeatureRows(read.fields))
        left = np.setdiff1d(left, read.indexes, assume_unique=True).tolist()
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
