"""Configurations that win views and lose contacts, judged by what visitors did: what a bandit that learns from views
serves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from liftstream.demo.similar_ads.visits import OLD_BLOCK, Site
from liftstream.experiment.compare.bayes import believe_rates
from liftstream.experiment.record import Record
from liftstream.platform.bandits.running.definition import REFERENCE_ARM

SURE: Final = 0.95
"""Probability from which an arm is said to bring fewer contacts."""


@dataclass(frozen=True, repr=False)
class Visited(Record):
    """Visits whose block was ranked by one configuration, with their views and contacts."""

    visits: int
    views: int
    contacts: int

    @property
    def view_rate(self) -> float:
        """Views per visit."""
        return self.views / self.visits

    @property
    def contact_rate(self) -> float:
        """Contacts per visit."""
        return self.contacts / self.visits


def visited(site: Site, *arms: str) -> Visited:
    """What visitors did with the blocks of these arms."""
    return Visited(
        *(sum(counts[arm] for arm in arms) for counts in (site.shown, site.viewed, site.contacted))
    )


def visited_old(site: Site, arms: list[dict[str, Any]], old: dict[str, Any]) -> Visited:
    """What visitors did with the old configuration, under any name."""
    same = [arm["name"] for arm in arms if arm["configuration"] == old]
    return visited(site, OLD_BLOCK, REFERENCE_ARM, *same)


def probability_of_fewer(arm: Visited, old: Visited) -> float:
    """The probability that the arm brings fewer contacts per visit than the old configuration; flat beta priors."""
    return 1.0 - believe_rates(old.contacts, old.visits, arm.contacts, arm.visits).better


@dataclass(frozen=True, repr=False)
class ViewsWon(Record):
    """An arm that won views."""

    name: str
    quanta: int
    """The number of quanta in which it was served."""
    arm: Visited
    old: Visited
    fewer: float
    """Probability that it brings fewer contacts than the old configuration."""

    @property
    def sure(self) -> bool:
        """Whether it loses contacts, with probability `SURE`."""
        return self.fewer >= SURE

    @property
    def sentence(self) -> str:
        """One sentence on it, with its figures."""
        lost = "lost" if self.sure else "perhaps lost"
        arm, old = self.arm, self.old
        views, old_views, contacts, old_contacts = (
            f"{100 * rate:.1f} %"
            for rate in (arm.view_rate, old.view_rate, arm.contact_rate, old.contact_rate)
        )
        return (
            f"'{self.name}' won views and {lost} contacts: {views} of {arm.visits:,} visits with a view, the old"
            f" block {old_views}; {contacts} with a contact, the old block {old_contacts}"
            f" (fewer with a probability of {100 * min(self.fewer, 0.9999):.2f} %)."
        )


def find_out(served: Mapping[str, int], site: Site, old: Visited) -> list[ViewsWon]:
    """The arms that won views and surely lost contacts; where there are none, the one that most probably did.

    Args:
        served: quanta of each arm that has a configuration of its own.
    """
    found = []
    for name, quanta in served.items():
        arm = visited(site, name)
        if arm.visits and old.visits and arm.view_rate > old.view_rate:
            found.append(ViewsWon(name, quanta, arm, old, probability_of_fewer(arm, old)))
    sure = [one for one in found if one.sure]
    likely = [one for one in found if one.fewer > 0.5]
    return sure or sorted(likely, key=lambda one: -one.fewer)[:1]
