"""The mixture sequential probability ratio test for two arms of normal money (Johari, Pekelis & Walsh 2017).

The likelihood ratio of a difference, averaged over a normal distribution with standard deviation tau around 0. The
same as the normal mixture of Howard et al. with rho = 1 / tau^2. `tau` comes from the plan: the planned effect.
"""

import math
from dataclasses import dataclass

from liftstream.experiment.arguments import at_least, fraction, number, positive
from liftstream.experiment.record import Record


@dataclass(frozen=True, repr=False)
class Msprt(Record):
    """What may be said at this time; the p-value to keep is the smallest so far."""

    log_lambda: float
    """Logarithm of the averaged likelihood ratio."""
    pvalue: float
    """min(1, 1 / lambda)."""
    ci_low: float
    ci_high: float
    effect: float
    alpha: float
    tau: float
    method: str = "mSPRT, two-sided"


def msprt(effect: float, n_per_arm: float, *, sd: float, tau: float, alpha: float = 0.05) -> Msprt:
    """The test of a mean difference after `n_per_arm` clients in each arm, at any time.

    Args:
        sd: of a client's money, taken as known.
        tau: where differences are expected: the planned effect.
    """
    error = 2 * positive("sd", sd) ** 2 / at_least("n_per_arm", n_per_arm, 1)
    spread = error + positive("tau", tau) ** 2
    exponent = tau**2 * number("effect", effect) ** 2 / (2 * error * spread)
    log_lambda = exponent - 0.5 * math.log1p(tau**2 / error)
    reach = half_width(n_per_arm, sd=sd, tau=tau, alpha=alpha)
    return Msprt(
        log_lambda, math.exp(min(0.0, -log_lambda)), effect - reach, effect + reach, effect, alpha, tau
    )


def half_width(n_per_arm: float, *, sd: float, tau: float, alpha: float = 0.05) -> float:
    """Half width of the always-valid interval that inverts the test."""
    error = 2 * positive("sd", sd) ** 2 / at_least("n_per_arm", n_per_arm, 1)
    spread = error + positive("tau", tau) ** 2
    return math.sqrt(
        error * spread / tau**2 * (math.log1p(tau**2 / error) - 2 * math.log(fraction("alpha", alpha)))
    )
