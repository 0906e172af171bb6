"""Bayesian summaries, with explicit priors: the probability that the candidate is better, and the expected loss of a
wrong choice.

Means: normal likelihood with the standard error found, normal prior for the effect. Rates: beta priors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import special

from liftstream.experiment.arguments import number, positive, refuse
from liftstream.experiment.compare.comparison import critical, upper_tail
from liftstream.experiment.compare.proportions import rate
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.beta import log_density
from liftstream.experiment.numerics.finite import finite_or_none
from liftstream.experiment.record import Record

POINTS = 400
"""Gauss-Legendre points; the integrands are smooth, so 400 give 12 digits."""
NORMAL_FROM = 1e6
"""Degrees of freedom from which Student's density is the normal one to 6 digits, and differences of log-gammas are worse."""
CUTS = (-40, -12, -4, 0, 4, 12, 40)
"""Panels of the integrals, in standard deviations around each mean; the log odds of few conversions have long tails."""
FAR = 500.0
"""Log odds below minus this are no rates that a double holds with all its digits."""


@dataclass(frozen=True, repr=False)
class Belief(Record):
    """A Bayesian view of the candidate."""

    better: float
    """Probability that the candidate brings more."""
    loss_candidate: float | None
    """Expected loss of choosing the candidate, in the unit of the effect: $ per client; None where it is infinite, with one
    degree of freedom or less."""
    loss_original: float | None
    """Expected loss of staying with the original."""
    effect: float
    """Posterior mean."""
    sd: float | None
    """Posterior standard deviation; None where it is infinite, with two degrees of freedom or less."""
    low: float
    high: float
    """Central 95 % of the posterior."""
    prior: str


def believe_mean(
    effect: float, se: float, *, prior_mean: float = 0.0, prior_sd: float | None = None, df: float = math.inf
) -> Belief:
    """A difference of means.

    Args:
        prior_sd: how large effects usually are; None for the flat prior, which believes everything it sees.
        df: degrees of freedom with which the standard error is known (Welch's); under the flat prior the posterior is
            Student's, so that `better` is 1 - p. With `prior_sd` the standard error counts as known.
    """
    number("effect", effect)
    number("prior_mean", prior_mean)
    mean, scale, prior = effect, positive("se", se), "flat"
    if prior_sd is not None:
        shrink = positive("prior_sd", prior_sd) ** 2 / (prior_sd**2 + scale**2)
        mean, scale = prior_mean + shrink * (effect - prior_mean), math.sqrt(shrink * scale**2)
        prior, df = f"normal, mean {prior_mean:g}, sd {prior_sd:g}", math.inf
    t = mean / scale
    reach = float(critical(0.025, df)) * scale
    wider = 1.0 if math.isinf(df) else math.sqrt(df / (df - 2)) if df > 2 else math.inf
    return Belief(
        better=float(upper_tail(-t, df)),
        loss_candidate=finite_or_none(scale * _loss(t, df)),
        loss_original=finite_or_none(scale * _loss(-t, df)),
        effect=mean,
        sd=finite_or_none(scale * wider),
        low=mean - reach,
        high=mean + reach,
        prior=prior,
    )


def _loss(t: float, df: float) -> float:
    """E[max(0, -X)] of X around t with scale 1, normal or Student's; infinite where Student's has no mean."""
    if df <= 1:
        return math.inf
    if df > NORMAL_FROM:
        return max(0.0, normal.density(t) - t * normal.upper_tail(t))
    height = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(df * math.pi)
    density = height * math.exp(-(df + 1) / 2 * math.log1p(t * t / df))
    return max(0.0, (df + t * t) / (df - 1) * density - t * float(upper_tail(t, df)))


