"""A conversion rate that may be looked at at any time: the beta-binomial mixture.

Howard, Ramdas, McAuliffe & Sekhon (2021), proposition 7: the likelihood ratio of a rate, averaged over a beta prior
around it, exceeds 1 / alpha at any time with probability at most alpha.
"""

import math

from liftstream.experiment.arguments import fraction, positive
from liftstream.experiment.compare.proportions import Interval, rate
from liftstream.experiment.numerics.root import find_root


def rate_sequence(
    converted: int, n: int, *, tuned_at: float, alpha: float = 0.05, alpha_tuned: float = 0.05
) -> Interval:
    """Interval of a rate after n clients, valid at all n together.

    Args:
        tuned_at: clients at which it is narrowest: those of the plan.
        alpha_tuned: alpha for which it is tuned; only the tuning depends on it.
    """
    share = rate(converted, n)
    positive("tuned_at", tuned_at)
    threshold = -math.log(fraction("alpha", alpha))

    def surplus(p: float) -> float:
        return log_beta_mixture(converted, n, p, tuned_at, alpha_tuned) - threshold

    edge = 1e-15
    low, high = 0.0, 1.0
    inside = min(max(share, edge), 1 - edge)
    if share > 0 and surplus(edge) > 0:
        low = find_root(lambda p: -surplus(p), edge, inside, inside)
    if share < 1 and surplus(1 - edge) > 0:
        high = find_root(surplus, inside, 1 - edge, 1 - edge)
    return Interval(low, high)


def best_rho(v_opt: float, alpha: float) -> float:
    """The normal mixture's parameter that makes it narrowest at v_opt (Howard et al., section 3.5, approximately)."""
    log_alpha = -2 * math.log(fraction("alpha", alpha))
    return positive("v_opt", v_opt) / (log_alpha + math.log1p(log_alpha))


def log_beta_mixture(converted: float, n: float, p: float, tuned_at: float, alpha: float) -> float:
    """Logarithm of the averaged likelihood ratio against the rate p."""
    variance = p * (1 - p)
    r = max(best_rho(tuned_at * variance, alpha) - variance, 1e-3 * variance)
    a, b = r / (1 - p), r / p
    likelihood = converted * math.log(p) + (n - converted) * math.log1p(-p)
    return log_beta(a + converted, b + (n - converted)) - log_beta(a, b) - likelihood


def log_beta(a: float, b: float) -> float:
    """Logarithm of the beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
