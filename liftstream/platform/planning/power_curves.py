"""Power of a plan at other numbers of clients, and at other true effects."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from liftstream.experiment import Plan
from liftstream.experiment.size.design import Design

CURVE = 41
KNOTS = 9
TINY = 1e-12


class PowerCurve(NamedTuple):
    """Power at points of x."""

    x: NDArray[np.float64]
    power: NDArray[np.float64]


def power_curves(plan: Plan) -> tuple[PowerCurve, PowerCurve]:
    """Power by clients per arm and by true effect: both follow from one function, tabulated once, as looks make it
    expensive."""
    reach = math.sqrt(plan.n_per_arm / plan.n_exact)
    clients = np.linspace(0, 2 * max(plan.n_needed, plan.n_per_arm), CURVE)[1:].round()
    effects = plan.margin + (plan.effect - plan.margin) * np.linspace(0, 2, CURVE)
    of_clients = np.sqrt(clients / plan.n_exact)
    known = np.linspace(0, max(of_clients[-1], 2 * reach), KNOTS)
    power = np.array([plan.design.power_at(float(multiple)) for multiple in known])
    return (
        PowerCurve(clients, _between(of_clients, known, power)),
        PowerCurve(effects, _between(_reach(plan, effects), known, power)),
    )


def _reach(plan: Plan, effects: NDArray[np.float64]) -> NDArray[np.float64]:
    """True effects in units of the one that these clients find with the planned power; the spread of rates and counts
    changes with it."""
    at_plan = math.sqrt(plan.n_per_arm / plan.n_exact)
    distances = (effects - plan.margin) / (plan.effect - plan.margin)
    if plan.base_rate is None or not plan.follows:
        return np.asarray(distances * at_plan)
    most = 1 - plan.base_rate if plan.kind == "proportion" else math.inf
    possible = np.clip(effects, -plan.base_rate * (1 - TINY), most * (1 - TINY))
    of_arms = Design(**plan.comparison)
    planned = of_arms.spreads(plan.effect)[1]
    spread = [of_arms.spreads(float(effect))[1] for effect in possible]
    return np.asarray(distances * at_plan * planned / np.asarray(spread))


def _between(
    x: NDArray[np.float64], known: NDArray[np.float64], power: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Power at x: its normal quantile is almost a straight line, so that a few points give it to 0.0012."""
    quantiles = ndtri(np.clip(power, TINY, 1 - TINY))
    return np.asarray(ndtr(np.interp(x, known, quantiles)), dtype=np.float64)
