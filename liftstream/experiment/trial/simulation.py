"""Measures the error rates of a plan by simulation: many experiments with a known truth, with the rules of the verdict.

An A/A run (effect 0) shows how often the plan raises a false alarm, an A/B run how often it finds the effect. The
bounds are `bounds_at`, the test is `welch_error` and `normal_score`, the rule is `rule_of`: what verdicts are made of,
over arrays of experiments.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import number, one_of, refuse, whole
from liftstream.experiment.compare.comparison import normal_scores
from liftstream.experiment.compare.means import welch_error
from liftstream.experiment.numerics.binomial import Band, acceptance_band
from liftstream.experiment.numerics.normal import z_of_tail
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.experiment.trial.plans import ORIGINAL, Plan

Array = NDArray[np.float64]
CHUNK = 4_000_000
"""Numbers drawn at a time, so that memory stays small."""
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


@dataclass(frozen=True, repr=False)
class Simulated(Record):
    """What the experiments of a plan said when the truth was known."""

    runs: int
    effect: float
    """True difference in $ per client."""
    revenue: str
    seed: int
    verdicts: dict[str, int]
    """How many runs ended with each word."""
    rate: float
    """Share of the runs that rejected: `improves`, and `harms` with two sides."""
    expected: float
    """alpha for an A/A run, the plan's achieved power at the true effect otherwise."""
    band: Band
    """Where the number of rejections lies 999 times of 1,000 if `expected` is true."""
    within: bool
    """Whether it does; for A/A runs not more than the band's end is asked."""
    mean_clients: float
    """Mean clients of both arms together, until the verdict."""
    naive_rate: float
    """Share of runs in which an ordinary p-value was below alpha at one of the looks."""
    decided_at: tuple[int, ...] = field(default=())
    """How many runs ended at each look."""


def simulate(
    plan: Plan, *, effect: float = 0.0, runs: int = 1000, revenue: str = "gamma", seed: int = 1
) -> Simulated:
    """Runs experiments of a plan with one candidate whose clients bring `effect` $ more each.

    Args:
        runs: how many experiments.
        revenue: how money is spread: `gamma` (the simulated shop's), `lognormal`, `buyers` (most buy nothing), `normal`.
    """
    one_of("revenue", revenue, REVENUES)
    whole("runs", runs, 1)
    number("effect", effect)
    if len(plan.candidates) != 1 or plan.covariate or plan.cap:
        refuse("plan", plan.candidates, "one candidate, without covariate and cap")
    if max(plan.clients.values()) > CHUNK:
        refuse("n_per_arm", plan.n_per_arm, f"at most {CHUNK:,} clients per arm, which are drawn one by one")
    rng = np.random.default_rng(seed)
    counts = [0, 0, 0]
    clients, naive = 0.0, 0
    decided = np.zeros(len(plan.times), dtype=np.int64)
    for z, losses in _chunks(plan, runs, lambda shape: REVENUES[revenue](rng, plan.sd, shape), effect):
        words, at = first_decision(plan, z, losses)
        counts = [total + int((words == word).sum()) for total, word in zip(counts, (1, -1, 0), strict=True)]
        clients += float(np.asarray(plan.look_clients)[at].sum())
        decided += np.bincount(at, minlength=decided.size)
        naive += int(_naive(plan, z).sum())
    verdicts = dict(zip(("improves", "harms", "no improvement"), counts, strict=True))
    rejected = counts[0] + (counts[1] if plan.two_sided else 0)
    expected = plan.alpha if effect == 0 else _power(plan, effect)
    band = acceptance_band(runs, min(max(expected, 1e-9), 1 - 1e-9))
    return Simulated(
        runs=runs,
        effect=effect,
        revenue=revenue,
        seed=seed,
        verdicts=verdicts,
        rate=rejected / runs,
        expected=expected,
        band=band,
        within=rejected <= band.max_rejections if effect == 0 and len(plan.times) > 1 else rejected in band,
        mean_clients=clients / runs,
        naive_rate=naive / runs,
        decided_at=tuple(int(n) for n in decided),
    )


