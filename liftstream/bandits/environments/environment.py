"""What a simulated environment answers to choices; every array has the runs as its first axis."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from liftstream.bandits.policies.evidence import Floats
from liftstream.bandits.policies.policy import Integers, Ties


@dataclass(slots=True)
class Feedback:
    """What one step brings."""

    trials: Floats
    """Choices per run and arm."""
    reward: Floats
    """Sum of the rewards per run and arm."""
    reference: Floats | None
    """Reward of the reference group while the arm was served, per run and arm."""
    regret: Floats
    """Regret per run: what the best arm would have brought more, by true means if they are known."""
    best: Floats
    """The share of this step's choices that were the best arm, per run."""


class Environment(ABC):
    """An environment in which `runs` bandits live side by side.

    Attributes:
        arms: names.
        steps: how many there are.
        batch: choices in a step, made with the same evidence.
        steps_per_period: after so many steps a policy that forgets propagates.
        delay: in steps; feedback is known that much later.
        ties: who wins among equal scores.
        alike: whether an arm is the same in every run, so that a mean of its traffic says something.
    """

    name: str
    arms: tuple[str, ...]
    steps: int
    batch: int = 1
    steps_per_period: int = 100
    delay: int = 0
    ties: Ties = "random"
    alike: bool = True

    @abstractmethod
    def begin(self, runs: int, rng: np.random.Generator) -> None:
        """Starts again."""

    @abstractmethod
    def answer(self, step: int, chosen: Integers, rng: np.random.Generator) -> Feedback:
        """What the choices of a step bring.

        Args:
            step: from 0.
            chosen: arms, shape (runs, batch).
        """

    def active(self, step: int) -> Integers | None:  # noqa: ARG002
        """Indices of the arms that can be chosen; None for all."""
        return None

    def renewed(self, step: int) -> Integers | None:  # noqa: ARG002
        """Indices of the places whose arm is another one from this step on; nothing is known of it. None for none."""
        return None

    def bounds(self, at: Floats) -> Floats | None:  # noqa: ARG002
        """The Lai-Robbins line at these numbers of choices, where it is known."""
        return None


def feedback_of_draws(
    chosen: Integers, mean: Floats, best: Floats, arms: int, rng: np.random.Generator
) -> Feedback:
    """Rewards of 0 or 1.

    Args:
        chosen: arms, shape (runs, batch).
        mean: of the arms that were chosen.
        best: the mean of the best arm.
        arms: how many there are.
    """
    gap = best - mean
    reward = (rng.random(chosen.shape) < mean).astype(float)
    return Feedback(
        trials=scattered(chosen, np.ones(chosen.shape), arms),
        reward=scattered(chosen, reward, arms),
        reference=None,
        regret=gap.sum(axis=1),
        best=(gap <= 0).mean(axis=1),
    )


def scattered(chosen: Integers, values: Floats, arms: int) -> Floats:
    """Sums of the values by run and arm."""
    runs = chosen.shape[0]
    flat = (chosen + arms * np.arange(runs)[:, None]).ravel()
    sums: Floats = np.bincount(flat, weights=values.ravel(), minlength=runs * arms).astype(float)
    return sums.reshape(runs, arms)
