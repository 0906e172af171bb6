"""What Stirling's approximation leaves of the gamma function: so densities of very many trials keep their digits."""

from typing import Any

import numpy as np
from scipy import special

from liftstream.bandits.policies.evidence import Floats

LARGE = 16.0
"""Smallest value for which the series has all digits."""


def beyond_stirling(x: Any) -> Floats:
    """ln Gamma(x) - ((x - 1/2) ln x - x + ln(2 pi)/2), for x above 0."""
    x = np.asarray(x, float)
    z = np.maximum(x, LARGE)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / (1188 * z**2)) / z**2) / z**2) / z**2) / z
    stirling = (x + 0.5) * np.log(x) - x + 0.5 * np.log(2 * np.pi)
    return np.asarray(np.where(x < LARGE, special.gammaln(x + 1) - stirling, series))
