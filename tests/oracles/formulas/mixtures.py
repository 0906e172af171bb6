"""Bounds that a running sum never crosses with probability 1 - alpha, at all times together.

Mixture supermartingales and stitching of Howard, Ramdas, McAuliffe & Sekhon (2021), "Time-uniform, nonparametric,
nonasymptotic confidence sequences". A sum s of centred observations with variance process v crosses when the mixture
exceeds 1 / alpha. Everything is kept in logarithms.
"""

import math
from collections.abc import Callable

from scipy import special

from liftstream.experiment.anytime.rate_sequence import best_rho
from liftstream.experiment.arguments import fraction, positive
from liftstream.experiment.numerics.root import find_root


def rho_for(v_opt: float, alpha: float, *, one_sided: bool) -> float:
    """`best_rho`; a one-sided mixture spends its alpha on one side."""
    return best_rho(v_opt, 2 * alpha if one_sided else alpha)


def log_normal_mixture(s: float, v: float, rho: float, *, one_sided: bool = False) -> float:
    """Logarithm of the normal mixture (propositions 5 and 6)."""
    value = 0.5 * math.log(rho / (v + rho)) + s * s / (2 * (v + rho))
    if one_sided:
        value += math.log(2) + float(special.log_ndtr(s / math.sqrt(v + rho)))
    return value


def normal_mixture_bound(v: float, alpha: float, rho: float, *, one_sided: bool = False) -> float:
    """The sum that is never exceeded (one-sided) or never exceeded in size (two-sided)."""
    if not one_sided:
        return math.sqrt((v + rho) * (math.log1p(v / rho) - 2 * math.log(alpha)))
    return _root(lambda s: log_normal_mixture(s, v, rho, one_sided=True), alpha, math.sqrt(v + rho))


def log_gamma_exponential(s: float, v: float, rho: float, c: float) -> float:
    """Logarithm of the gamma-exponential mixture, for sub-exponential sums of scale c (proposition 9)."""
    shape, scaled = rho / c**2, (c * s + v) / c**2
    grown = (v + rho) / c**2
    constant = shape * math.log(shape) - math.lgamma(shape) - math.log(special.gammainc(shape, shape))
    inside = math.log(special.gammainc(grown, scaled + shape))
    return constant + math.lgamma(grown) + inside - grown * math.log(scaled + shape) + scaled


def gamma_exponential_bound(v: float, alpha: float, rho: float, c: float) -> float:
    """The sum of scale-c sub-exponential observations that is never exceeded."""
    return _root(lambda s: log_gamma_exponential(s, v, rho, c), alpha, math.sqrt(v + rho))


def poly_stitching_bound(
    v: float, alpha: float, v_min: float, c: float = 0.0, s: float = 1.4, eta: float = 2.0
) -> float:
    """The stitched bound, of the order sqrt(v log log v) (theorem 1): valid from v_min on.

    Args:
        c: scale of a sub-gamma sum; 0 for sub-Gaussian ones, below 0 for sums with bounded positive steps.
        s: how fast alpha is spent over epochs.
        eta: how much longer each epoch is than the one before.
    """
    grown = max(v, positive("v_min", v_min))
    k1, k2 = stitching_constants(eta)
    spent = s * math.log(math.log(eta * grown / v_min))
    ell = spent + math.log(float(special.zeta(s)) / (alpha * math.log(eta) ** s))
    linear = k2 * c * ell
    return math.sqrt(k1**2 * grown * ell + linear**2) + linear


def stitching_constants(eta: float) -> tuple[float, float]:
    """k1 and k2 of theorem 1."""
    return (eta**0.25 + eta**-0.25) / math.sqrt(2), (math.sqrt(eta) + 1) / 2


def _root(log_mixture: Callable[[float], float], alpha: float, scale: float) -> float:
    threshold = -math.log(fraction("alpha", alpha))
    return find_root(lambda s: log_mixture(s) - threshold, 0.0, scale)
