"""Beta Thompson sampling (Thompson 1933): every arm is chosen as often as it is probably the best."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.forgetting import discount_prior
from liftstream.bandits.policies.policy import Policy
from liftstream.bandits.policies.probability_best import beta_probability_best
from liftstream.experiment.arguments import positive, within


@dataclass(frozen=True)
class Thompson(Policy):
    """theta ~ Beta(a + S, b + F), the largest is chosen; a reward r in 0..1 counts r successes and 1 - r failures."""

    name: ClassVar[str] = "thompson"
    unit_reward: ClassVar[bool] = True
    prior: tuple[float, float] = (1.0, 1.0)
    discount: float = 1.0
    """What a period's end leaves of the counts; below 1 for arms that change."""

    def __post_init__(self) -> None:
        positive("prior", self.prior[0])
        positive("prior", self.prior[1])
        within("discount", self.discount, 0.01, 1)

    def first_prior(self) -> tuple[float, float]:
        return self.prior

    @property
    def forgets(self) -> bool:
        return self.discount < 1

    def posterior(self, evidence: Evidence) -> tuple[Floats, Floats]:
        """alpha and beta of each arm."""
        return evidence.a + evidence.reward, evidence.b + evidence.failures

    def means(self, evidence: Evidence) -> Floats:
        alpha, beta = self.posterior(evidence)
        return np.asarray(alpha / (alpha + beta))

    def intervals(self, evidence: Evidence, level: float) -> tuple[Floats, Floats]:
        alpha, beta = self.posterior(evidence)
        tail = (1 - level) / 2
        return special.betaincinv(alpha, beta, tail), special.betaincinv(alpha, beta, 1 - tail)

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        return rng.beta(*self.posterior(evidence))

    def propensities(self, evidence: Evidence) -> Floats:
        return beta_probability_best(*self.posterior(evidence))

    def propagate(self, evidence: Evidence, prior: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        return discount_prior(self.posterior(evidence), prior, self.discount)
