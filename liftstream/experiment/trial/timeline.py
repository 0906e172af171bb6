"""The difference over time: what an always-valid interval would have said as clients came."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.anytime.confidence_sequence import always_valid
from liftstream.experiment.data.client_data import ClientData
from liftstream.experiment.record import Record
from liftstream.experiment.trial.plans import ORIGINAL, Plan
from liftstream.experiment.trial.replay import counted

LEAST = 30
"""Clients per arm from which a picture begins; before, the interval is wider than any axis."""


@dataclass(frozen=True, repr=False)
class ConfidencePoint(Record):
    """One point in time."""

    clients: int
    """Clients of all arms."""
    effect: float
    ci_low: float
    ci_high: float


def interval_over_time(
    plan: Plan, data: ClientData, candidate: str, points: int = 120
) -> list[ConfidencePoint]:
    """Effect and always-valid interval after growing numbers of clients, in order of arrival.

    The level is the plan's (1 - 2 alpha with one side), the tuning its number of clients. Without the covariate: the
    picture shows money itself.
    """
    money = counted(plan, data.revenue)
    centred = money - money.mean()  # so that cumulative squares keep their digits
    original, other = (_cumulative(data, centred, name) for name in (ORIGINAL, candidate))
    ready = np.flatnonzero((original[0] >= LEAST) & (other[0] >= LEAST))
    if ready.size == 0:
        return []
    at = np.unique(np.linspace(ready[0], data.clients - 1, min(points, ready.size)).astype(np.int64))
    sizes = plan.clients
    found = []
    for i in at:
        (n_a, mean_a, var_a), (n_b, mean_b, var_b) = ([x[i] for x in arm] for arm in (original, other))
        se = math.sqrt(var_a / n_a + var_b / n_b)
        if se > 0:
            now = always_valid(
                mean_b - mean_a,
                se,
                n_a + n_b,
                tuned_at=sizes[ORIGINAL] + sizes[candidate],
                alpha=plan.alpha * (1 if plan.two_sided else 2),
            )
            found.append(ConfidencePoint(int(i) + 1, now.effect, now.ci_low or 0.0, now.ci_high or 0.0))
    return found


def _cumulative(
    data: ClientData, money: NDArray[np.float64], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Clients, mean and variance of an arm after each client of the experiment."""
    mine = data.who(name)
    n = np.cumsum(mine).astype(np.float64)
    total = np.cumsum(np.where(mine, money, 0.0))
    squares = np.cumsum(np.where(mine, money * money, 0.0))
    mean = total / np.maximum(n, 1)
    return n, mean, np.maximum(0.0, squares - n * mean**2) / np.maximum(n - 1, 1)
