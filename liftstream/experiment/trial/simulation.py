"""Measures the error rates of a plan by simulation: many experiments with a known truth, with the rules of the verdict.

A run without an effect (of 0, or of the margin) shows how often the plan raises a false alarm, one with it how often it
is found. The bounds are `bounds_at`, the test is `welch_error` and `normal_scores`: what verdicts are made of, over
arrays of experiments.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.arguments import number, one_of, refuse, whole
from liftstream.experiment.compare.comparison import normal_scores
from liftstream.experiment.compare.means import welch_error
from liftstream.experiment.metrics.simulated_arms import REVENUES, SimulatedArms, simulated_arms
from liftstream.experiment.numerics.binomial import Band, acceptance_band
from liftstream.experiment.numerics.normal import z_of_tail
from liftstream.experiment.record import Record
from liftstream.experiment.sequential.sequential_design import bounds_at
from liftstream.experiment.trial.plans import Plan

Array = NDArray[np.float64]
ArmDraw = Callable[[tuple[int, int]], Array]
CHUNK = 4_000_000
"""Numbers drawn at a time, so that memory stays small."""
SURE = 100.0
"""Times the planned effect from which it is found for sure."""


@dataclass(frozen=True, repr=False)
class Simulated(Record):
    """What the experiments of a plan said when the truth was known."""

    runs: int
    effect: float
    """True difference, in $ per client (of rates: 0.01 is one point)."""
    revenue: str
    """How money was spread; of other kinds what was drawn: `zeros and ones`, `Poisson counts`, ..."""
    seed: int
    verdicts: dict[str, int]
    """How many runs ended with each word."""
    rate: float
    """Share of the runs that rejected: `improves`, and `harms` with two sides."""
    expected: float
    """alpha where the true effect is the null hypothesis, otherwise the plan's power at it."""
    band: Band
    """Where the number of rejections lies 999 times of 1,000 if `expected` is true."""
    within: bool
    """Whether it does; where alpha is expected of several looks, not more than the band's end is asked."""
    mean_clients: float
    """Mean clients of both arms together, until the verdict."""
    naive_rate: float
    """Share of runs in which an ordinary p-value was below alpha at one of the looks."""
    decided_at: tuple[int, ...] = field(default=())
    """How many runs ended at each look."""


def simulate(
    plan: Plan, *, effect: float = 0.0, runs: int = 1000, revenue: str = "gamma", seed: int = 1
) -> Simulated:
    """Runs experiments of a plan with one candidate whose mean is `effect` above the original's.

    Clients of a `base_rate` are zeros and ones, or counts: Poisson's, negative binomial where the plan's sd is larger.

    Args:
        runs: how many experiments.
        revenue: how money is spread: `gamma` (the simulated shop's), `lognormal`, `buyers` (most buy nothing), `normal`.
    """
    one_of("revenue", revenue, REVENUES)
    whole("runs", runs, 1)
    number("effect", effect)
    others = {"candidates": plan.candidates[1:], "covariate": plan.covariate, "cap": plan.cap}
    if any(others.values()):
        refuse(
            "plan",
            {name: one for name, one in others.items() if one},
            "one candidate, without covariate and cap",
        )
    if max(plan.clients.values()) > CHUNK:
        refuse("n_per_arm", plan.n_per_arm, f"at most {CHUNK:,} clients per arm, which are drawn one by one")
    simulated = simulated_arms(
        plan.kind, effect=effect, sd=plan.sd, base_rate=plan.base_rate, revenue=revenue
    )
    rng = np.random.default_rng(seed)
    counts = [0, 0, 0]
    clients, naive = 0.0, 0
    decided = np.zeros(len(plan.times), dtype=np.int64)
    for z, losses in _chunks(plan, runs, simulated, rng):
        words, at = first_decision(plan, z, losses)
        counts = [total + int((words == word).sum()) for total, word in zip(counts, (1, -1, 0), strict=True)]
        clients += float(np.asarray(plan.look_clients)[at].sum())
        decided += np.bincount(at, minlength=decided.size)
        naive += int(_naive(plan, z).sum())
    verdicts = dict(zip(("improves", "harms", "no improvement"), counts, strict=True))
    rejected = counts[0] + (counts[1] if plan.two_sided else 0)
    null = effect == plan.margin
    expected = plan.alpha if null else _power(plan, effect, simulated)
    band = acceptance_band(runs, min(max(expected, 1e-9), 1 - 1e-9))
    return Simulated(
        runs=runs,
        effect=effect,
        revenue=simulated.drawn,
        seed=seed,
        verdicts=verdicts,
        rate=rejected / runs,
        expected=expected,
        band=band,
        within=rejected <= band.max_rejections if null and len(plan.times) > 1 else rejected in band,
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


def _power(plan: Plan, effect: float, simulated: SimulatedArms) -> float:
    """Probability that the design rejects at the true effect: its bounds with the drift that the planned clients give."""
    error = math.hypot(
        *(arm.sd / math.sqrt(n) for arm, n in zip(simulated.arms, plan.clients.values(), strict=True))
    )
    multiple = (effect - plan.margin) / simulated.unit / error / plan.design.drift
    multiple = max(-SURE, min(SURE, multiple))
    other = plan.design.power_at(-multiple) if plan.two_sided else 0.0
    return plan.design.power_at(multiple) + other


def _chunks(
    plan: Plan, runs: int, simulated: SimulatedArms, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """z of all looks, against both margins, for as many experiments at a time as memory allows."""
    largest = max(plan.clients.values())
    size = max(1, CHUNK // largest)
    for start in range(0, runs, size):
        yield _statistics(plan, min(size, runs - start), simulated, rng)


def _statistics(
    plan: Plan, runs: int, simulated: SimulatedArms, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Welch's t as normal scores, experiments by looks, from clients drawn one by one."""
    arms = [
        _moments(partial(arm.draw, rng), runs, [math.ceil(t * n) for t in plan.times])
        for arm, n in zip(simulated.arms, plan.clients.values(), strict=True)
    ]
    (n_a, mean_a, m2_a), (n_b, mean_b, m2_b) = arms
    alike = m2_a + m2_b == 0  # nobody did anything yet, or everybody: nothing is decided
    se, df = welch_error(np.where(alike, 1.0, m2_a / (n_a - 1) / n_a), m2_b / (n_b - 1) / n_b, n_a, n_b)
    difference = mean_b - mean_a + simulated.arms[1].more

    def scores(margin: float) -> Array:
        return np.where(alike, 0.0, normal_scores((difference - margin / simulated.unit) / se, df))

    z = scores(plan.margin)
    return z, z if plan.harm_margin == plan.margin else scores(plan.harm_margin)


def _moments(draw: ArmDraw, runs: int, ends: list[int]) -> tuple[Array, Array, Array]:
    """Count, mean and squared deviations at each look, merged from what came in between (Chan)."""
    n, mean, m2, before = 0.0, np.zeros(runs), np.zeros(runs), 0
    means, squares = [], []
    for end in ends:
        new = draw((runs, end - before))
        count = new.shape[1]
        its_mean = new.mean(axis=1)
        its_m2 = np.maximum(0.0, np.einsum("ij,ij->i", new, new) - count * its_mean**2)
        apart = its_mean - mean
        m2 = m2 + its_m2 + apart**2 * (n * count / (n + count))
        mean = mean + apart * (count / (n + count))
        n, before = n + count, end
        means.append(mean)
        squares.append(m2)
    return np.asarray(ends, dtype=np.float64), np.stack(means, axis=1), np.stack(squares, axis=1)
