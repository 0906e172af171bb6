"""Blocks without a database: the index's ranking over the arrays of the simulated site."""

import numpy as np
from numpy.typing import NDArray

from liftstream.similar_ads.configuration import RankerConfiguration, linear_score
from liftstream.similar_ads.index import SHOWN
from liftstream.simulation.site.ads import CATEGORIES, SiteAds


class SiteRanking:
    """Ranks the site's ads as `AdIndex` does: the best of the same category, the newest first among equals."""

    def __init__(self, ads: SiteAds) -> None:
        self._ads = ads
        self._same = [np.flatnonzero(ads.category == number) for number in range(len(CATEGORIES))]

    def rows(self, asked: int, weights: RankerConfiguration) -> NDArray[np.int64]:
        """Rows of the block of the ad in row `asked`, the best first."""
        ads = self._ads
        others = self._same[int(ads.category[asked])]
        others = others[others != asked]
        if weights.same_metro_only:
            others = others[ads.metro[others] == ads.metro[asked]]
        scores = linear_score(
            weights,
            1.0 + (ads.words[others] & ads.words[asked]).sum(axis=1),  # every title names its category
            ads.metro[others] == ads.metro[asked],
            ads.location[others] == ads.location[asked],
            ads.price[others] - ads.price[asked],
        )
        return np.asarray(others[np.lexsort((-others, -scores))[:SHOWN]], dtype=np.int64)
