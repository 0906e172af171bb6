"""Visitors of the simulated site: they see a block and look, or write to a seller."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment import draw_arm
from liftstream.similar_ads.ad import Ad
from liftstream.simulation.site.ads import CATEGORIES, METROS, SiteAds
from liftstream.simulation.site.visitors import contact_probability, view_probability

REGULARS: Final = 20_000
"""Units that come while the bandit learns."""
FIRST_CLIENT: Final = 1_000_000
OLD_BLOCK: Final = "the old block"
"""The name under which visits are counted that no bandit decided."""


class ShownBlock(NamedTuple):
    """The block that a visitor sees next to an ad; `rows` of the site's ads."""

    arm: str
    decision: str
    rows: NDArray[np.int64]


class SiteBackend(Protocol):
    """Answers the visits of a site, and takes what visitors do."""

    def block(self, asked: int, unit: str) -> ShownBlock:
        """The block by the bandit beside the ad in this row; says that it was shown."""

    def old_block(self, asked: int) -> NDArray[np.int64]:
        """Rows of the block as it was."""

    def begin_session(self, uuid: int, token: str) -> None:
        """Opens the session of a client of the experiment, for which the candidate answers."""

    def contact(self, decision: str, unit: str) -> None:
        """The visitor wrote to a seller of the block."""

    def flush(self) -> None:
        """Waits until everything is written."""


@dataclass
class Site:
    """The site: its ads, its backend, and what visitors did.

    A visit takes the same draws from `rng` whatever is shown: one seed brings the same people, who want the same.

    Attributes:
        shown, viewed, contacted: visits by the name of what ranked their block.
    """

    ads: SiteAds
    backend: SiteBackend
    rng: np.random.Generator
    shown: Counter[str] = field(default_factory=Counter)
    viewed: Counter[str] = field(default_factory=Counter)
    contacted: Counter[str] = field(default_factory=Counter)
    clients: int = 0

    def visit_regular(self) -> None:
        """One visit while the bandit learns."""
        self._visit_bandit(f"u{self.rng.integers(0, REGULARS)}")

    def visit_client(self, token: str, plan: Mapping[str, Any]) -> None:
        """One visit of the experiment; its arm is a salted hash that anybody can compute from the plan."""
        uuid = FIRST_CLIENT + self.clients
        self.clients += 1
        self.backend.begin_session(uuid, token)
        if draw_arm(uuid, plan["salt"], plan["shares"]) == "candidate":
            self._visit_bandit(str(uuid))
        else:
            asked = self._ask()
            self._react(ShownBlock(OLD_BLOCK, "", self.backend.old_block(asked)), str(uuid), asked)

    def _visit_bandit(self, unit: str) -> None:
        asked = self._ask()
        self._react(self.backend.block(asked, unit), unit, asked)

    def _ask(self) -> int:
        return int(self.rng.integers(0, len(self.ads)))

    def _react(self, block: ShownBlock, unit: str, asked: int) -> None:
        self.shown[block.arm] += 1
        self.viewed[block.arm] += self.rng.random() < view_probability(self.ads, asked, block.rows)
        if self.rng.random() < contact_probability(self.ads, asked, block.rows):
            self.contacted[block.arm] += 1
            self.backend.contact(block.decision, unit)


def ad_of(ads: SiteAds, row: int) -> Ad:
    """An ad of the simulated site, as the service keeps it."""
    category, metro = tuple(CATEGORIES)[ads.category[row]], METROS[ads.metro[row]]
    location = f"{metro} {ads.location[row]}"
    return Ad(int(ads.number[row]), ads.title(row), category, metro, location, float(ads.price[row]), row)
