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
LEVEL = 20 / 15
"""Mean of the original's money, in standard deviations: that of the simulated shop."""


def _gamma(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Money as in the simulated shop: never negative, skewness 1.5."""
    return rng.standard_gamma(LEVEL**2, shape) / LEVEL


def _lognormal(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """A heavier tail with the same mean and sd."""
    sigma2 = math.log1p(LEVEL**-2)
    return rng.lognormal(math.log(LEVEL) - sigma2 / 2, math.sqrt(sigma2), shape)


def _buyers(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Most clients buy nothing: 30 % do, with gamma money, the whole scaled to the sd around the mean."""
    share, k = 0.3, 1.86
    raw = rng.standard_gamma(k, shape) * (rng.random(shape) < share)
    spread = math.sqrt(share * k * (1 + k) - (share * k) ** 2)
    return np.asarray(LEVEL + (raw - share * k) / spread)


def _normal(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    return rng.normal(LEVEL, 1.0, shape)


REVENUES: dict[str, ClientDraw] = {
    "gamma": _gamma,
    "lognormal": _lognormal,
    "buyers": _buyers,
    "normal": _normal,
}
"""How money is spread over clients, in units of its standard deviation."""


class SimulatedArm(NamedTuple):
    """How the clients of an arm are drawn, how far they spread, and what is added to their mean; in the experiment's
    unit."""

    draw: ClientDraw
    sd: float
    more: float = 0.0


class SimulatedArms(NamedTuple):
    """The original and the candidate."""

    drawn: str
    """What is drawn, in a word."""
    unit: float
    """What 1 stands for: the standard deviation of money, so that the currency changes nothing; else 1."""
    arms: tuple[SimulatedArm, SimulatedArm]


def simulated_arms(
    kind: str, *, effect: float, sd: float, base_rate: float | None = None, revenue: str = "gamma"
) -> SimulatedArms:
    """Both arms of an experiment, the candidate's mean `effect` above the original's.

    Args:
        base_rate: the original's rate or mean count; None for money of that `sd`, spread as `revenue` says.

    Raises:
        ValueError: a rate or a mean count that no client can have.
    """
    if base_rate is None:
        money = REVENUES[revenue]
        return SimulatedArms(revenue, sd, (SimulatedArm(money, 1.0), SimulatedArm(money, 1.0, effect / sd)))
    rate = base_rate + effect
    if kind == "proportion":
        if not 0 < rate < 1:
            refuse("effect", effect, f"so that the candidate's rate {rate:g} is between 0 and 1")
        return SimulatedArms("zeros and ones", 1.0, (_proportion(base_rate), _proportion(rate)))
    if rate <= 0:
        refuse("effect", effect, f"so that the candidate's mean count {rate:g} is above 0")
    if math.isclose(sd, math.sqrt(base_rate), rel_tol=1e-9):
        return SimulatedArms("Poisson counts", 1.0, (_poisson(base_rate), _poisson(rate)))
    wider = _negative_binomial(base_rate, sd), _negative_binomial(rate, sd)
    return SimulatedArms("negative binomial counts", 1.0, wider)


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
