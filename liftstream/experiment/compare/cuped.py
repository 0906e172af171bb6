"""Variance reduction by a covariate known before the assignment (CUPED, Deng et al. 2013).

Money is replaced by y - theta (x - mean of x), theta = cov(y, x) / var(x) over all clients of both arms. The effect
stays unbiased, its variance falls by about the squared correlation. A covariate that does not vary gives theta 0.
"""

import math
from dataclasses import dataclass, replace
from typing import Unpack

from liftstream.experiment.arguments import one_of
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.means import TestOptions, welch
from liftstream.experiment.moments import Moments
from liftstream.experiment.pair_moments import PairMoments
from liftstream.experiment.record import Record

THETAS = ("all", "within")


@dataclass(frozen=True, repr=False)
class Saving(Record):
    """What the covariate saves."""

    theta: float
    correlation: float
    reduction: float
    """Share of the variance that is gone."""
    variance: float
    """The variance of the money."""
    variance_adjusted: float
    clients: float
    """The clients that would give the same precision without the covariate, over those that there are."""


@dataclass(frozen=True, repr=False)
class CupedComparison(Record):
    """A comparison of adjusted money, and what the adjustment did."""

    comparison: Comparison
    theta: float
    original: Moments
    candidate: Moments
    """Adjusted money by arm."""
    saving: Saving


def cuped(
    original: PairMoments, candidate: PairMoments, *, theta: str = "all", **options: Unpack[TestOptions]
) -> CupedComparison:
    """Welch's t test of the money that the covariate does not explain.

    Args:
        theta: `all`: over all clients as one group; `within`: pooled within the arms, free of the effect itself.
    """
    one_of("theta", theta, THETAS)
    slope = theta_of(original, candidate, within=theta == "within")
    a, b = adjusted_arms(original, candidate, slope)
    named = replace(welch(a, b, **options), method=f"Welch t, CUPED (theta {slope:.4g})")
    return CupedComparison(named, slope, a, b, saving(original + candidate))


def theta_of(original: PairMoments, candidate: PairMoments, *, within: bool = False) -> float:
    """Slope of money on the covariate; 0 where the covariate does not vary."""
    if within:
        cross, m2_x = original.cross + candidate.cross, original.m2_x + candidate.m2_x
    else:
        whole = original + candidate
        cross, m2_x = whole.cross, whole.m2_x
    return cross / m2_x if m2_x > 0 else 0.0


def adjusted_arms(original: PairMoments, candidate: PairMoments, theta: float) -> tuple[Moments, Moments]:
    """Money minus theta times the covariate's distance from its mean over all clients."""
    moved = theta * (original + candidate).mean_x
    a, b = (arm.combine(1.0, -theta) for arm in (original, candidate))
    return Moments(a.n, a.mean + moved, a.m2), Moments(b.n, b.mean + moved, b.m2)


def saving(clients: PairMoments) -> Saving:
    """Variance of the money before and after the slope is taken out, and what that is in clients."""
    varies = clients.m2 > 0 and clients.m2_x > 0
    rho = clients.cross / math.sqrt(clients.m2) / math.sqrt(clients.m2_x) if varies else 0.0
    left = max(0.0, 1 - rho * rho)
    return Saving(
        theta=clients.cross / clients.m2_x if varies else 0.0,
        correlation=rho,
        reduction=rho * rho,
        variance=clients.y.variance,
        variance_adjusted=left * clients.y.variance,
        clients=1 / left if left > 0 else float("inf"),
    )
