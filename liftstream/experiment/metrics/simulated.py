"""Measures the error rates of every kind of metric by simulation: many experiments with a known truth.

An A/A run shows how often a metric is called improved when nothing changed. A guard's run has its true effect at the
margin, and shows how often it is wrongly called held. With own clients (`data`) every experiment draws from them, with
replacement.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from liftstream.experiment.arguments import number, one_of, positive, refuse, significance, whole
from liftstream.experiment.metrics.judge import Sample, compare_metric, question_of
from liftstream.experiment.metrics.metric import Metric
from liftstream.experiment.numerics.binomial import Band, acceptance_band
from liftstream.experiment.record import Record

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Sample]


RATE = 0.1
"""Rate of a proportion whose clients are simulated."""


def _money(rng: np.random.Generator, n: int) -> Sample:
    """Money as in the simulated shop."""
    return Sample(rng.gamma(1.86, 10.75, n))


def _proportion(rng: np.random.Generator, n: int) -> Sample:
    return Sample((rng.random(n) < RATE).astype(np.float64))


def _count(rng: np.random.Generator, n: int) -> Sample:
    """Counts that spread wider than Poisson's."""
    return Sample(rng.negative_binomial(2, 0.4, n).astype(np.float64))


def _mean(rng: np.random.Generator, n: int) -> Sample:
    return Sample(rng.lognormal(0, 0.5, n))


def _ratio(rng: np.random.Generator, n: int) -> Sample:
    """Clicks over views; clients differ in both, and a client's views hang together."""
    views = 1 + rng.negative_binomial(2, 0.3, n)
    return Sample(rng.binomial(views, rng.beta(2, 8, n)).astype(np.float64), views.astype(np.float64))


DRAWS: dict[str, Draw] = {
    "money": _money, "proportion": _proportion, "count": _count, "mean": _mean, "ratio": _ratio, "quantile": _mean,
}  # fmt: skip
"""How clients of each kind are drawn, if no data are given."""


@dataclass(frozen=True, repr=False)
class SimulatedMetric(Record):
    """What the tests of a metric said when the truth was known."""

    metric: str
    kind: str
    role: str
    runs: int
    n_per_arm: int
    effect: float
    """True difference, candidate minus original; of a guard its margin."""
    rate: float
    """Share of runs that found an improvement (of a guard: that it holds)."""
    expected: float | None
    """alpha, where nothing is to be found; None for an effect, whose rate is the power."""
    band: Band | None
    """Where the number of findings lies 999 times of 1,000 if `expected` is true."""
    within: bool
    """Whether there are not more than that."""
    method: str


def simulate_metric(
    metric: Metric,
    *,
    n: int = 1000,
    runs: int = 1000,
    effect: float = 0.0,
    alpha: float = 0.05,
    data: Sample | ArrayLike | None = None,
    seed: int = 1,
) -> SimulatedMetric:
    """Experiments on one metric whose truth is known.

    Args:
        metric: with its kind; a guard is put at its margin, so that each finding is an error.
        n: clients per arm.
        effect: true difference added to each client of the candidate (to the numerator of a ratio: times the denominator).
        data: clients of one's own to draw from; default: made ones of the metric's kind.

    Raises:
        ValueError: the metric has no kind, or an argument makes no sense.
    """
    kind = one_of("kind", metric.kind, DRAWS)
    significance("alpha", alpha)
    whole("runs", runs, 1)
    whole("n", n, 2)
    number("effect", effect)
    pool = (
        data
        if data is None or isinstance(data, Sample)
        else Sample(np.asarray(data, dtype=np.float64).ravel())
    )
    if pool is not None and pool.n < 2:
        refuse("data", pool.n, "at least 2 clients")
    rng = np.random.default_rng(seed)
    truth = _margin_of(metric, pool, rng) if metric.role == "guard" else effect
    rate = RATE if pool is None else float(pool.y.mean())
    asked = question_of(metric, False)
    found, method = 0, ""
    for _ in range(runs):
        original, candidate = (_drawn(pool, kind, rng, n) for _ in range(2))
        try:
            said = compare_metric(metric, original, _shifted(candidate, kind, truth, rate, rng), asked, alpha)
        except ValueError:
            continue  # nobody converted in either arm: nothing is found
        found += said.pvalue < alpha
        method = said.method
    null = metric.role == "guard" or effect == 0
    band = acceptance_band(runs, alpha) if null else None
    return SimulatedMetric(
        metric=metric.name,
        kind=kind,
        role=metric.role,
        runs=runs,
        n_per_arm=n,
        effect=truth,
        rate=found / runs,
        expected=alpha if null else None,
        band=band,
        within=band is None or found <= band.max_rejections,
        method=method,
    )


def _margin_of(metric: Metric, pool: Sample | None, rng: np.random.Generator) -> float:
    """The worsening at which a guard just does not hold any more."""
    margin = positive("margin", metric.margin)
    if metric.relative_margin:
        clients = pool or DRAWS[metric.kind or "mean"](rng, 1_000_000)
        if metric.quantile is None:
            margin *= abs(float(clients.y.mean() / (1.0 if clients.d is None else clients.d.mean())))
        else:
            margin *= abs(float(np.quantile(clients.y, metric.quantile)))
    return -margin if metric.direction == "more" else margin


def _drawn(pool: Sample | None, kind: str, rng: np.random.Generator, n: int) -> Sample:
    if pool is None:
        return DRAWS[kind](rng, n)
    return pool.some(rng.integers(0, pool.n, n))


def _shifted(arm: Sample, kind: str, effect: float, rate: float, rng: np.random.Generator) -> Sample:
    if effect == 0:
        return arm
    if kind == "proportion":
        return Sample(_flipped(arm.y, effect, rate, rng), arm.d, arm.x, arm.xd)
    shift = effect if arm.d is None else effect * arm.d
    return Sample(arm.y + shift, arm.d, arm.x, arm.xd)


def _flipped(y: Array, effect: float, rate: float, rng: np.random.Generator) -> Array:
    """Clients whose true rate is another than `rate` by `effect`: each that did it did not after all, or the other way,
    by lot."""
    turned = y > 0 if effect < 0 else y == 0
    chance = min(1.0, abs(effect) / max(1e-12, rate if effect < 0 else 1 - rate))
    return np.where(turned & (rng.random(y.size) < chance), float(effect > 0), y)
