"""Thompson sampling against a reference group, so that the hour of the day is not taken for an arm's merit.

The reference group is always served the same. In a quantum the target group is served one arm; what both groups bring
in it, A and R, share the season, which cancels in their ratio. Stored are the sums of A and R per arm, whatever the
family.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.forgetting import discount_prior
from liftstream.bandits.policies.policy import Policy
from liftstream.bandits.policies.probability_best import beta_probability_best, gamma_probability_best
from liftstream.experiment.arguments import fraction, one_of, positive, within

FAMILIES = ("beta", "gamma")


@dataclass(frozen=True)
class ReferenceThompson(Policy):
    """Draws the ratio target/reference of every arm and serves the largest.

    beta (default, exact): A of A + R is binomial with rho w/(1 + rho w), where rho is the ratio per unit and w = target
    share / reference share. gamma: A ~ Poisson(rho w R) takes R for known, so its variance is too small by the factor 1
    + rho.
    """

    name: ClassVar[str] = "reference-thompson"
    prior: tuple[float, float] = (20.0, 20.0)
    """Pseudo-contacts of target and reference group at equal shares: (k, k) expects no difference, k = 20 to 100."""
    family: str = "beta"
    reference_share: float = 0.5
    """Share of the units in the reference group, of those in both."""
    discount: float = 1.0
    """What a quantum's end leaves of the counts; below 1 for arms that change."""

    def __post_init__(self) -> None:
        positive("prior", self.prior[0])
        positive("prior", self.prior[1])
        one_of("family", self.family, FAMILIES)
        fraction("reference_share", self.reference_share)
        within("discount", self.discount, 0.01, 1)

    def first_prior(self) -> tuple[float, float]:
        return self.prior

    @property
    def forgets(self) -> bool:
        return self.discount < 1

    @property
    def weight(self) -> float:
        """w: units of the target group for each of the reference group."""
        return (1 - self.reference_share) / self.reference_share

    def posterior(self, evidence: Evidence) -> tuple[Floats, Floats]:
        """alpha and beta, or shape and rate, of each arm.

        Of unequal groups the beta's prior is spread as their contacts would be: otherwise an arm without data would
        look w times worse than one with data, and never be tried.
        """
        if self.family == "gamma":
            return evidence.a + evidence.reward, evidence.b + self.weight * evidence.reference
        a, b = 2 * (1 - self.reference_share) * evidence.a, 2 * self.reference_share * evidence.b
        return a + evidence.reward, b + evidence.reference

    def means(self, evidence: Evidence) -> Floats:
        """Expected ratio per unit; the mean of a beta prime, alpha/(beta - 1), infinite up to beta = 1."""
        first, second = self.posterior(evidence)
        if self.family == "gamma":
            return np.asarray(first / second)
        with np.errstate(divide="ignore"):
            return np.where(second > 1, first / np.maximum(second - 1, 0.0), np.inf) / self.weight

    def intervals(self, evidence: Evidence, level: float) -> tuple[Floats, Floats]:
        first, second = self.posterior(evidence)
        tail = (1 - level) / 2
        if self.family == "gamma":
            return special.gammaincinv(first, tail) / second, special.gammainccinv(first, tail) / second
        theta = [special.betaincinv(first, second, q) for q in (tail, 1 - tail)]
        with np.errstate(divide="ignore"):
            low, high = (t / (1 - t) / self.weight for t in theta)
        return low, high

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        first, second = self.posterior(evidence)
        return rng.beta(first, second) if self.family == "beta" else rng.standard_gamma(first) / second

    def propensities(self, evidence: Evidence) -> Floats:
        best = beta_probability_best if self.family == "beta" else gamma_probability_best
        return best(*self.posterior(evidence))

    def propagate(self, evidence: Evidence, prior: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        if self.family == "gamma":
            return discount_prior(self.posterior(evidence), prior, self.discount)
        a = evidence.a + evidence.reward / (2 * (1 - self.reference_share))
        b = evidence.b + evidence.reference / (2 * self.reference_share)
        return discount_prior((a, b), prior, self.discount)
