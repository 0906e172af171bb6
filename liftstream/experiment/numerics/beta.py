"""The beta distribution of a rate on the axis of its log odds, where it is smooth for all parameters."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

UNEVEN = 0.01
"""One parameter is so much smaller than the other that differences of sums of both would lose it."""


def log_density(alpha: Any, beta: Any, off: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the density of log odds over its largest value; digits are kept for large and for uneven parameters.

    Args:
        off: distance of the log odds from the mode, log(alpha / beta).
    """
    below = off < 0
    side, other, far = np.where(below, alpha, beta), np.where(below, beta, alpha), np.abs(off)
    total, part = alpha + beta, other / side
    uneven = other * far + total * (np.log1p(part) - np.logaddexp(0, np.log(part) + far))
    with np.errstate(divide="ignore"):  # of uneven ones, which it is not taken for
        even = -total * np.log1p(side / total * np.expm1(-far)) - side * far
    return np.asarray(np.where(part < UNEVEN, uneven, even))
