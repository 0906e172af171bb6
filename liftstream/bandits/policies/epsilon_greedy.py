"""Epsilon-greedy: with probability epsilon any arm, the best included; otherwise the arm with the largest mean."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.policy import Policy, share_among_largest
from liftstream.bandits.policies.schedules import (
    SCHEDULES,
    epsilon_auer,
    epsilon_cube_root,
    epsilon_exponential,
    epsilon_inverse,
    epsilon_scaled,
)
from liftstream.experiment.arguments import not_negative, one_of, positive, within


def epsilon_greedy_propensity(means: Any, epsilon: Any) -> Floats:
    """epsilon/K + (1 - epsilon)/|A*| on the arms A* with the largest mean, epsilon/K on the others."""
    for share in np.ravel(epsilon):
        within("epsilon", share, 0, 1)
    means, epsilon = np.asarray(means, float), np.asarray(epsilon, float)[..., None]
    shares: Floats = epsilon / means.shape[-1] + (1 - epsilon) * share_among_largest(means)
    return shares


class Greedy(Policy):
    """What both kinds share: rewards of any size, also negative ones.

    An arm that was never chosen comes first. One whose first feedback is still under way is not taken for the best.
    """

    negative_reward: ClassVar[bool] = True

    def epsilon_at(self, t: Any, arms: int) -> Floats:
        """The share of choices at random at the t-th choice."""
        raise NotImplementedError

    def means(self, evidence: Evidence) -> Floats:
        return evidence.mean_reward

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        explored = rng.random(evidence.a.shape[:-1]) < self._epsilon(evidence)
        greedy = self._greedy(evidence)
        if not explored.any():
            return greedy
        return np.where(explored[..., None], rng.random(evidence.a.shape), greedy)

    def propensities(self, evidence: Evidence) -> Floats:
        return epsilon_greedy_propensity(self._greedy(evidence), self._epsilon(evidence))

    def _epsilon(self, evidence: Evidence) -> Floats:
        return self.epsilon_at(evidence.chosen.sum(axis=-1) + 1, evidence.a.shape[-1])

    def _greedy(self, evidence: Evidence) -> Floats:
        weight = evidence.a + evidence.b
        means = self.means(evidence)
        unknown = (weight + evidence.trials) <= 0
        return np.where(unknown, np.where(weight + evidence.chosen > 0, -np.inf, np.inf), means)


@dataclass(frozen=True)
class EpsilonGreedy(Greedy):
    """A constant share of choices at random: simple, and its regret grows linearly."""

    name: ClassVar[str] = "epsilon-greedy"
    epsilon: float = 0.1

    def __post_init__(self) -> None:
        within("epsilon", self.epsilon, 0, 1)

    def epsilon_at(self, t: Any, arms: int) -> Floats:  # noqa: ARG002
        return np.asarray(self.epsilon)


@dataclass(frozen=True)
class EpsilonDecreasing(Greedy):
    """A share of choices at random that falls; the default schedule min(1, c K / t) needs no knowledge of the gap."""

    name: ClassVar[str] = "epsilon-decreasing"
    c: float = 30.0
    schedule: str = "scaled"
    gap: float = 0.1
    """A lower bound of the best arm's lead, for `auer`."""
    epsilon_0: float = 1.0
    """The initial epsilon, for `inverse` and `exponential`."""
    decay: float = 0.001
    """The decay per choice, for `exponential`."""

    def __post_init__(self) -> None:
        one_of("schedule", self.schedule, SCHEDULES)
        positive("c", self.c)
        positive("gap", self.gap)
        within("epsilon_0", self.epsilon_0, 0, 1)
        not_negative("decay", self.decay)

    def epsilon_at(self, t: Any, arms: int) -> Floats:
        match self.schedule:
            case "scaled":
                return epsilon_scaled(t, arms, self.c)
            case "auer":
                return epsilon_auer(t, arms, self.c, self.gap)
            case "inverse":
                return epsilon_inverse(t, self.epsilon_0)
            case "exponential":
                return epsilon_exponential(t, self.epsilon_0, self.decay)
            case _:
                return epsilon_cube_root(t, arms)
