"""Probabilities that a path of z statistics crosses bounds: numerical integration, look after look.

The z statistics of a growing experiment are a random walk: z sqrt(t) has independent normal increments of variance
dt and mean drift * dt, where t is the share of the planned information. Armitage, McPherson & Rowe (1969) integrate
over the part that has not crossed; the grid is that of Jennison & Turnbull (2000), chapter 19. Sums of positive terms
only, so that far tails keep their digits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from liftstream.experiment.normal import z_of_tail
from liftstream.experiment.root import find_root

Array = NDArray[np.float64]
FINENESS = 32
"""Grid parameter r of Jennison & Turnbull: 12 r points or so; 18 gives 6 digits, 32 gives 8."""
FINEST = 400
FAR = 40.0
"""No z beyond this is ever seen."""


@dataclass(frozen=True)
class Continuing:
    """The part of the paths that is still between the bounds, at information t."""

    t: float
    z: Array
    mass: Array
    """Probability at each grid point (density times weight)."""

    def above(self, t: float, z: float, drift: float = 0.0) -> float:
        """P(still going, and above z at the next look t)."""
        return float(self.mass @ special.ndtr(-self._standardised(t, z, drift)))

    def below(self, t: float, z: float, drift: float = 0.0) -> float:
        """P(still going, and below z at the next look t)."""
        return float(self.mass @ special.ndtr(self._standardised(t, z, drift)))

    def go_on(self, t: float, low: float, high: float, drift: float = 0.0) -> "Continuing":
        """The part that is between `low` and `high` at the next look t."""
        step = t - self.t
        if low >= high:
            return Continuing(t, np.zeros(1), np.zeros(1))
        z, weight = _grid(low, high, drift * math.sqrt(t), math.sqrt(step / t))
        scaled = self._standardised(t, z[:, None], drift)
        density = np.exp(-0.5 * scaled**2) @ self.mass * math.sqrt(t / step / (2 * math.pi))
        return Continuing(t, z, weight * density)

    def _standardised(self, t: float, z: float | Array, drift: float) -> Array:
        step = t - self.t
        moved = z * math.sqrt(t) - self.z * math.sqrt(self.t) - drift * step
        return np.asarray(moved / math.sqrt(step))


START = Continuing(0.0, np.zeros(1), np.ones(1))
"""Before the first look."""


def _grid(low: float, high: float, centre: float, kernel: float) -> tuple[Array, Array]:
    """Points and Simpson weights on low..high, fine enough for a kernel of that width (looks close together)."""
    r = min(FINEST, max(FINENESS, math.ceil(3 / kernel)))
    knots = centre + _knots(r)
    low, high = max(low, centre - FAR), min(high, centre + FAR)
    inside = knots[(knots > low) & (knots < high)]
    ends = [max(low, knots[0])] if low < knots[-1] else [low]
    last = min(high, knots[-1]) if high > knots[0] else high
    edges = np.concatenate([ends, inside[(inside > ends[0]) & (inside < last)], [last]])
    middles = (edges[:-1] + edges[1:]) / 2
    width = np.diff(edges)
    z = np.concatenate([edges, middles])
    weight = np.concatenate([np.append(width, 0) + np.append(0, width), 4 * width]) / 6
    return z, weight


@lru_cache(maxsize=64)
def _knots(r: int) -> Array:
    i = np.arange(1, 6 * r)
    tail = 4 * np.log(r / np.minimum(i, 6 * r - i).clip(max=r))
    return np.where(i < r, -3 - tail, np.where(i > 5 * r, 3 + tail, -3 + 3 * (i - r) / (2 * r)))


def crossing_probabilities(
    times: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float = 0.0
) -> tuple[list[float], list[float]]:
    """P(first crossing is of the upper bound), and of the lower one, at each look.

    Args:
        times: information at the looks, increasing.
        lower: lower bounds; `-inf` where there is none.
        drift: mean of z at information 1.
    """
    going, up, down = START, [], []
    for t, low, high in zip(times, lower, upper, strict=True):
        up.append(going.above(t, high, drift))
        down.append(going.below(t, low, drift))
        going = going.go_on(t, low, high, drift)
    return up, down


def bound_of(going: Continuing, t: float, tail: float, drift: float = 0.0) -> float:
    """The z that the paths still going exceed at t with probability `tail`; infinite for a tail of 0."""
    if tail <= 0:
        return math.inf
    if going.t == 0:
        return drift * math.sqrt(t) + z_of_tail(tail)
    logarithm = math.log(tail)

    def surplus(z: float) -> float:
        above = going.above(t, z, drift)
        return logarithm - math.log(above) if above > 0 else math.inf

    if surplus(-FAR) >= 0:
        return -math.inf
    low = high = 0.0
    while surplus(low) > 0:
        low -= 4
    while surplus(high) < 0:
        high += 4
    return find_root(lambda z: min(surplus(z), 1e3), low, high)


def flipped(going: Continuing) -> Continuing:
    """The mirror image, to ask about lower bounds."""
    return Continuing(going.t, -going.z, going.mass)