def believe_rates(
    converted_original: int,
    n_original: int,
    converted_candidate: int,
    n_candidate: int,
    *,
    prior: tuple[float, float] = (1.0, 1.0),
) -> Belief:
    """A difference of conversion rates, with the same beta prior for both."""
    shapes = []
    for converted, n in ((converted_original, n_original), (converted_candidate, n_candidate)):
        rate(converted, n)
        shapes.append((positive("prior", prior[0]) + converted, positive("prior", prior[1]) + n - converted))
    (a, b), (c, d) = shapes
    log_odds, weight = _log_odds_grid(shapes)
    below_original, below_candidate = _below(a, b, log_odds), _below(c, d, log_odds)
    density = np.exp(log_density(c, d, log_odds - math.log(c / d)))
    density /= weight @ density
    width = weight * special.expit(log_odds) * special.expit(-log_odds)  # in rates
    mean, variance = c / (c + d) - a / (a + b), _beta_variance(a, b) + _beta_variance(c, d)
    reach = normal.z_of_tail(0.025) * math.sqrt(variance)
    return Belief(
        better=float(weight @ (density * below_original)),
        loss_candidate=float(width @ (below_candidate * (1 - below_original))),
        loss_original=float(width @ (below_original * (1 - below_candidate))),
        effect=mean,
        sd=math.sqrt(variance),
        low=mean - reach,
        high=mean + reach,
        prior=f"beta({prior[0]:g}, {prior[1]:g}) for both rates",
    )


def _beta_variance(a: float, b: float) -> float:
    return a * b / ((a + b) ** 2 * (a + b + 1))


def _log_odds_grid(shapes: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre over the log odds of both rates, in panels around their means and around even odds.

    There the density is smooth for all parameters; over rates it is infinite at the end where nobody (or everybody)
    converted and the prior is below 1.
    """
    edges = {float(k) for k in CUTS}
    for a, b in shapes:
        mean = float(special.digamma(a) - special.digamma(b))
        sd = math.sqrt(special.polygamma(1, a) + special.polygamma(1, b))
        edges |= {mean + k * sd for k in CUTS}
    return _panels(sorted(edges))


def _below(a: float, b: float, log_odds: np.ndarray) -> np.ndarray:
    """P(a beta rate is below these odds)."""
    lower, upper = (_lower_tail(*at) for at in ((a, b, log_odds), (b, a, -log_odds)))
    return np.where(log_odds < 0, lower, 1 - upper)


def _lower_tail(a: float, b: float, log_odds: np.ndarray) -> np.ndarray:
    """P(a beta rate is below these odds), for odds up to 1; far down the series' first term, as rates underflow there."""
    odds = np.minimum(log_odds, 0.0)
    first = np.exp(a * np.minimum(odds, -FAR) - math.log(a) - special.betaln(a, b))
    return np.asarray(np.where(odds < -FAR, first, special.betainc(a, b, special.expit(odds))))


_rule = cache(np.polynomial.legendre.leggauss)


def _panels(edges: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    node, weight = _rule(POINTS // 4)
    x = [(high + low) / 2 + (high - low) / 2 * node for low, high in pairwise(edges)]
    w = [(high - low) / 2 * weight for low, high in pairwise(edges)]
    return np.concatenate(x), np.concatenate(w)


def probability_best(means: Sequence[float], ses: Sequence[float]) -> tuple[float, ...]:
    """Probability of each arm to have the largest mean, normal posteriors (what Thompson sampling draws from)."""
    if len(means) != len(ses) or len(means) == 0:
        refuse("ses", list(ses), f"one for each of {len(means)} means, at least one")
    centre = np.asarray([number("means", mean) for mean in means])
    spread = np.asarray([positive("ses", se) for se in ses])
    edges = sorted({float(c + k * s) for c, s in zip(centre, spread, strict=True) for k in CUTS})
    x, weight = _panels(edges) if len(edges) > 1 else (centre, np.ones(1))
    z = (x[:, None] - centre) / spread
    below = special.ndtr(z)
    density = np.exp(-0.5 * z**2) / (spread * math.sqrt(2 * math.pi))
    best = [
        float(weight @ (density[:, i] * np.prod(np.delete(below, i, axis=1), axis=1)))
        for i in range(centre.size)
    ]
    return tuple(p / sum(best) for p in best)
