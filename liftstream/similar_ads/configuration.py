"""A configuration of the ranker: the weights of a linear score, and a filter."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

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


def linear_score(
    weights: RankerConfiguration,
    words: NDArray[np.float64],
    same_metro: NDArray[np.bool_],
    same_location: NDArray[np.bool_],
    price_difference: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The score of candidates, as the index computes it in SQL; one element each.

    >>> linear_score(RankerConfiguration(), np.array([3.0]), np.array([True]), np.array([True]), np.array([0.0]))
    array([50.])
    """
    nearness = weights.price_scale / (np.abs(price_difference) + weights.price_scale)
    return np.asarray(
        weights.word * words
        + weights.metro * same_metro
        + weights.location * same_location
        + weights.price * nearness,
        dtype=np.float64,
    )


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
