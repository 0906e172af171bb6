"""Off-policy evaluation: what another policy would have earned, from a log with propensities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from liftstream.bandits.policies.evidence import Floats
from liftstream.contracts.errors import InputError
from liftstream.experiment.arguments import fraction, positive, refuse, whole
from liftstream.experiment.numerics import normal
from liftstream.experiment.record import Record

LEAST_ESS = 100.0
"""Smallest effective sample size for which a value is given."""
CLIP = 10.0
RESAMPLES = 2000


@dataclass(frozen=True, repr=False)
class OffPolicyValue(Record):
    """Estimates of a policy's mean reward per decision."""

    ips: float
    """mean(w r), w = target propensity / logged propensity: unbiased, wide where weights are large."""
    snips: float
    """sum(w r) / sum(w): a little biased, narrower, and the same if all weights are scaled."""
    clipped: float
    """mean(min(w, clip) r): too low where weights were cut."""
    dm: float | None
    """mean of the reward model under the target policy: as good as the model."""
    dr: float | None
    """dm + mean(w (r - q)): right if the propensities or the model are."""
    ess: float
    """(sum w)^2 / sum w^2: how many decisions of its own the estimate is worth."""
    clip: float


def off_policy_value(
    reward: ArrayLike,
    propensity: ArrayLike,
    target: ArrayLike,
    *,
    clip: float = CLIP,
    model_of_choice: ArrayLike | None = None,
    model_under_target: ArrayLike | None = None,
) -> OffPolicyValue:
    """The value of a target policy, every estimator at once.

    Args:
        reward: of each logged decision.
        propensity: probability with which the log's policy chose what it chose, above 0.
        target: probability with which the target policy chooses the same.
        model_of_choice: expected reward of the choice by a model, for `dr`.
        model_under_target: expected reward of the target's choices by the model, for `dm` and `dr`.

    Raises:
        ValueError: lengths differ, or a probability is none; the message names the first row.
    """
    r, w = checked_weights(reward, propensity, target)
    positive("clip", clip)
    dm = dr = None
    if model_under_target is not None:
        dm = float(np.mean(_column("model_under_target", model_under_target, r.size)))
    if dm is not None and model_of_choice is not None:
        dr = dm + float(np.mean(w * (r - _column("model_of_choice", model_of_choice, r.size))))
    return OffPolicyValue(
        ips=float(np.mean(w * r)),
        snips=float(np.sum(w * r) / w.sum()) if w.any() else float("nan"),
        clipped=float(np.mean(np.minimum(w, clip) * r)),
        dm=dm,
        dr=dr,
        ess=effective_sample_size(w),
        clip=clip,
    )


def effective_sample_size(weights: ArrayLike) -> float:
    """(sum w)^2 / sum w^2 (Kish); 0 where all weights are 0."""
    w = np.asarray(weights, float)
    if not w.any():
        return 0.0
    w = w / np.abs(w).max()  # squares of very large weights have no number
    return float(w.sum()) ** 2 / float(w @ w)


def replay_value(reward: ArrayLike, chosen: ArrayLike, would_choose: ArrayLike) -> tuple[float, int]:
    """Mean reward of the rows where the target chooses what was logged, and their number (Li et al. 2011).

    Only for logs whose arms were drawn uniformly.
    """
    wanted = np.asarray(would_choose)
    r, logged = _column("reward", reward, wanted.size), np.asarray(chosen)
    if logged.shape != wanted.shape:
        refuse("chosen", logged.size, f"of {wanted.size} values")
    same = logged == wanted
    return (float(r[same].mean()) if same.any() else float("nan")), int(same.sum())