def first_decision(
    plan: Plan, z: Array, losses: Array | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The decision of every experiment (1 improves, -1 harms, 0 neither) and the look at which it fell.

    Args:
        z: statistics, experiments by looks.
        losses: the same against the margin of harm, where it is another one.
    """
    upper, lower, _ = bounds_at(plan.design, plan.times, True)
    futility = np.asarray(lower) if plan.futility else np.full(len(upper), -np.inf)
    high = np.asarray(upper)
    wins, harms, given_up = z >= high, (z if losses is None else losses) <= -high, z < futility
    given_up[:, -1] = True  # the last look decides either way
    at = (wins | harms | given_up).argmax(axis=1)
    rows = np.arange(len(z))
    word = np.where(wins[rows, at], 1, np.where(harms[rows, at], -1, 0))
    return word, at.astype(np.int64)


def _naive(plan: Plan, z: Array) -> NDArray[np.bool_]:
    level = z_of_tail(plan.alpha / (2 if plan.two_sided else 1))
    return np.asarray(((np.abs(z) if plan.two_sided else z) >= level).any(axis=1))


def _power(plan: Plan, effect: float) -> float:
    """Probabilities of the design at the true effect: its bounds with the drift that the planned clients give."""
    sizes = plan.clients
    drift = (effect - plan.margin) / (
        plan.sd * math.sqrt(1 / sizes[ORIGINAL] + 1 / sizes[plan.candidates[0]])
    )
    return plan.design.power_at(drift / plan.design.drift)


def _chunks(
    plan: Plan, runs: int, draw: Callable[[tuple[int, int]], Array], effect: float
) -> Iterator[tuple[Array, Array]]:
    """z of all looks, against both margins, for as many experiments at a time as memory allows."""
    largest = max(plan.clients.values())
    size = max(1, CHUNK // largest)
    for start in range(0, runs, size):
        yield _statistics(plan, min(size, runs - start), draw, effect)


def _statistics(
    plan: Plan, runs: int, draw: Callable[[tuple[int, int]], Array], effect: float
) -> tuple[Array, Array]:
    """Welch's t as normal scores, experiments by looks, from clients drawn one by one."""
    sizes = plan.clients
    arms = [_moments(draw, runs, [math.ceil(t * sizes[name]) for t in plan.times]) for name in plan.arms]
    (n_a, mean_a, m2_a), (n_b, mean_b, m2_b) = arms
    se, df = welch_error(m2_a / (n_a - 1) / n_a, m2_b / (n_b - 1) / n_b, n_a, n_b)
    z = normal_scores((mean_b - mean_a + effect - plan.margin) / se, df)
    if plan.harm_margin == plan.margin:
        return z, z
    return z, normal_scores((mean_b - mean_a + effect - plan.harm_margin) / se, df)


def _moments(
    draw: Callable[[tuple[int, int]], Array], runs: int, ends: list[int]
) -> tuple[Array, Array, Array]:
    """Count, mean and squared deviations at each look, merged from what came in between (Chan)."""
    n, mean, m2, before = 0.0, np.zeros(runs), np.zeros(runs), 0
    means, squares = [], []
    for end in ends:
        new = draw((runs, end - before))
        count = new.shape[1]
        its_mean = new.mean(axis=1)
        its_m2 = np.einsum("ij,ij->i", new, new) - count * its_mean**2
        apart = its_mean - mean
        m2 = m2 + its_m2 + apart**2 * (n * count / (n + count))
        mean = mean + apart * (count / (n + count))
        n, before = n + count, end
        means.append(mean)
        squares.append(m2)
    return np.asarray(ends, dtype=np.float64), np.stack(means, axis=1), np.stack(squares, axis=1)
