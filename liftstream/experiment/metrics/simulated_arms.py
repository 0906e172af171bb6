"""Clients of simulated experiments: money of several shapes, zeros and ones, counts.

Money keeps its spread and moves by the effect. Rates and counts have the spread that belongs to their mean, in each
arm its own, as the clients of a real experiment have.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import refuse

Array = NDArray[np.float64]
ClientDraw = Callable[[np.random.Generator, tuple[int, int]], Array]
MEAN = 20.0
"""$ per client of the original."""


def _gamma(rng: np.random.Generator, sd: float, shape: tuple[int, int]) -> Array:
    """Money as in the simulated shop: never negative, skewness 2 sd / mean."""
    k = (MEAN / sd) ** 2
    return rng.standard_gamma(k, shape) * (MEAN / k)


def _lognormal(rng: np.random.Generator, sd: float, shape: tuple[int, int]) -> Array:
    """A heavier tail with the same mean and sd."""
    sigma2 = math.log1p((sd / MEAN) ** 2)
    return rng.lognormal(math.log(MEAN) - sigma2 / 2, math.sqrt(sigma2), shape)


def _buyers(rng: np.random.Generator, sd: float, shape: tuple[int, int]) -> Array:
    """Most clients buy nothing: 30 % do, with gamma money, the whole scaled to the sd around the mean."""
    share, k = 0.3, 1.86
    raw = rng.standard_gamma(k, shape) * (rng.random(shape) < share)
    spread = math.sqrt(share * k * (1 + k) - (share * k) ** 2)
    return np.asarray(MEAN + (raw - share * k) * (sd / spread))


def _normal(rng: np.random.Generator, sd: float, shape: tuple[int, int]) -> Array:
    return rng.normal(MEAN, sd, shape)


REVENUES: dict[str, Callable[[np.random.Generator, float, tuple[int, int]], Array]] = {
    "gamma": _gamma,
    "lognormal": _lognormal,
    "buyers": _buyers,
    "normal": _normal,
}
"""How money is spread over clients; all with mean 20 $ and the plan's sd."""


class SimulatedArm(NamedTuple):
    """How the clients of an arm are drawn, and how far they spread."""

    draw: ClientDraw
    sd: float


def simulated_arms(
    kind: str, *, effect: float, sd: float, base_rate: float | None = None, revenue: str = "gamma"
) -> tuple[str, list[SimulatedArm]]:
    """What is drawn, in a word, and both arms, the candidate's mean `effect` above the original's.

    Args:
        base_rate: the original's rate or mean count; None for money of that `sd`, spread as `revenue` says.

    Raises:
        ValueError: a rate or a mean count that no client can have.
    """
    if base_rate is None:
        return revenue, [_money(sd, revenue, more) for more in (0.0, effect)]
    means = base_rate, base_rate + effect
    if kind == "proportion":
        if not 0 < means[1] < 1:
            refuse("effect", effect, f"so that the candidate's rate {means[1]:g} is between 0 and 1")
        return "zeros and ones", [_proportion(mean) for mean in means]
    if means[1] <= 0:
        refuse("effect", effect, f"so that the candidate's mean count {means[1]:g} is above 0")
    if math.isclose(sd, math.sqrt(base_rate), rel_tol=1e-9):
        return "Poisson counts", [_poisson(mean) for mean in means]
    return "negative binomial counts", [_negative_binomial(mean, sd) for mean in means]


def _money(sd: float, revenue: str, more: float) -> SimulatedArm:
    drawn = REVENUES[revenue]
    return SimulatedArm(lambda rng, shape: drawn(rng, sd, shape) + more, sd)


def _proportion(rate: float) -> SimulatedArm:
    return SimulatedArm(
        lambda rng, shape: (rng.random(shape) < rate).astype(np.float64), math.sqrt(rate * (1 - rate))
    )


def _poisson(mean: float) -> SimulatedArm:
    return SimulatedArm(lambda rng, shape: rng.poisson(mean, shape).astype(np.float64), math.sqrt(mean))


def _negative_binomial(mean: float, sd: float) -> SimulatedArm:
    wider = sd**2 - mean
    if wider <= 0:
        refuse("sd", sd, f"above the {math.sqrt(mean):.6g} of Poisson counts of mean {mean:g}, to be drawn")
    size, chance = mean**2 / wider, mean / sd**2
    return SimulatedArm(lambda rng, shape: rng.negative_binomial(size, chance, shape).astype(np.float64), sd)
