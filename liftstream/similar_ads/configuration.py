"""A configuration of the ranker: the weights of a linear score, and a filter."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from liftstream.contracts.errors import InputError

Weight = Annotated[float, Meta(ge=-1e6, le=1e6)]


class RankerConfiguration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """score = word x words in common + metro x [same metro] + location x [same location] + price x scale / (|difference| + scale).

    `same_metro_only` shows nothing of other regions.
    """

    word: Weight = 10.0
    metro: Weight = 5.0
    location: Weight = 10.0
    price: Weight = 5.0
    price_scale: Annotated[float, Meta(gt=0, le=1e12)] = 110_000.0
    same_metro_only: bool = False


def read_configuration(document: Mapping[str, Any]) -> RankerConfiguration:
    """The configuration of an arm.

    Raises:
        InputError: a field is unknown or out of range; the message names it.
    """
    try:
        return msgspec.convert(dict(document), RankerConfiguration)
    except msgspec.ValidationError as error:
        known = ", ".join(RankerConfiguration.__struct_fields__)
        raise InputError(f"configuration {dict(document)}: {error}; a ranker has {known}") from None
