"""How far the p-values of honest tests may stray from uniform: the exact Kolmogorov-Smirnov distribution."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from liftstream.experiment.arguments import fraction, whole
from liftstream.experiment.numerics.root import find_root

SMALL = 140
"""Up to so many p-values, and in the lower tail, the exact matrix; beyond, the series (as Simard & L'Ecuyer 2011)."""


def distance(pvalues: ArrayLike) -> float:
    """Largest distance of the empirical distribution of p-values from the uniform one."""
    ordered = np.sort(np.asarray(pvalues, dtype=np.float64))
    steps = np.arange(ordered.size + 1) / ordered.size
    return float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()))


def critical_distance(n: int, alpha: float = 0.001) -> float:
    """The distance that n honest p-values exceed with probability alpha."""
    whole("n", n, 1)
    one_sided = float(special.smirnovi(n, fraction("alpha", alpha) / 2))
    return find_root(lambda d: alpha - exceeds(n, d), 0.5 / n, max(one_sided, 1 / n), 1.0)


def exceeds(n: int, d: float) -> float:
    """P(D > d)."""
    if d >= 1:
        return 0.0
    if n * d <= 0.5:
        return 1.0
    if n <= SMALL or n * d**1.5 <= 1.4:
        return 1 - _below(n, d)
    return 1 - _series(n, d)


def _series(n: int, d: float) -> float:
    """P(D < d) by the four terms of Pelz & Good (1976), in powers of 1 / sqrt(n)."""
    z = d * math.sqrt(n)
    k = np.arange(1, math.ceil(16 * z / math.pi) + 1)
    a = ((2 * k - 1) * math.pi / 2) ** 2
    b = (k * math.pi) ** 2
    first, second = np.exp(-a / (2 * z**2)), np.exp(-b / (2 * z**2))
    k1 = (a - z**2) @ first / (6 * z**4)
    k2 = (6 * z**6 + 2 * z**4 + (2 * z**4 - 5 * z**2) * a + (1 - 2 * z**2) * a**2) @ first / (72 * z**7)
    k2 -= b @ second / (36 * z**3)
    k3 = (
        (
            (5 - 30 * z**2) * a**3
            + (212 * z**4 - 60 * z**2) * a**2
            + (135 * z**4 - 96 * z**6) * a
            - 30 * z**6
            - 90 * z**8
        )
        @ first
        / (6480 * z**10)
    )
    k3 += (3 * z**2 * b - b**2) @ second / (216 * z**6)
    terms = first.sum() / z + k1 / math.sqrt(n) + k2 / n + k3 / n**1.5
    return float(math.sqrt(2 * math.pi) * terms)


def _below(n: int, d: float) -> float:
    """P(D < d) by the matrix of Marsaglia, Tsang & Wang (2003)."""
    k = math.ceil(n * d)
    m, h = 2 * k - 1, k - n * d
    i, j = np.indices((m, m))
    matrix = (i - j + 1 >= 0).astype(np.float64)
    powers = h ** np.arange(1, m + 1)
    matrix[:, 0] -= powers
    matrix[-1, :] -= powers[::-1]
    matrix[-1, 0] += max(0.0, 2 * h - 1) ** m
    matrix /= special.gamma(np.maximum(i - j + 1, 0) + 1.0)
    power, exponent = _scaled_power(matrix, n)
    log_factor = math.lgamma(n + 1) - n * math.log(n) + exponent * math.log(10)
    return float(power[k - 1, k - 1] * math.exp(log_factor))


def _scaled_power(matrix: np.ndarray, n: int) -> tuple[np.ndarray, int]:
    """matrix^n as a matrix times a power of ten, which keeps the middle from overflowing."""
    result, scale, base, base_scale = np.eye(len(matrix)), 0, matrix, 0
    while n:
        if n & 1:
            result, scale = _scaled(result @ base, scale + base_scale)
        base, base_scale = _scaled(base @ base, 2 * base_scale)
        n >>= 1
    return result, scale


def _scaled(matrix: np.ndarray, scale: int) -> tuple[np.ndarray, int]:
    size = math.floor(math.log10(float(np.abs(matrix).max())))
    return matrix / 10.0**size, scale + size
