"""GaussianProcessModel: the mean of the posterior, k(row, training) (K + noise I)^-1 y, worked out once but for k(row, ...).

Kernels, with lambda one length or one for each input: RadialBasis gamma exp(-|d|^2 / (2 lambda^2)), ARDSquaredExponential
gamma exp(-sum (d / lambda)^2 / 2), AbsoluteExponential gamma exp(-sum |d| / lambda), GeneralizedExponential
gamma exp(-sum (|d| / lambda)^degree). A row with a missing input has no prediction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch, Gather
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kernel.kernels import Kernel, absolute_distances, squared_distances
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.tables import read_instances, read_numbers
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import number_of

KERNELS: Final = (
    "RadialBasisKernel",
    "ARDSquaredExponentialKernel",
    "AbsoluteExponentialKernel",
    "GeneralizedExponentialKernel",
)
MOST_RECORDS: Final = 5_000
"""A system of this size takes some seconds and 200 MB."""


@dataclass
class GaussianProcess(Family):
    """Training inputs [records, fields] and the solved weights [records]."""

    fields: Gather
    kernel: Kernel
    records: Floats
    weights: Floats
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The posterior mean of every row."""
        matrix = self.fields(batch)
        missing = np.isnan(matrix).any(axis=1)
        means = self.kernel(np.nan_to_num(matrix, nan=0.0), self.records) @ self.weights
        return Predictions(np.where(missing, np.nan, means))


def compile_gaussian_process(element: Element, compilation: Compilation, target: Target) -> GaussianProcess:
    """A GaussianProcessModel for a number.

    Raises:
        ModelUnsupported: it is a classifier, or has more training records than are solved here.
    """
    if target.function != "regression" or target.name is None:
        raise element.unsupported("is scored for a named regression target only")
    instances = element.one("TrainingInstances")
    rows, columns = read_instances(instances)
    if not 1 <= len(rows) <= MOST_RECORDS:
        raise instances.unsupported(f"has {len(rows)} records; supported: 1 to {MOST_RECORDS:,}")
    names = [name for name in columns if name != target.name]
    symbols = [compilation.names.need(name, instances) for name in names]
    table = np.array(
        [[number_of(row.get(columns[n], ""), "double") for n in (*names, target.name)] for row in rows]
    )
    if np.isnan(table).any() or target.name not in columns or not all(s.type.numeric for s in symbols):
        raise instances.refusal("needs a number for every input and the target in every record")
    kernel_element = element.one(*KERNELS)
    kernel = _read_kernel(kernel_element, len(names))
    noise = kernel_element.number("noiseVariance", 1.0)
    covariance = kernel(table[:, :-1], table[:, :-1]) + noise * np.eye(len(table))
    try:
        weights = np.linalg.solve(covariance, table[:, -1])
    except np.linalg.LinAlgError:
        raise kernel_element.refusal(
            "gives a covariance that cannot be inverted; give it a noiseVariance"
        ) from None
    return GaussianProcess(
        Gather(compilation.program, [symbol.slot for symbol in symbols]), kernel, table[:, :-1], weights
    )


def _read_kernel(element: Element, width: int) -> Kernel:
    gamma = element.number("gamma", 1.0)
    if element.tag == "RadialBasisKernel":
        length = element.number("lambda", 1.0)
        return lambda a, b: gamma * np.exp(-squared_distances(a, b) / (2.0 * length**2))
    given = element.first("Lambda")
    lengths = np.ones(width) if given is None else read_numbers(given.one("Array"))
    if len(lengths) not in (1, width) or (lengths == 0).any():
        raise element.refusal(f"has {len(lengths)} lengths for {width} inputs; accepted: one each, not 0")
    return _scaled(element, gamma, lengths)


def _scaled(element: Element, gamma: float, lengths: Floats) -> Kernel:
    measure = _measure(element)
    return lambda a, b: gamma * np.exp(-measure(a / lengths, b / lengths))


def _measure(element: Element) -> Callable[[Floats, Floats], Floats]:
    if element.tag == "ARDSquaredExponentialKernel":
        return lambda a, b: squared_distances(a, b) / 2.0
    if element.tag == "AbsoluteExponentialKernel":
        return absolute_distances
    degree = element.number("degree", 1.0)
    return lambda a, b: _powers(a, b, degree)


def _powers(a: Floats, b: Floats, degree: float) -> Floats:
    """sum |a - b|^degree over the inputs."""
    total = np.zeros((len(a), len(b)))
    for one, other in zip(a.T, b.T, strict=True):
        total += np.abs(one[:, None] - other) ** degree
    return total


GAUSSIAN_PROCESS: Final = FamilyKind(
    tag="GaussianProcessModel",
    name="Gaussian process",
    contents=(*KERNELS, "TrainingInstances"),
    compile=compile_gaussian_process,
    functions=("regression",),
)
