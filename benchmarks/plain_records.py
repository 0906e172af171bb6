"""The task's records by msgspec alone: types written by hand for its two topics, one record after the other."""

from collections.abc import Callable
from operator import itemgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from liftstream.contracts.features import AGE_MAX, AGE_MIN, PRODUCTS
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from liftstream.streams.json_body import MOST_BYTES
from pipeline.records.feature_rows import pack

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
    """A historic record."""

    uuid: Uuid
    products: dict[str, int | float]


KNOWN: Final = frozenset(PRODUCTS)
DEMOGRAPHIC_KEYS: Final = len(msgspec.structs.fields(PlainDemographic))
HISTORIC_KEYS: Final = len(msgspec.structs.fields(PlainHistoric))

_decode_demographic: Callable[[Any], PlainDemographic] = msgspec.json.Decoder(PlainDemographic).decode
_decode_historic: Callable[[Any], PlainHistoric] = msgspec.json.Decoder(PlainHistoric).decode
_amounts = itemgetter(*PRODUCTS)


def plain_demographic(value: Any) -> tuple[int, bytes]:
    """uuid and packed (age, man, woman) of a plain record.

    Raises:
        ValueError, msgspec.MsgspecError: it is something else.
    """
    record = _decode_demographic(value)
    if value.count(b":") != DEMOGRAPHIC_KEYS or len(value) > MOST_BYTES or record.man == record.woman:
        raise ValueError
    return record.uuid, bytes((record.age, record.man, record.woman))


def plain_historic(value: Any) -> tuple[int, bytes]:
    """uuid and packed products of a plain record; a missing product is 0.

    Raises:
        ValueError, msgspec.MsgspecError: it is something else.
    """
    record = _decode_historic(value)
    products = record.products
    if value.count(b":") != HISTORIC_KEYS + len(products) or len(value) > MOST_BYTES:
        raise ValueError
    if len(products) == len(PRODUCTS) and KNOWN.issuperset(products):
        return record.uuid, pack(_amounts(products))
    if not KNOWN.issuperset(products):
        raise ValueError
    return record.uuid, pack([products.get(name, 0) for name in PRODUCTS])
