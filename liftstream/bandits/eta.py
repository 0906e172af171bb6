"""How fast rates drift, fitted by how well earlier periods predict each period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from liftstream.bandits.negative_binomial import log_probability
from liftstream.bandits.policies.dynamic import Dynamic, GammaBelief, drift, observe
from liftstream.bandits.policies.evidence import Floats
from liftstream.bandits.prior import checked_counts
from liftstream.experiment.arguments import not_negative, positive, refuse
from liftstream.experiment.record import Record

LEAST_MEAN = 1e-100
GRID = (0.0, 0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True, repr=False)
class Eta(Record):
    """The variance of the factor by which a rate changes in a period."""

    eta_variance: float
    loglik: float
    """Predictive log-likelihood of all periods after their prior."""
    grid: tuple[float, ...]
    grid_loglik: tuple[float, ...]
    fitted: bool = True
    reason: str = ""
    """Why the configured value was kept; else empty."""


def predictive_log_likelihood(
    trials: ArrayLike, successes: ArrayLike, mu_0: float, sigma_0: float, eta_variance: Any
) -> Floats:
    """Sum of one-step predictive log-likelihoods; periods without trials add nothing.

    The predictive of a period is negative binomial of size gamma mu and probability gamma/(gamma + n).

    Args:
        trials: of shape (periods,), or (periods, arms) for arms that began together.
        eta_variance: a number, or several at once.

    Returns:
        One number for each eta_variance, summed over arms.
    """
    n, r = checked_counts(np.atleast_1d(trials), np.atleast_1d(successes))
    eta = np.asarray(eta_variance, float)
    not_negative("eta_variance", float(eta.min()))
    column = eta.reshape(-1, *(1,) * (n.ndim - 1))
    shape = np.broadcast_shapes(column.shape, n.shape[1:])
    belief = GammaBelief(
        np.full(shape, positive("mu_0", mu_0)), np.full(shape, positive("sigma_0", sigma_0) ** 2)
    )
    total = np.zeros(column.shape[0])
    for n_t, r_t in zip(n, r, strict=True):
        foretold = log_probability(r_t, n_t, belief.rate * belief.mean, belief.rate)
        total += foretold.reshape(column.shape[0], -1).sum(axis=1)
        belief = _with_numbers(drift(observe(belief, n_t, r_t), column))
    return np.reshape(total, eta.shape)


def _with_numbers(belief: GammaBelief) -> GammaBelief:
    """The belief, no farther out than numbers go: mean and rate of one that drifts for thousands of idle or empty periods
    have none any more."""
    mean = np.maximum(belief.mean, LEAST_MEAN)
    return GammaBelief(mean, np.clip(belief.variance, mean * LEAST_MEAN, mean / LEAST_MEAN))


def fit_eta(
    histories: Sequence[tuple[ArrayLike, ArrayLike]],
    mu_0: float,
    sigma_0: float,
    otherwise: float = Dynamic.eta_variance,
) -> Eta:
    """The eta_variance that predicts the logged periods best.

    Args:
        histories: of each arm, trials and successes of all its periods from its first; a period in which it was not
            served has 0 trials.
        otherwise: what is kept where no arm had trials in two periods, or none had a success; by default that of the
            policy `dynamic`.
    """
    if not histories:
        refuse("histories", [], "at least one arm")
    checked = [checked_counts(n, r) for n, r in histories]
    counts = _side_by_side(checked)

    def loglik(eta: Any) -> Floats:
        return np.asarray(sum(predictive_log_likelihood(n, r, mu_0, sigma_0, eta) for n, r in counts))

    found = np.asarray(loglik(GRID))
    if reason := _silent(checked):
        kept = not_negative("otherwise", otherwise)
        return Eta(kept, float(loglik(kept)), GRID, tuple(found.tolist()), False, reason)
    best = int(found.argmax())
    low, high = GRID[max(best - 1, 0)], GRID[min(best + 1, len(GRID) - 1)]
    inside = optimize.minimize_scalar(
        lambda eta: -float(loglik(not_negative("eta", eta))), bounds=(low, high), method="bounded"
    )
    eta, value = (
        (float(inside.x), -float(inside.fun))
        if -inside.fun > found[best]
        else (GRID[best], float(found[best]))
    )
    return Eta(eta, value, GRID, tuple(found.tolist()))


def _silent(counts: Sequence[tuple[Floats, Floats]]) -> str:
    """Why the periods say nothing of drift; empty where they do."""
    if all(np.count_nonzero(n) < 2 for n, _ in counts):
        return "no arm had trials in two periods"
    return "" if any(r.any() for _, r in counts) else "no arm had a success"


def _side_by_side(counts: list[tuple[Floats, Floats]]) -> list[tuple[Floats, Floats]]:
    """Trials and successes of arms with as many periods, as columns: one pass over the periods for all of them."""
    alike: dict[tuple[int, ...], list[tuple[Floats, Floats]]] = {}
    for one in counts:
        alike.setdefault(one[0].shape, []).append(one)
    return [
        (np.stack(n, axis=1), np.stack(r, axis=1))
        for n, r in (zip(*arms, strict=True) for arms in alike.values())
    ]
