"""Where a sequential experiment stands: its chances from here, and its p-value so far."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from liftstream.experiment.arguments import number, refuse
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.root import find_root
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.alpha_spending import Spending, check_increasing
from liftstream.experiment.sequential.crossing import crossing_probabilities
from liftstream.experiment.sequential.sequential_bounds import spending_bounds
from liftstream.experiment.sequential.sequential_design import GroupSequential


@dataclass(frozen=True, repr=False)
class Chances(Record):
    """Probability that a later look crosses its bound, given z now, if the effect is ..."""

    at_estimate: float
    """... the one seen so far;"""
    at_plan: float
    """... the planned one;"""
    at_null: float
    """... none;"""
    predictive: float
    """... anything, weighted by what has been seen (flat prior)."""


def chances(design: GroupSequential, look: int, z: float) -> Chances:
    """Conditional power (Jennison & Turnbull 2000, chapter 10) and predictive power at a look of the design.

    Args:
        look: the look just taken, from 1; not the last.
        z: its statistic.
    """
    if not 1 <= look < len(design.times):
        refuse("look", look, f"in 1..{len(design.times) - 1}, so that a look is still to come")
    number("z", z)
    t = design.times[look - 1]
    seen = z / math.sqrt(t)
    node, weight = np.polynomial.hermite_e.hermegauss(40)
    spread = [seen + float(x) / math.sqrt(t) for x in node]
    predictive = sum(
        w * conditional_power(design, look, z, drift) for w, drift in zip(weight, spread, strict=True)
    )
    return Chances(
        at_estimate=conditional_power(design, look, z, seen),
        at_plan=conditional_power(design, look, z, design.drift),
        at_null=conditional_power(design, look, z, 0.0),
        predictive=float(predictive / math.sqrt(2 * math.pi)),
    )


def conditional_power(design: GroupSequential, look: int, z: float, drift: float) -> float:
    """Probability of crossing an upper bound later, under a drift (mean of z at information 1)."""
    t = design.times[look - 1]
    later = design.times[look:]
    grown = [u - t for u in later]
    upper = [_from_here(bound, z, t, u) for bound, u in zip(design.z_upper[look:], later, strict=True)]
    lower = [_from_here(bound, z, t, u) for bound, u in zip(design.z_lower[look:], later, strict=True)]
    return sum(crossing_probabilities(grown, lower, upper, drift)[0])


def _from_here(bound: float, z: float, t: float, later: float) -> float:
    """The bound for the increment of the walk between now and later, standardised."""
    return (bound * math.sqrt(later) - z * math.sqrt(t)) / math.sqrt(later - t)


def sequential_p(
    z: Sequence[float], times: Sequence[float], spending: Spending | None = None, *, two_sided: bool = False
) -> float:
    """The smallest alpha at which one of the looks so far crosses its bound (Liu & Anderson 2008).

    Valid at every look, whether the experiment went on afterwards or not.

    Args:
        z: statistics at the looks so far.
        times: information at these looks.
    """
    check_increasing(times)
    if len(z) != len(times):
        refuse("z", list(z), f"one statistic for each of {len(times)} looks")
    rule = spending or Spending()
    sides = 2 if two_sided else 1
    seen = [abs(number("z", value)) if two_sided else number("z", value) for value in z]
    smallest = _smallest_alpha(lambda alpha: _crossed(seen, tuple(times), rule, alpha, two_sided))
    return min(1.0, sides * smallest)


def _crossed(
    seen: Sequence[float], times: tuple[float, ...], rule: Spending, alpha: float, two_sided: bool
) -> float:
    """How far the best look is above its bound."""
    bounds = spending_bounds(times, tuple(rule.spent(t, alpha) for t in times), two_sided)
    return max(value - bound for value, bound in zip(seen, bounds, strict=True))


def _smallest_alpha(surplus: Callable[[float], float]) -> float:
    """The alpha (one side) at which the surplus is 0, by its normal score."""
    lowest, highest = -30.0, 0.0

    def at(score: float) -> float:
        # bounds are infinite where nothing may be spent
        return max(-1e3, surplus(normal.cdf(score)))

    if at(highest) < 0:
        return 1.0
    return normal.cdf(find_root(at, lowest, highest, highest))
