"""Kernel functions over two sets of vectors, [rows, fields] and [vectors, fields] -> [rows, vectors].

Distances are summed from differences, never from expanded squares: those lose the digits of unscaled inputs.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.xml.element import Element

Kernel: TypeAlias = Callable[[Floats, Floats], Floats]


def squared_distances(rows: Floats, vectors: Floats) -> Floats:
    """Squared euclidean distances."""
    return _distances(rows, vectors, "sqeuclidean")


def absolute_distances(rows: Floats, vectors: Floats) -> Floats:
    """Sums of absolute differences."""
    return _distances(rows, vectors, "cityblock")


def _distances(rows: Floats, vectors: Floats, metric: str) -> Floats:
    from scipy.spatial.distance import cdist

    return np.asarray(cdist(rows, vectors, metric), dtype=np.float64)


def _linear(_element: Element) -> Kernel:
    return lambda rows, vectors: rows @ vectors.T


def _polynomial(element: Element) -> Kernel:
    gamma, free, degree = (element.number(name, 1.0) for name in ("gamma", "coef0", "degree"))
    return lambda rows, vectors: np.power(gamma * (rows @ vectors.T) + free, degree)


def _radial(element: Element) -> Kernel:
    gamma = element.number("gamma", 1.0)
    return lambda rows, vectors: np.exp(-gamma * squared_distances(rows, vectors))


def _sigmoid(element: Element) -> Kernel:
    gamma, free = element.number("gamma", 1.0), element.number("coef0", 1.0)
    return lambda rows, vectors: np.tanh(gamma * (rows @ vectors.T) + free)


KERNELS: Final[dict[str, Callable[[Element], Kernel]]] = {
    "LinearKernelType": _linear,
    "PolynomialKernelType": _polynomial,
    "RadialBasisKernelType": _radial,
    "SigmoidKernelType": _sigmoid,
}
"""By element: x·y, (gamma x·y + coef0)^degree, exp(-gamma |x - y|^2), tanh(gamma x·y + coef0)."""
