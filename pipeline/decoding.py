"""Fetches into columns: msgspec for records that are complete and plain, `reading.py` for everything else.

A record is plain when msgspec decodes it into a struct that requires every field and it holds as many colons as that
struct has keys: then there is no unknown, missing or duplicated key, and no text in it at all.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias

import msgspec

from liftstream.contracts.features import AGE_MAX, AGE_MIN, PRODUCTS
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from pipeline.halves import Decoded, Side
from pipeline.packing import pack
from pipeline.reading import MAX_BODY, Unreadable, read_demographic, read_historic

Uuid: TypeAlias = Annotated[int, msgspec.Meta(ge=UUID_MIN, le=UUID_MAX)]
Age: TypeAlias = Annotated[int, msgspec.Meta(ge=AGE_MIN, le=AGE_MAX)]
Bit: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1)]


class PlainDemographic(msgspec.Struct, gc=False):
    """A demographic record as the enrichers write it."""

    uuid: Uuid
    age: Age
    man: Bit
    woman: Bit


PlainProducts = msgspec.defstruct("PlainProducts", [(name, int | float) for name in PRODUCTS], gc=False)


class PlainHistoric(msgspec.Struct, gc=False):
    """A historic record as the enrichers write it: every product by name."""

    uuid: Uuid
    products: PlainProducts  # type: ignore[valid-type]


DEMOGRAPHIC_KEYS = len(msgspec.structs.fields(PlainDemographic))
HISTORIC_KEYS = len(msgspec.structs.fields(PlainHistoric)) + len(PRODUCTS)

_decode_demographic: Callable[[Any], PlainDemographic] = msgspec.json.Decoder(PlainDemographic).decode
_decode_historic: Callable[[Any], Any] = msgspec.json.Decoder(PlainHistoric).decode
_values_of = msgspec.structs.astuple

NOT_PLAIN = (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError)
"""What decoding raises for records that are read with care instead; TypeError: a record without a value."""


def decode(side: Side, values: Sequence[bytes | None]) -> Decoded:
    """uuids and packed features of a fetch; never fails, whatever the bytes."""
    return decode_demographic(values) if side is Side.DEMOGRAPHIC else decode_historic(values)


def decode_demographic(values: Sequence[Any]) -> Decoded:
    """The demographic topic's records as uuids and packed (age, man, woman)."""
    uuids: list[int] = []
    rows: list[bytes] = []
    careful: list[int] = []
    for index, value in enumerate(values):
        try:
            record = _decode_demographic(value)
            if value.count(b":") != DEMOGRAPHIC_KEYS or len(value) > MAX_BODY or record.man == record.woman:
                raise ValueError
            rows.append(bytes((record.age, record.man, record.woman)))
            uuids.append(record.uuid)
        except NOT_PLAIN:
            careful.append(index)
    return _completed(uuids, rows, careful, values, read_demographic)


def decode_historic(values: Sequence[Any]) -> Decoded:
    """The historic topic's records as uuids and packed products."""
    uuids: list[int] = []
    rows: list[bytes] = []
    careful: list[int] = []
    for index, value in enumerate(values):
        try:
            record = _decode_historic(value)
            if value.count(b":") != HISTORIC_KEYS or len(value) > MAX_BODY:
                raise ValueError
            rows.append(pack(_values_of(record.products)))
            uuids.append(record.uuid)
        except NOT_PLAIN:
            careful.append(index)
    return _completed(uuids, rows, careful, values, read_historic)


def _completed(
    uuids: list[int],
    rows: list[bytes],
    careful: list[int],
    values: Sequence[bytes | None],
    read: Callable[[bytes | None, Counter[str]], tuple[int, bytes]],
) -> Decoded:
    """The plain records with the others read with care among them, all in the order of the fetch."""
    if not careful:
        return Decoded(uuids, rows, range(len(values)))
    oddities: Counter[str] = Counter()
    found = Decoded(oddities=oddities)
    plain, hard = iter(zip(uuids, rows, strict=True)), set(careful)
    indexes: list[int] = []
    for index, value in enumerate(values):
        try:
            uuid, row = read(value, oddities) if index in hard else next(plain)
        except Unreadable as fault:
            found.faults.append((index, str(fault)))
            continue
        found.uuids.append(uuid)
        found.rows.append(row)
        indexes.append(index)
    found.indexes = indexes
    return found
