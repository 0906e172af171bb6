"""Inverse link functions: from a linear predictor to a mean or a probability."""

from collections.abc import Callable
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats


def logistic(values: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-values))


def normal_cdf(values: Floats) -> Floats:
    """The standard normal distribution function."""
    from scipy.special import ndtr

    return np.asarray(ndtr(values), dtype=np.float64)


def cloglog(values: Floats) -> Floats:
    """1 - exp(-exp(x))."""
    return -np.expm1(-np.exp(values))


def loglog(values: Floats) -> Floats:
    """exp(-exp(-x))."""
    return np.exp(-np.exp(-values))


def cauchit(values: Floats) -> Floats:
    """1/2 + arctan(x) / pi."""
    return 0.5 + np.arctan(values) / np.pi


INVERSE_LINKS: Final[dict[str, Callable[[Floats], Floats]]] = {
    "none": lambda values: values,
    "softmax": logistic,
    "logit": logistic,
    "probit": normal_cdf,
    "cloglog": cloglog,
    "loglog": loglog,
    "cauchit": cauchit,
    "exp": np.exp,
}
"""By the standard's normalizationMethod; softmax of a single value is the logistic function."""
