"""Counts of arms whose rates are gamma distributed: negative binomial, exact to rounding whatever the prior weighs."""

from typing import Any

import numpy as np
from scipy import special

from liftstream.bandits.policies.evidence import Floats
from liftstream.bandits.policies.stirling import beyond_stirling


def log_probability(successes: Any, trials: Any, shape: Any, rate: Any) -> Floats:
    """Logarithm of the probability of r ~ Poisson(n p), p ~ Gamma(shape, rate): size `shape`, chance rate/(rate + n).

    Written as distances from what is expected (Loader 2000): differences of log-gammas lose all digits where the prior
    is narrow or counts are large.

    Args:
        successes, trials: r and n, of one shape with the gamma's parameters, or broadcast.
    """
    r, n, a, b = (np.asarray(values, float) for values in (successes, trials, shape, rate))
    both = a + r
    with np.errstate(divide="ignore", invalid="ignore"):
        some = (
            beyond_stirling(both) - beyond_stirling(a) - beyond_stirling(r)
            - _deviance(a, both * (b / (b + n))) - _deviance(r, both * (n / (b + n)))
            + 0.5 * np.log(a / (2 * np.pi * both * r))
        )  # fmt: skip
    return np.where(r > 0, np.where(n > 0, some, -np.inf), -a * np.log1p(n / b))


def _deviance(found: Floats, expected: Floats) -> Floats:
    """found ln(found/expected) - found + expected."""
    off = (found - expected) / expected
    return np.asarray(expected * (special.xlog1py(1 + off, off) - off))
