"""One experiment's clients, for us and for tea-tasting: a second library that must find the same."""

from functools import cache

import numpy as np
import pyarrow
import tea_tasting as tt

LEVEL = {"alpha": 0.05, "alternative": "two-sided"}


@cache
def clients() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(21)
    n = 4_000
    variant = rng.integers(0, 2, n)
    before = rng.gamma(2, 10, n)
    orders = rng.poisson(2, n) + 1
    revenue = 0.6 * before + rng.gamma(2, 5, n) + 0.6 * variant + orders
    return {"variant": variant, "revenue": revenue, "orders": orders.astype(float), "before": before}


def halves(*names: str) -> list[tuple[np.ndarray, ...]]:
    data = clients()
    return [tuple(data[name][data["variant"] == arm] for name in names) for arm in (0, 1)]


def theirs(metric: object) -> object:
    return tt.Experiment(m=metric).analyze(pyarrow.table(clients()))["m"]
