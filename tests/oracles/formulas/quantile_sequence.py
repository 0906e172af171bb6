"""Quantiles that may be looked at at any time (Howard & Ramdas 2022, "Sequential estimation of quantiles").

Both give a radius: the quantile q lies between the empirical quantiles q - radius and q + radius.
"""

import math

from scipy import special

from liftstream.experiment.arguments import fraction, positive, refuse
from liftstream.experiment.numerics.root import find_root
from tests.oracles.formulas.mixtures import stitching_constants


def lil_radius(n: float, *, n_min: float, alpha: float = 0.05, a: float = 0.85) -> float:
    """Radius for all quantiles and all n >= n_min together (theorem 2): a sqrt((log(1 + log(n / n_min)) + C) / n)."""
    if positive("n_min", n_min) > n:
        refuse("n", n, f"at least n_min ({n_min:g})")
    if a <= math.sqrt(0.5):
        refuse("a", a, "above sqrt(1/2)")
    return a * math.sqrt((math.log1p(math.log(n / n_min)) + _constant(fraction("alpha", alpha), a)) / n)


def _constant(alpha: float, a: float) -> float:
    """C of theorem 2: the smallest whose error, at the best eta, is alpha."""
    return find_root(lambda c: math.log(alpha) - _log_error(c, a), 1.0, 10.0)


def _log_error(c: float, a: float) -> float:
    """log of 4 exp(-g C) (1 + 1 / ((g - 1) log eta)), g = 2 / eta (a - sqrt(2 (eta - 1) / C))^2, at the best eta."""
    most = find_root(lambda eta: math.sqrt(eta / 2) + math.sqrt(2 * (eta - 1) / c) - a, 1.0, 2 * a * a)

    def error(eta: float) -> float:
        g = 2 / eta * (a - math.sqrt(2 * (eta - 1) / c)) ** 2
        if g <= 1 or eta <= 1:
            return math.inf
        return math.log(4) - g * c + math.log1p(1 / ((g - 1) * math.log(eta)))

    low, high = 1.0, most
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(80):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if error(left) < error(right) else (left, high)
    return error((low + high) / 2)


def double_stitching_radius(
    q: float,
    n: float,
    *,
    n_opt: float,
    alpha: float = 0.05,
    delta: float = 0.5,
    s: float = 1.4,
    eta: float = 2.0,
) -> float:
    """Radius, in clients, for all quantiles and all n together, narrower in the tails (theorem 3)."""
    grown = max(n, positive("n_opt", n_opt))
    odds = math.log(fraction("q", q) / (1 - q))
    near = (
        q if q >= 0.5 else min(0.5, float(special.expit(odds + 2 * delta * math.sqrt(n_opt * eta / grown))))
    )
    variance = near * (1 - near)
    epochs = math.sqrt(grown / n_opt) * abs(odds) / (2 * delta) + 1
    zeta = float(special.zeta(s))
    ell = s * math.log(math.log(eta * grown / n_opt)) + s * math.log(epochs)
    ell += math.log(2 * zeta * (2 * zeta + 1) / (alpha * math.log(eta) ** s))
    k1, k2 = stitching_constants(eta)
    linear = k2 * (1 - 2 * q) / 3 * ell
    stitched = math.sqrt(k1**2 * variance * grown * ell + linear**2) + linear
    return delta * math.sqrt(eta * grown * variance / n_opt) + stitched
