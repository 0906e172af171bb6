"""Dynamic Gamma-Poisson: success rates that drift from period to period.

Of an arm in period t, n_t trials and r_t successes: r_t ~ Poisson(n_t p_t); p_t = p_(t-1) eps, eps with mean 1 and
variance `eta_variance`; p_1 ~ Gamma(mean mu_0, sd sigma_0). The belief is a gamma with shape `a` (pseudo-successes) and
rate `b` (pseudo-trials, the effective sample size): mean a/b, variance a/b^2. Observation adds r to a and n to b,
exactly; propagation matches moments. Below a rate of 0.1 a Poisson is as good as a binomial; above 0.2 use `Thompson`
with a discount.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import special

from liftstream.bandits.policies.evidence import Evidence, Floats
from liftstream.bandits.policies.policy import Policy, share_among_largest
from liftstream.bandits.policies.probability_best import gamma_probability_best
from liftstream.experiment.arguments import not_negative, one_of, positive, within

PROPAGATIONS = ("multiplicative", "discount")
SERVINGS = ("sample", "mean")


class GammaBelief(NamedTuple):
    """Mean and variance of a rate that is gamma distributed."""

    mean: Any
    variance: Any

    @property
    def rate(self) -> Any:
        """mean/variance: how many trials the belief is worth."""
        return self.mean / self.variance


def observe(belief: GammaBelief, trials: Any, successes: Any) -> GammaBelief:
    """The belief after a period's counts, exact; without trials the belief itself."""
    gamma = belief.rate
    mean = (belief.mean * gamma + successes) / (gamma + trials)
    return GammaBelief(mean, mean / (gamma + trials))


def drift(belief: GammaBelief, eta_variance: Any) -> GammaBelief:
    """The belief of the next period: Var(p eps) = variance + eta (mean^2 + variance)."""
    return GammaBelief(belief.mean, belief.variance + eta_variance * (belief.mean**2 + belief.variance))


@dataclass(frozen=True)
class Dynamic(Policy):
    """Draws each arm's rate from its gamma and serves the largest.

    `serving="mean"` serves the largest mean without a draw; measured on drifting arms that gets stuck like a policy
    that does not forget, so it is not the default.
    """

    name: ClassVar[str] = "dynamic"
    eta_variance: float = 0.01
    """Variance (not standard deviation) of the factor by which a rate changes in a period."""
    propagation: str = "multiplicative"
    discount: float = 0.95
    """The share of a and b that remains after a period, for the propagation `discount`."""
    mu_0: float = 0.1
    """Prior mean of a new arm; `liftstream bandit fit` finds it from logged periods."""
    sigma_0: float = 0.05
    """Prior standard deviation of a new arm."""
    serving: str = "sample"
    variance_cap: float = 4.0
    """Doing nothing does not lift an arm's variance above this many times that of its first prior."""

    def __post_init__(self) -> None:
        not_negative("eta_variance", self.eta_variance)
        one_of("propagation", self.propagation, PROPAGATIONS)
        within("discount", self.discount, 0.01, 1)
        positive("mu_0", self.mu_0)
        positive("sigma_0", self.sigma_0)
        one_of("serving", self.serving, SERVINGS)
        positive("variance_cap", self.variance_cap)

    def first_prior(self) -> tuple[float, float]:
        belief = GammaBelief(self.mu_0, self.sigma_0**2)
        return belief.rate * self.mu_0, belief.rate

    @property
    def forgets(self) -> bool:
        return True

    def posterior(self, evidence: Evidence) -> tuple[Floats, Floats]:
        """Shape and rate of each arm."""
        return evidence.a + evidence.reward, evidence.b + evidence.trials

    def means(self, evidence: Evidence) -> Floats:
        shape, rate = self.posterior(evidence)
        return np.asarray(shape / rate)

    def intervals(self, evidence: Evidence, level: float) -> tuple[Floats, Floats]:
        shape, rate = self.posterior(evidence)
        tail = (1 - level) / 2
        return special.gammaincinv(shape, tail) / rate, special.gammainccinv(shape, tail) / rate

    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Floats:
        shape, rate = self.posterior(evidence)
        return np.asarray(shape / rate if self.serving == "mean" else rng.standard_gamma(shape) / rate)

    def propensities(self, evidence: Evidence) -> Floats:
        if self.serving == "mean":
            return share_among_largest(self.means(evidence))
        return gamma_probability_best(*self.posterior(evidence))

    def propagate(self, evidence: Evidence, prior: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        shape, rate = self.posterior(evidence)
        belief = GammaBelief(shape / rate, shape / rate**2)
        if self.propagation == "discount":
            grown = belief.variance / self.discount
        else:
            grown = drift(belief, self.eta_variance).variance
        cap = self.variance_cap * prior[0] / prior[1] ** 2
        variance = np.maximum(belief.variance, np.minimum(grown, cap))  # propagation lowers no variance
        return belief.mean**2 / variance, belief.mean / variance