def bootstrap_interval(
    reward: ArrayLike,
    weights: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Percentile interval of the self-normalised value (SNIPS), resampling whole clusters.

    Args:
        clusters: what was decided together, e.g. the quantum of each row; by default each row stands for itself.

    Returns:
        NaN at both ends where all weights are 0.

    Raises:
        ValueError: lengths differ, or a number is none.
    """
    w = _column("weights", weights, np.size(weights))
    fraction("level", level)
    if not w.any():
        return float("nan"), float("nan")
    earned, weight = _cluster_sums(_column("reward", reward, w.size), w, clusters)
    values = []
    for _ in range(whole("resamples", resamples, 100)):
        drawn = np.bincount(rng.integers(0, earned.size, earned.size), minlength=earned.size)
        if total := float(drawn @ weight):
            values.append(float(drawn @ earned) / total)
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def bounded_interval(reward: ArrayLike, weights: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Wilson's (1927) interval of the self-normalised value, for few rewarded decisions, which the bootstrap repeats.

    Rewards between the least and the largest of the log spread no more than a rate does, and the effective sample size
    stands for the number of trials: so the interval is too wide rather than too narrow.

    Returns:
        NaN at both ends where all weights are 0.
    """
    r, w = np.asarray(reward, float), np.asarray(weights, float)
    if not w.any():
        return float("nan"), float("nan")
    least, size = float(r.min()), float(np.ptp(r))
    rate = (float(r @ w / w.sum()) - least) / (size or 1.0)
    z2_of_trials = normal.z_of_tail((1 - fraction("level", level)) / 2) ** 2 / effective_sample_size(w)
    reach = np.sqrt(z2_of_trials * (rate * (1 - rate) + z2_of_trials / 4))
    ends = (rate + z2_of_trials / 2 + np.array([-reach, reach])) / (1 + z2_of_trials)
    low, high = least + size * np.clip(ends, 0.0, 1.0)
    return float(low), float(high)


def cluster_weights(weights: ArrayLike, clusters: ArrayLike) -> Floats:
    """Sum of the weights in each cluster."""
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    sums: Floats = np.bincount(place, weights=np.asarray(weights, float)).astype(float)
    return sums


def require_ess(ess: float, least: float = LEAST_ESS) -> None:
    """Refuses to say anything from too little.

    Raises:
        InputError: the effective sample size is below `least`.
    """
    if ess < least:
        raise InputError(
            f"the log is worth {ess:.1f} decisions of this policy (effective sample size), fewer than {least:g}: no value is "
            "given; log longer, or explore more where this policy chooses"
        )


def checked_weights(reward: ArrayLike, propensity: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    """Rewards and weights as arrays.

    Raises:
        ValueError: lengths differ, or a number is none that can be; the message names the first row.
    """
    r, logged, wanted = (np.asarray(values, float) for values in (reward, propensity, target))
    if not r.shape == logged.shape == wanted.shape or not r.size:
        refuse(
            "reward, propensity and target", (r.size, logged.size, wanted.size), "of one length, at least 1"
        )
    _check_rows("reward", r, np.isfinite(r), "a finite number")
    _check_rows("propensity", logged, (logged > 0) & (logged <= 1), "above 0 and at most 1")
    _check_rows("target", wanted, (wanted >= 0) & (wanted <= 1), "in 0..1")
    with np.errstate(over="ignore", invalid="ignore"):
        weights = wanted / logged
        # drawn again, one row may stand for all
        most = np.abs(r) * np.maximum(weights, 1.0) * float(r.size) ** 2
    _check_rows("reward", r, np.isfinite(most), "so small that all rewards, weighted, have a sum")
    return r, weights


def _column(name: str, values: ArrayLike, rows: int) -> Floats:
    """Finite numbers, one a row."""
    column = np.asarray(values, float)
    if column.shape != (rows,):
        refuse(name, column.size, f"of {rows} values")
    _check_rows(name, column, np.isfinite(column), "a finite number")
    return column


def _check_rows(name: str, values: Floats, fine: np.ndarray, accepted: str) -> None:
    if not fine.all():
        row = int(np.flatnonzero(~fine)[0])
        refuse(f"{name} of row {row + 1}", float(values[row]), accepted)


def _cluster_sums(r: Floats, w: Floats, clusters: ArrayLike | None) -> tuple[Floats, Floats]:
    if clusters is None:
        return w * r, w
    return cluster_weights(w * r, clusters), cluster_weights(w, clusters)
