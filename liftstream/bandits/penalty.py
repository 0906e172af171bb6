"""A reward with a penalty in one score: how long the answer was watched, and how unlike the wished audience it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from liftstream.bandits.policies.evidence import Floats
from liftstream.experiment.arguments import not_negative
from liftstream.experiment.record import Record


def reward_with_penalty(
    time_norm: ArrayLike, likeness: ArrayLike, reward_weight: float = 0.86, penalty_weight: float = 0.14
) -> Floats:
    """reward_weight * time_norm - penalty_weight * (1 - likeness).

    Args:
        time_norm: what is wanted, scaled to 0..1, e.g. the time watched.
        likeness: in 0..1, e.g. the probability that the client belongs to the audience (look-alike).

    Raises:
        ValueError: a value outside 0..1; the message holds it.
    """
    not_negative("reward_weight", reward_weight)
    not_negative("penalty_weight", penalty_weight)
    time, like = _unit("time_norm", time_norm), _unit("likeness", likeness)
    return np.asarray(reward_weight * time - penalty_weight * (1 - like))


@dataclass(frozen=True, repr=False)
class ScoreParts(Record):
    """What share of the score's variation each part has; together 1."""

    reward: float
    penalty: float


def score_parts(
    time_norm: ArrayLike, likeness: ArrayLike, reward_weight: float = 0.86, penalty_weight: float = 0.14
) -> ScoreParts:
    """Splits the variance of the score: the covariance of each part with the whole, over the variance of the whole."""
    score = reward_with_penalty(time_norm, likeness, reward_weight, penalty_weight)
    variance = float(score.var())
    if not variance:
        return ScoreParts(0.0, 0.0)
    part = reward_weight * np.asarray(time_norm, float)
    share = float(np.mean((part - part.mean()) * (score - score.mean()))) / variance
    return ScoreParts(share, 1 - share)


def _unit(name: str, values: ArrayLike) -> Floats:
    found = np.asarray(values, float)
    if not found.size:
        raise ValueError(f"{name} must be at least one number")
    wrong = found[~((found >= 0) & (found <= 1))]
    if wrong.size:
        raise ValueError(f"{name} must be between 0 and 1, got {float(wrong.flat[0])!r}")
    return found
