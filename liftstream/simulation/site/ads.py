"""The ads of the simulated site."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

CATEGORIES: Final = {
    "bicycles": ("city", "race", "mountain", "folding", "child", "steel", "carbon", "old", "new", "red"),
    "phones": (
        "android",
        "large",
        "small",
        "cracked",
        "new",
        "black",
        "white",
        "dual",
        "fast",
        "refurbished",
    ),
    "sofas": ("leather", "corner", "bed", "grey", "green", "two", "three", "seats", "antique", "new"),
    "cameras": ("film", "digital", "mirrorless", "lens", "kit", "compact", "zoom", "old", "new", "body"),
}
METROS: Final = ("north", "south", "east", "west")
PLACES: Final = 5
"""Locations of a metro."""
TYPICAL_PRICE: Final = {"bicycles": 200.0, "phones": 250.0, "sofas": 350.0, "cameras": 300.0}
PRICE_SPREAD: Final = 0.7
"""Standard deviation of the logarithm."""


class SiteAds(NamedTuple):
    """Columns of ads; `words` is a row of 0/1 for each word of the category."""

    number: NDArray[np.int64]
    category: NDArray[np.int64]
    metro: NDArray[np.int64]
    location: NDArray[np.int64]
    words: NDArray[np.bool_]
    price: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.number)

    def title(self, row: int) -> str:
        """The title of an ad: its words, and what it is."""
        category = tuple(CATEGORIES)[self.category[row]]
        words = [word for word, has in zip(CATEGORIES[category], self.words[row], strict=True) if has]
        return " ".join([*words, category])


def draw_site_ads(rng: np.random.Generator, count: int) -> SiteAds:
    """`count` ads at random, numbered from 1."""
    category = rng.integers(0, len(CATEGORIES), count)
    metro = rng.integers(0, len(METROS), count)
    typical = np.array(list(TYPICAL_PRICE.values()))[category]
    return SiteAds(
        np.arange(1, count + 1),
        category,
        metro,
        metro * PLACES + rng.integers(0, PLACES, count),
        rng.random((count, 10)) < 0.3,
        np.round(typical * np.exp(PRICE_SPREAD * rng.standard_normal(count)), 2),
    )
