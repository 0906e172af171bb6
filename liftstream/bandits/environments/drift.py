"""Arms whose success rates drift, as the popularity of news does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from liftstream.bandits.environments.environment import Environment, Feedback, feedback_of_draws
from liftstream.bandits.policies.evidence import Floats
from liftstream.bandits.policies.policy import Integers
from liftstream.experiment.arguments import positive, whole, within

LEAST, MOST = 0.005, 0.5
"""Rates stay within these."""


@dataclass
class Drift(Environment):
    """A step is a period of `batch` impressions; from period to period each rate is multiplied by a gamma of mean 1.

    Attributes:
        eta_variance: variance of the factor.
        mu_0, sigma_0: of the gamma from which first rates are drawn.
        means: first rates, instead of drawn ones.
        lifetime: in periods; after it an arm leaves and a new one takes its place, one after the other. None: all stay.
    """

    steps: int = 300
    batch: int = 200
    count: int = 10
    eta_variance: float = 0.01
    mu_0: float = 0.1
    sigma_0: float = 0.03
    means: Sequence[float] | None = None
    lifetime: int | None = None
    name: str = "drift"
    steps_per_period: int = 1
    alike: bool = False
    arms: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        whole("steps", self.steps, 1)
        whole("batch", self.batch, 1)
        whole("count", self.count, 2)
        for name in ("eta_variance", "mu_0", "sigma_0"):
            positive(name, getattr(self, name))
        if self.lifetime is not None:
            whole("lifetime", self.lifetime, self.count)
        if self.means is not None:
            self.count = whole("number of means", len(self.means), 2)
            for mean in self.means:
                within("means", mean, LEAST, MOST)
        self.arms = tuple(f"news {i + 1}" for i in range(self.count))

    def begin(self, runs: int, rng: np.random.Generator) -> None:
        self._rates = self._fresh(runs, rng) if self.means is None else np.tile(self.means, (runs, 1))

    def _fresh(self, runs: int, rng: np.random.Generator) -> Floats:
        shape = (self.mu_0 / self.sigma_0) ** 2
        return np.clip(rng.gamma(shape, self.mu_0 / shape, (runs, self.count)), LEAST, MOST)

    def renewed(self, step: int) -> Integers | None:
        if self.lifetime is None or not step:
            return None
        age = step + np.arange(self.count) * (self.lifetime // self.count)
        return np.flatnonzero(age % self.lifetime == 0)

    def answer(self, step: int, chosen: Integers, rng: np.random.Generator) -> Feedback:
        if step:
            factor = rng.gamma(1 / self.eta_variance, self.eta_variance, self._rates.shape)
            self._rates = np.clip(self._rates * factor, LEAST, MOST)
        if (renewed := self.renewed(step)) is not None:
            self._rates[:, renewed] = self._fresh(self._rates.shape[0], rng)[:, renewed]
        rate = np.take_along_axis(self._rates, chosen, axis=1)
        return feedback_of_draws(chosen, rate, self._rates.max(axis=1, keepdims=True), self.count, rng)
