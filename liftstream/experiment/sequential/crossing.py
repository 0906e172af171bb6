"""Probabilities that a path of z statistics crosses bounds: numerical integration, look after look.

The z statistics of a growing experiment are a random walk: z sqrt(t) has independent normal increments of variance
dt and mean drift * dt, where t is the share of the planned information. Armitage, McPherson & Rowe (1969) integrate
over the part that has not crossed; the grid is that of Jennison & Turnbull (2000), chapter 19. Sums of positive terms
only, so that far tails keep their digits.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from liftstream.experiment.numerics.normal import z_of_tail
from liftstream.experiment.numerics.root import find_root

Array = NDArray[np.float64]
FINENESS = 32
"""Grid parameter r of Jennison & Turnbull: 12 r points or so; 18 gives 6 digits, 32 gives 8."""
FINEST = 400
FAR = 40.0
"""No z beyond this is ever seen."""
NEAR = 1.0
"""How far from its drift an integration still serves others."""
BLOCK = 64
UNDERFLOW = 38.7
"""exp(-x^2 / 2) is 0 beyond."""


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
        if low >= high:
            return Continuing(t, np.zeros(1), np.zeros(1))
        step = t - self.t
        z, weight = _grid(low, high, drift * math.sqrt(t), math.sqrt(step / t))
        here = self.z * math.sqrt(self.t / step)
        there = z * math.sqrt(t / step) - drift * math.sqrt(step)
        density = _summed(there, here, self.mass) * math.sqrt(t / step / (2 * math.pi))
        return Continuing(t, z, weight * density)

    def under(self, drift: float, other: float) -> "Continuing":
        """What was found under `drift`, under another one: the likelihood ratio, exact at every point of the grid."""
        ratio = np.exp((other - drift) * (self.z * math.sqrt(self.t) - (other + drift) / 2 * self.t))
        return Continuing(self.t, self.z, self.mass * ratio)

    def _standardised(self, t: float, z: float | Array, drift: float) -> Array:
        step = t - self.t
        moved = z * math.sqrt(t) - self.z * math.sqrt(self.t) - drift * step
        return np.asarray(moved / math.sqrt(step))


START = Continuing(0.0, np.zeros(1), np.ones(1))
"""The state before the first look."""


def _summed(there: Array, here: Array, mass: Array) -> Array:
    """Sum over `here` of mass * exp(-distance^2 / 2), at each point `there`; both ascending.

    Blocks, because from looks close together only near points arrive: what is left out is 0 in a double.
    """
    total = np.empty_like(there)
    for start in range(0, there.size, BLOCK):
        block = there[start : start + BLOCK]
        first, last = np.searchsorted(here, (block[0] - UNDERFLOW, block[-1] + UNDERFLOW))
        exponent = block[:, None] - here[first:last]
        exponent *= exponent
        exponent *= -0.5
        total[start : start + BLOCK] = np.exp(exponent, out=exponent) @ mass[first:last]
    return total


def _grid(low: float, high: float, centre: float, kernel: float) -> tuple[Array, Array]:
    """Points and Simpson weights on low..high, fine enough for a kernel of that width (looks close together)."""
    r = min(FINEST, max(FINENESS, math.ceil(4 / kernel)))
    knots = centre + _knots(r, max(kernel, 3 / FINEST))
    low, high = max(low, centre - FAR), min(high, centre + FAR)
    inside = knots[(knots > low) & (knots < high)]
    ends = [max(low, knots[0])] if low < knots[-1] else [low]
    last = min(high, knots[-1]) if high > knots[0] else high
    edges = np.concatenate([ends, inside[(inside > ends[0]) & (inside < last)], [last]])
    middles = (edges[:-1] + edges[1:]) / 2
    width = np.diff(edges)
    z, weight = np.empty(2 * edges.size - 1), np.empty(2 * edges.size - 1)
    z[::2], z[1::2] = edges, middles
    weight[::2], weight[1::2] = (np.append(width, 0) + np.append(0, width)) / 6, 4 * width / 6
    return z, weight


@lru_cache(maxsize=512)
def _knots(r: int, widest: float) -> Array:
    """Even to 3, then ever wider; never wider than the kernel, or the far tail would be counted again at each look."""
    middle = 3 * np.arange(-2 * r, 2 * r + 1) / (2 * r)
    tail = 3 + 4 * np.log(r / np.arange(r - 1, 0, -1.0))
    too_wide = np.diff(tail, prepend=3) > widest
    if too_wide.any():
        kept = tail[: int(too_wide.argmax())]
        last = kept[-1] if kept.size else 3.0
        tail = np.concatenate([kept, np.arange(last + widest, tail[-1], widest)])
    return np.concatenate([-tail[::-1], middle, tail])


@dataclass(frozen=True)
class Paths:
    """Every look integrated once under one drift; drifts nearby (within 1 or so) follow by the likelihood ratio."""

    times: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    drift: float
    before: tuple[Continuing, ...]
    """What is still going before each look."""

    @classmethod
    def of(
        cls, times: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float = 0.0
    ) -> "Paths":
        """Integrates look after look."""
        before = [START]
        for t, low, high in zip(times[:-1], lower, upper, strict=False):
            before.append(before[-1].go_on(t, low, high, drift))
        return cls(tuple(times), tuple(lower), tuple(upper), drift, tuple(before))

    def crossed(self, drift: float) -> tuple[list[float], list[float]]:
        """P(first crossing is of the upper bound), and of the lower one, at each look."""
        going = [part.under(self.drift, drift) for part in self.before]
        up = [part.above(t, z, drift) for part, t, z in zip(going, self.times, self.upper, strict=True)]
        down = [part.below(t, z, drift) for part, t, z in zip(going, self.times, self.lower, strict=True)]
        return up, down

    def missed(self, drift: float) -> float:
        """P(the upper bound is never crossed), with all its digits where that is rare."""
        going = [part.under(self.drift, drift) for part in self.before]
        given_up = sum(
            part.below(t, z, drift) for part, t, z in zip(going[:-1], self.times, self.lower, strict=False)
        )
        return given_up + going[-1].below(self.times[-1], self.upper[-1], drift)


def crossing_probabilities(
    times: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float = 0.0
) -> tuple[list[float], list[float]]:
    """P(first crossing is of the upper bound), and of the lower one, at each look.

    Args:
        times: information at the looks, increasing.
        lower: lower bounds; `-inf` where there is none.
        drift: mean of z at information 1.
    """
    return Paths.of(times, lower, upper, drift).crossed(drift)


def drift_where(
    integrate: Callable[[float], Paths], surplus: Callable[[Paths, float], float], guess: float
) -> float:
    """The drift at which an increasing `surplus` is 0, integrating anew where the search has gone too far."""
    while True:
        known = integrate(guess)
        if surplus(known, guess + NEAR) < 0:
            guess += NEAR
        elif surplus(known, guess - NEAR) > 0:
            guess -= NEAR
        else:
            found = find_root(partial(surplus, known), guess - NEAR, guess + NEAR)
            if abs(found - guess) < NEAR / 100:
                return found
            guess = found


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
    return Continuing(going.t, -going.z[::-1], going.mass[::-1])
