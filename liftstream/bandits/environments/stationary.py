"""Bernoulli arms with constant means; with a delay, or with arms that join and leave."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from liftstream.bandits.environments.environment import Environment, Feedback, feedback_of_draws
from liftstream.bandits.policies.evidence import Floats
from liftstream.bandits.policies.policy import Integers
from liftstream.bandits.regret_bounds import lai_robbins_constant
from liftstream.experiment.arguments import refuse, whole, within

MEANS = (0.3, 0.5, 0.7)


@dataclass
class Stationary(Environment):
    """One choice a step, reward 0 or 1.

    Attributes:
        delay: steps until a reward is known.
    """

    means: Sequence[float] = MEANS
    steps: int = 10_000
    delay: int = 0
    name: str = "stationary"
    arms: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.means) < 2:
            refuse("means", list(self.means), "at least two numbers in 0..1")
        for mean in self.means:
            within("means", mean, 0, 1)
        whole("steps", self.steps, 1)
        whole("delay", self.delay, 0)
        self.arms = tuple(f"{mean:g}" for mean in self.means)
        if len(set(self.arms)) < len(self.arms):
            self.arms = tuple(f"{i + 1}: {mean:g}" for i, mean in enumerate(self.means))
        self._means = np.asarray(self.means, float)

    def begin(self, runs: int, rng: np.random.Generator) -> None:  # noqa: ARG002
        self._runs = runs

    def answer(self, step: int, chosen: Integers, rng: np.random.Generator) -> Feedback:
        active = self.active(step)
        best = self._means.max() if active is None else self._means[active].max()
        return feedback_of_draws(chosen, self._means[chosen], best, len(self.arms), rng)

    def bounds(self, at: Floats) -> Floats | None:
        constant = lai_robbins_constant(list(self.means))
        return constant * np.log(at) if constant else None


@dataclass
class Turnover(Stationary):
    """Arms come and go while the bandit runs: of the arms in the order given, `together` are there at a time.

    In equal parts of the run the oldest leaves and the next one comes.
    """

    means: Sequence[float] = (0.1, 0.15, 0.12, 0.2, 0.1, 0.25, 0.15)
    name: str = "turnover"
    together: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        whole("together", self.together, 2)
        if self.together >= len(self.means):
            refuse(
                "means",
                list(self.means),
                f"more than {self.together} arms, of which {self.together} are there at a time",
            )

    def active(self, step: int) -> Integers:
        parts = len(self.means) - self.together + 1
        first = min(parts * step // self.steps, parts - 1)
        return np.arange(first, first + self.together)

    def bounds(self, at: Floats) -> Floats | None:  # noqa: ARG002
        return None
