"""A site whose contacts vary with the hour of the day, with a reference group that varies in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from liftstream.bandits.environments.environment import Environment, Feedback, scattered
from liftstream.bandits.policies.policy import Integers
from liftstream.experiment.arguments import one_of, positive, refuse, whole

QUANTA_A_DAY = 8640
PHASES = {"rising": 0.0, "peak": np.pi / 2, "trough": -np.pi / 2}


@dataclass
class Season(Environment):
    """A step is a quantum of 10 s; the target group is served one arm in it.

    Contacts of the reference group are Poisson with mean base (1 + 0.6 sin), between a peak and a trough of a quarter
    of it; those of the target group are `ratio` times as many. Both groups have the same size. Regret is in contacts.

    Attributes:
        ratios: of each arm to the reference.
        start: hour of the day at which it begins: `rising`, `peak`, `trough`.
        views: shown in a quantum, the trials of a policy that counts conversions.
    """

    ratios: Sequence[float] = (0.97, 0.98, 1.0, 1.02, 1.03)
    steps: int = 3 * QUANTA_A_DAY
    start: str = "peak"
    base: float = 5.0
    views: float = 200.0
    name: str = "season"
    steps_per_period: int = 1
    arms: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.ratios) < 2:
            refuse("ratios", list(self.ratios), "at least two numbers above 0")
        for ratio in self.ratios:
            positive("ratios", ratio)
        whole("steps", self.steps, 1)
        positive("base", self.base)
        positive("views", self.views)
        one_of("start", self.start, PHASES)
        self.arms = tuple(f"{i + 1}: {ratio:g}" for i, ratio in enumerate(self.ratios))
        self._ratios = np.asarray(self.ratios, float)

    def begin(self, runs: int, rng: np.random.Generator) -> None:
        pass

    def answer(self, step: int, chosen: Integers, rng: np.random.Generator) -> Feedback:
        level = self.base * (1 + 0.6 * np.sin(2 * np.pi * step / QUANTA_A_DAY + PHASES[self.start]))
        ratio, arms = self._ratios[chosen], len(self.arms)
        gap = self._ratios.max() - ratio
        return Feedback(
            trials=scattered(chosen, np.full(chosen.shape, self.views), arms),
            reward=scattered(chosen, rng.poisson(level * ratio).astype(float), arms),
            reference=scattered(chosen, rng.poisson(level, chosen.shape).astype(float), arms),
            regret=level * gap.sum(axis=1),
            best=(gap <= 0).mean(axis=1),
        )
