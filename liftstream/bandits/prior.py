"""The prior of a new arm, from the first periods of earlier ones (empirical Bayes)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from liftstream.bandits.negative_binomial import log_probability
from liftstream.bandits.policies.evidence import Floats
from liftstream.experiment.arguments import positive, refuse
from liftstream.experiment.record import Record

FEWEST_ARMS = 3
MOST_PERIODS = 10
"""The prior weighs no more than this many first periods, however alike the arms were."""


@dataclass(frozen=True, repr=False)
class Prior(Record):
    """A gamma prior of a success rate."""

    mu_0: float
    sigma_0: float
    fitted: bool = True
    reason: str = ""
    """Why the configured prior was kept, or the fitted one widened; else empty."""

    @property
    def effective_sample_size(self) -> float:
        """mu/sigma^2: how many trials the prior is worth."""
        return self.mu_0 / self.sigma_0**2

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "effective_sample_size": self.effective_sample_size}


def prior_log_likelihood(
    trials: ArrayLike, successes: ArrayLike, mu: float, sigma: float, *, constant: bool = True
) -> float:
    """Log-likelihood of first-period counts: negative binomial, a gamma-mixed Poisson.

    Args:
        trials: of each arm in its first period.
        constant: with the terms that do not depend on mu and sigma.
    """
    n, r = checked_counts(trials, successes)
    a, b = (positive("mu", mu) / positive("sigma", sigma)) ** 2, mu / sigma**2
    found = log_probability(r, n, a, b)
    if not constant:
        found = found - special.xlogy(r, n) + special.gammaln(r + 1)
    return float(found.sum())


def fit_prior(trials: ArrayLike, successes: ArrayLike, otherwise: Prior | None = None) -> Prior:
    """The gamma prior of greatest likelihood.

    Args:
        otherwise: what is kept where there are fewer than three arms or no success; by default mean 0.1, sd 0.05.
    """
    n, r = checked_counts(trials, successes)
    n, r = n[n > 0], r[n > 0]
    kept = otherwise or Prior(0.1, 0.05)
    if n.size < FEWEST_ARMS:
        return Prior(kept.mu_0, kept.sigma_0, False, f"{n.size} arms with trials; {FEWEST_ARMS} are needed")
    if r.sum() == 0:
        return Prior(kept.mu_0, kept.sigma_0, False, "no arm had a success in its first period")
    mu, sigma = _climb(n, r)
    most = MOST_PERIODS * float(np.median(n))
    if mu / sigma**2 > most:
        reason = f"the arms are alike: the weight is limited to {MOST_PERIODS} median first periods"
        return Prior(mu, float(np.sqrt(mu / most)), True, reason)
    return Prior(mu, sigma)


def _climb(n: Floats, r: Floats) -> tuple[float, float]:
    """Ascends in (ln mu, ln sigma); in (mu, sigma) the ascent leaves the domain."""
    mean = r.sum() / n.sum()
    scatter = max(float(np.std(r / n)), 1e-3 * mean)
    start = np.log([mean, scatter])

    def loss(point: Floats) -> tuple[float, Floats]:
        mu, sigma = np.exp(point)
        return -prior_log_likelihood(n, r, mu, sigma), -_slope(n, r, mu, sigma)

    around = [(start[0] - 5, start[0] + 5), (start[1] - 10, start[1] + 5)]
    found = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=around, options={"ftol": 1e-14}
    )
    mu, sigma = np.exp(found.x)
    return float(mu), float(sigma)


def _slope(n: Floats, r: Floats, mu: float, sigma: float) -> Floats:
    """Gradient of the log-likelihood in (ln mu, ln sigma)."""
    a, b = (mu / sigma) ** 2, mu / sigma**2
    in_a = float((special.digamma(r + a) - special.digamma(a) + np.log(b) - np.log(b + n)).sum())
    in_b = float((a / b - (a + r) / (b + n)).sum())
    return np.array([2 * a * in_a + b * in_b, -2 * a * in_a - 2 * b * in_b])


def checked_counts(trials: ArrayLike, successes: ArrayLike) -> tuple[Floats, Floats]:
    """Both as arrays of one length.

    Raises:
        ValueError: lengths differ, a count is negative, infinite or missing, or there are successes without trials.
    """
    n, r = np.asarray(trials, float), np.asarray(successes, float)
    if n.shape != r.shape:
        refuse("successes", f"{r.shape[0]} values", f"as many values as trials, {n.shape[0]}")
    for name, values in (("trials", n), ("successes", r)):
        wrong = values[~(np.isfinite(values) & (values >= 0))]
        if wrong.size:
            refuse(name, float(wrong[0]), "counts of at least 0")
    if (without := r[(n == 0) & (r > 0)]).size:
        refuse("successes", float(without[0]), "0 where there were no trials")
    return n, r
