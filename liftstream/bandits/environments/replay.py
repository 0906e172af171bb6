"""Replays a file with the reward of every arm in every round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from liftstream.bandits.environments.environment import Environment, Feedback, scattered
from liftstream.bandits.policies.policy import Integers, Ties
from liftstream.experiment.arguments import refuse


@dataclass
class Replay(Environment):
    """One round a step; regret is against the arm that brought most in the whole file.

    Equal scores go to the first arm, so that a figure can be compared with those of other programs.
    """

    name: str
    arms: tuple[str, ...]
    rewards: ArrayLike
    ties: Ties = "first"

    def __post_init__(self) -> None:
        self._rewards = np.asarray(self.rewards, float)
        if self._rewards.ndim != 2 or self._rewards.shape[1] != len(self.arms) or len(self.arms) < 2:
            refuse("rewards", self._rewards.shape, f"rounds by {len(self.arms)} arms, at least 2")
        self.steps = self._rewards.shape[0]
        self._best = int(self._rewards.sum(axis=0).argmax())

    @classmethod
    def of(cls, name: str, columns: Sequence[tuple[str, ArrayLike]]) -> "Replay":
        """The environment of columns by arm."""
        return cls(name, tuple(arm for arm, _ in columns), np.column_stack([values for _, values in columns]))

    def begin(self, runs: int, rng: np.random.Generator) -> None:
        pass

    def answer(self, step: int, chosen: Integers, rng: np.random.Generator) -> Feedback:  # noqa: ARG002
        reward = self._rewards[step][chosen]
        return Feedback(
            trials=scattered(chosen, np.ones(chosen.shape), len(self.arms)),
            reward=scattered(chosen, reward, len(self.arms)),
            reference=None,
            regret=(self._rewards[step, self._best] - reward).sum(axis=1),
            best=(chosen == self._best).mean(axis=1),
        )
