"""The probability that an arm is the best, with which Thompson sampling chooses it; logged as its propensity.

P(i is best) is the integral of f_i prod_{j != i} F_j. It is taken over the logit of a beta, the log of a gamma, where
both are smooth for all parameters, by Gauss-Legendre on panels that are as narrow as the narrowest arm around them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from liftstream.bandits.policies.evidence import Floats
from liftstream.bandits.policies.stirling import beyond_stirling
from liftstream.experiment.arguments import refuse
from liftstream.experiment.numerics.beta import log_density

CUTS = (-40.0, -20.0, -10.0, -6.0, -4.0, -2.5, -1.2, 0.0, 1.2, 2.5, 4.0, 6.0, 10.0, 20.0)
"""Edges of panels, in standard deviations around each arm's mean; the lower tail of a small count is long."""
APART = 0.6
"""An edge this many of its own standard deviations beside another is left out."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)
FAR = 25.0
"""Value below which, on either axis, the first term of the distribution function's series is exact."""
LOG_LEAST = -690.0
NEGLIGIBLE = 1e-12
"""An arm that beats the best one's lower end with less than this is not integrated."""


def beta_probability_best(alpha: ArrayLike, beta: ArrayLike) -> Floats:
    """The probability of each of independent Beta(alpha_i, beta_i) to be the largest, to 1e-6.

    Raises:
        ValueError: a parameter is not a finite number above 0, or lengths differ.
    """
    alpha, beta = _parameters(alpha=alpha, beta=beta)
    height = 0.5 * (np.log(alpha) - np.log1p(alpha / beta) - np.log(2 * np.pi))
    height += beyond_stirling(alpha + beta) - beyond_stirling(alpha) - beyond_stirling(beta)
    mode = np.log(alpha) - np.log(beta)

    def density(t: Floats, arms: Any) -> Floats:
        return np.asarray(np.exp(height[arms] + log_density(alpha[arms], beta[arms], t - mode[arms])))

    def log_below(t: Floats, arms: Any) -> Floats:
        a, b = alpha[arms], beta[arms]
        upper = t > 0  # a probability near 1 is told from 1 by its distance
        tail = special.betainc(np.where(upper, b, a), np.where(upper, a, b), special.expit(-np.abs(t)))
        found = np.where(upper, np.log1p(-tail), np.log(tail))
        first_term = a * t - np.log(a) - special.betaln(a, b)
        return np.asarray(np.where(t < -np.log1p(b) - FAR, first_term, found))

    centre = special.digamma(alpha) - special.digamma(beta)
    spread = np.sqrt(special.polygamma(1, alpha) + special.polygamma(1, beta))
    return _integrate(centre, spread, np.log1p(alpha) - np.log1p(beta), density, log_below)


def gamma_probability_best(shape: ArrayLike, rate: ArrayLike) -> Floats:
    """The probability of each of independent Gamma(shape_i, rate_i) to be the largest, to 1e-6.

    Raises:
        ValueError: a parameter is not a finite number above 0, or lengths differ.
    """
    shape, rate = _parameters(shape=shape, rate=rate)
    height = 0.5 * (np.log(shape) - np.log(2 * np.pi)) - beyond_stirling(shape)
    mode = np.log(shape) - np.log(rate)

    def density(t: Floats, arms: Any) -> Floats:
        off = np.minimum(t - mode[arms], 700)
        return np.asarray(np.exp(height[arms] - shape[arms] * (np.expm1(off) - off)))

    def log_below(t: Floats, arms: Any) -> Floats:
        a, x = shape[arms], t + np.log(rate[arms])
        found = np.log(special.gammainc(a, np.exp(np.minimum(x, 700))))
        return np.asarray(np.where(x < -FAR, a * x - special.gammaln(a + 1), found))

    centre, spread = special.digamma(shape) - np.log(rate), np.sqrt(special.polygamma(1, shape))
    return _integrate(centre, spread, np.log1p(shape) - np.log(rate), density, log_below)


def _parameters(**given: ArrayLike) -> list[Floats]:
    """The parameters as arrays of the same length, checked."""
    arrays = {name: np.asarray(values, float) for name, values in given.items()}
    if len({values.shape for values in arrays.values()}) > 1 or any(not v.size for v in arrays.values()):
        sizes = tuple(values.size for values in arrays.values())
        refuse(" and ".join(arrays), sizes, "of one length, at least 1")
    for name, values in arrays.items():
        wrong = values[~(np.isfinite(values) & (values > 0))]
        if wrong.size:
            refuse(name, float(wrong[0]), "finite numbers above 0")
    return list(arrays.values())


Function = Callable[[Floats, Any], Floats]


def _integrate(
    centre: Floats, spread: Floats, turn: Floats, density: Function, log_below: Function
) -> Floats:
    """The integral for every arm.

    Args:
        centre, spread: of each arm's belief, on the axis of integration.
        turn: where the density of an arm with little evidence falls within a unit, however long its tail is.
        density, log_below: of the arms at each of a column of places.
    """
    probability = np.zeros(centre.size)
    with np.errstate(divide="ignore", under="ignore"):
        arms = _in_the_race(centre, spread, log_below)
        if arms.size == 1:
            probability[arms] = 1.0
            return probability
        t, weight = _grid(centre[arms], spread[arms], turn[arms])
        beaten = np.maximum(log_below(t[:, None], arms), LOG_LEAST)
        others = np.exp(beaten.sum(axis=1, keepdims=True) - beaten)
        found = weight @ (density(t[:, None], arms) * others)
    probability[arms] = found / found.sum()
    return probability


def _in_the_race(centre: Floats, spread: Floats, log_below: Function) -> Any:
    """The arms whose upper end reaches the lower end of the best one."""
    everyone = np.arange(centre.size)
    lower_end = np.max(centre - 8 * spread)
    return everyone[-np.expm1(log_below(np.array([[lower_end]]), everyone)[0]) > NEGLIGIBLE]


def _grid(centre: Floats, spread: Floats, turn: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights from where the best arm cannot be lower to where none is higher."""
    low, high = float(np.max(centre - 40 * spread)), float(np.max(centre + 20 * spread))
    edges = np.array([low, high])
    wide = spread > 1
    centre = np.concatenate([centre, turn[wide]])
    spread = np.concatenate([spread, np.ones(wide.sum())])
    for arm in np.argsort(spread):
        cuts = np.clip(centre[arm] + spread[arm] * np.asarray(CUTS), low, high)
        nearest = np.abs(cuts[:, None] - edges).min(axis=1)
        edges = np.concatenate([edges, cuts[nearest > APART * spread[arm]]])
    edges.sort()
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    t = (middle[:, None] + half[:, None] * NODES).ravel()
    return t, (half[:, None] * WEIGHTS).ravel()
