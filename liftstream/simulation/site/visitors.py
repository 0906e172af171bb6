"""What visitors do beside an ad: they look at what is cheap and similar, and write to sellers in their own region only.

A view is not a contact: ads of other regions are looked at and not written to. So a ranker that ignores the region wins
views and loses contacts.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.site.ads import SiteAds

SEEN: Final = 8
"""Ads of the block that people see; the rest is below the fold."""
CONTACT_MOST: Final = 0.26
"""Probability of a contact beside a perfect block, at the calmest hour."""
VIEW_MOST: Final = 0.6
WORTH: Final = 0.3
"""The worth of any ad in the visitor's own region."""
WANTED: Final = {"location": 0.2, "words": 0.3, "price": 0.2}
"""What makes an ad of the region worth more; with `WORTH` it sums to 1."""
SEASON: Final = 4.0
"""Visits of the busiest hour over those of the calmest."""


def season_at(share_of_day: float) -> float:
    """Visits at a time of the day, relative to the calmest hour: from 1 to 4 and back."""
    return 1.0 + (SEASON - 1.0) * 0.5 * (1.0 - math.cos(2 * math.pi * share_of_day))


def match(ads: SiteAds, asked: int, shown: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """How alike each shown ad is to the asked one, by what people want; each in 0..1.

    Args:
        asked, shown: rows of `ads`.
    """
    own = ads.words[asked]
    common = (ads.words[shown] & own).sum(axis=1) / max(1, own.sum())
    difference = np.abs(np.log(ads.price[shown] / ads.price[asked]))
    return {
        "metro": (ads.metro[shown] == ads.metro[asked]).astype(float),
        "location": (ads.location[shown] == ads.location[asked]).astype(float),
        "words": common.astype(float),
        "price": np.exp(-difference),
    }


def contact_probability(ads: SiteAds, asked: int, shown: NDArray[np.int64]) -> float:
    """The probability that the visitor writes to a seller of the block."""
    if not len(shown):
        return 0.0
    found = match(ads, asked, shown[:SEEN])
    liked = WORTH + sum(weight * found[name] for name, weight in WANTED.items())
    return float(CONTACT_MOST * (found["metro"] * liked).mean())


def view_probability(ads: SiteAds, asked: int, shown: NDArray[np.int64]) -> float:
    """The probability that the visitor opens an ad of the block: similar words and a low price, wherever it is."""
    if not len(shown):
        return 0.0
    found = match(ads, asked, shown[:SEEN])
    cheap = np.exp(-ads.price[shown[:SEEN]] / ads.price[asked])
    return float(VIEW_MOST * (0.7 * found["words"] + 0.3 * cheap).mean())
