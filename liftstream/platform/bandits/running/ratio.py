"""Outcomes per unit of the target group over those of the reference group.

Of A + R outcomes in both groups A is binomial with rho w / (1 + rho w), whatever the season; w is the number of target
units for each reference unit. The interval is Clopper and Pearson's (1934), carried over to rho.
"""

from typing import NamedTuple

from scipy import special

from liftstream.platform.bandits.running.live import LiveBandit

LEVEL = 0.90


class Ratio(NamedTuple):
    """The ratio of an outcome with its 90 % interval; None if there are too few outcomes."""

    outcome: str
    target: float
    reference: float
    ratio: float | None
    ci_low: float | None
    ci_high: float | None


def ratio_of(live: LiveBandit, outcome: str) -> Ratio:
    """The ratio of an outcome over all arms."""
    target = live.total_of_all("target", outcome)
    reference = live.total_of_all("reference", outcome)
    if target <= 0 or reference <= 0:
        return Ratio(outcome, target, reference, None, None, None)
    weight, tail = live.definition.target_per_reference, (1 - LEVEL) / 2
    low = float(special.betaincinv(target, reference + 1, tail))
    high = float(special.betaincinv(target + 1, reference, 1 - tail))
    return Ratio(
        outcome,
        target,
        reference,
        target / reference / weight,
        low / (1 - low) / weight,
        high / (1 - high) / weight,
    )
