"""Regret bounds for Bernoulli arms: the lower bound for any policy, and the upper bound of UCB1."""

import math
from collections.abc import Sequence

from liftstream.experiment.arguments import refuse, whole, within


def kl_bernoulli(p: float, q: float) -> float:
    """Kullback-Leibler divergence of Bernoulli(p) from Bernoulli(q), in nats; infinite where q excludes what p
    allows."""
    parts = ((within("p", p, 0, 1), within("q", q, 0, 1)), (1 - p, 1 - q))
    if any(x > 0 and y == 0 for x, y in parts):
        return math.inf
    return sum(x * math.log(x / y) for x, y in parts if x > 0)


def lai_robbins_constant(means: Sequence[float]) -> float:
    """Regret grows at least like this times ln n: sum of gap/KL(arm, best) (Lai and Robbins 1985)."""
    best = _best(means)
    return sum((best - p) / kl_bernoulli(p, best) for p in means if p < best)


def ucb1_regret_bound(means: Sequence[float], n: int) -> float:
    """Expected regret of UCB1 after n choices is below 8 sum ln n/gap + (1 + pi^2/3) sum gap (Auer et al. 2002)."""
    best = _best(means)
    gaps = [best - p for p in means if p < best]
    return sum(8 * math.log(whole("n", n, 1)) / gap for gap in gaps) + (1 + math.pi**2 / 3) * sum(gaps)


def _best(means: Sequence[float]) -> float:
    if not means:
        refuse("means", list(means), "at least one number in 0..1")
    return max(within("means", p, 0, 1) for p in means)
