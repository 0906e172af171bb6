"""An ad, and the request that adds ads."""

from typing import Annotated

import msgspec
from msgspec import Meta

ADS_AT_ONCE = 5_000
NUMBER_MOST = 2**53
PRICE_MOST = 1e12
KEPT = r"^[^\x00]*\Z"
"""Texts without the character 0, which PostgreSQL cannot store."""
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=KEPT)]
Place = Annotated[str, Meta(max_length=100, pattern=KEPT)]


class Ad(msgspec.Struct, frozen=True):
    """An ad."""

    number: Annotated[int, Meta(ge=0, le=NUMBER_MOST)]
    title: Annotated[str, Meta(min_length=1, max_length=300, pattern=KEPT)]
    category: Name
    metro: Place
    location: Place
    price: Annotated[float, Meta(ge=0, le=PRICE_MOST)]
    posted_ms: Annotated[int, Meta(ge=0, le=NUMBER_MOST)]


class ScoredAd(msgspec.Struct, frozen=True):
    """An ad of a block, with its score."""

    ad: Ad
    score: float


def read_ads(body: bytes) -> list[Ad]:
    """The ads of a JSON list.

    Raises:
        ValueError: it cannot be used; the message names the place and what is accepted.
    """
    try:
        ads = msgspec.json.decode(body, type=list[Ad])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if len(ads) > ADS_AT_ONCE:
        raise ValueError(f"at most {ADS_AT_ONCE:,} ads at once are accepted, not {len(ads):,}")
    return ads
