"""SupportVectorMachineModel: kernels of support vectors, or plain coefficients.

A machine is absoluteValue + sum(coefficient * kernel(vector, row)); in the form `Coefficients` the row itself is
weighted. Regression takes the one machine's value. Classification:

- a machine with alternateTargetCategory decides between two categories: below the threshold its own targetCategory
  wins, else the alternative. Several of them vote (OneAgainstOne); of equals the category that comes first in the
  model;
- otherwise (OneAgainstAll) every category has a machine, and the smallest value wins, the greatest with maxWins.

A row with a missing input has no prediction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Floats, Words
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch, Gather
from liftstream.scoring.expressions.casting import numbers_of
from liftstream.scoring.expressions.expression import equal_to, field_expression
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kernel.kernels import KERNELS, Kernel
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.tables import ARRAYS, read_numbers
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

REPRESENTATIONS: Final = ("SupportVectors", "Coefficients")
CHUNK: Final = 4_000_000
"""Kernel values at a time: 32 MB, whatever the rows of a batch."""


@dataclass
class Machines:
    """The values of all machines at once, [rows, machines].

    Attributes:
        fields: the vectors' fields, [rows, fields].
        vectors: [vectors, fields]; None in the form `Coefficients`.
        weights: [vectors or fields, machines].
        offsets: absoluteValue of the machines.
    """

    fields: Gather
    kernel: Kernel
    vectors: Floats | None
    weights: Floats
    offsets: Floats

    def __call__(self, batch: Batch) -> Floats:
        """[rows, machines], NaN in rows that lack a field."""
        matrix = self.fields(batch)
        missing = np.isnan(matrix).any(axis=1)
        if missing.any():
            matrix = np.nan_to_num(matrix, nan=0.0)
        values = self._values(matrix) + self.offsets
        values[missing] = np.nan
        return values

    def _values(self, matrix: Floats) -> Floats:
        if self.vectors is None:
            return matrix @ self.weights
        step = max(1, CHUNK // max(1, len(self.vectors)))
        parts = [
            self.kernel(matrix[first : first + step], self.vectors) @ self.weights
            for first in range(0, len(matrix), step)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.weights.shape[1]))


@dataclass
class Value(Family):
    """The one machine of a regression."""

    machines: Machines
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """Its value."""
        return Predictions(self.machines(batch)[:, 0])


@dataclass
class Duels(Family):
    """Machines that each decide between two categories; `below` and `above` are their places in `classes`."""

    machines: Machines
    classes: tuple[str, ...]
    thresholds: Floats
    below: Sequence[int]
    above: Sequence[int]

    def predict(self, batch: Batch) -> Predictions:
        """The category with the most votes, and the share of each."""
        values = self.machines(batch)
        is_below = values < self.thresholds
        votes = np.zeros((batch.rows, len(self.classes)))
        for machine, (below, above) in enumerate(zip(self.below, self.above, strict=True)):
            votes[:, below] += is_below[:, machine]
            votes[:, above] += ~is_below[:, machine]
        missing = np.asarray(np.isnan(values).any(axis=1))
        prediction = _elected(votes, missing, self.classes)
        prediction.probabilities = np.where(missing[:, None], np.nan, votes / len(self.below))
        return prediction


@dataclass
class Contest(Family):
    """A machine for each category."""

    machines: Machines
    classes: tuple[str, ...]
    sign: float

    def predict(self, batch: Batch) -> Predictions:
        """The category with the smallest value, or the greatest."""
        values = self.machines(batch)
        return _elected(self.sign * values, np.isnan(values).any(axis=1), self.classes)


def _elected(scores: Floats, missing: Any, classes: tuple[str, ...]) -> Predictions:
    best = np.where(missing, MISSING, scores.argmax(axis=1))
    return Predictions(Words(best, classes), classes)


def compile_support_vectors(element: Element, compilation: Compilation, target: Target) -> Family:
    """A SupportVectorMachineModel.

    Raises:
        ModelRefused: a machine names a vector that is not there, or has another number of coefficients than vectors.
    """
    elements = element.all("SupportVectorMachine")
    if not elements:
        raise element.refusal("needs <SupportVectorMachine> inside")
    machines = _read_machines(element, elements, compilation)
    if target.function == "regression":
        if len(elements) != 1:
            raise elements[1].unsupported("is a second machine of a regression; supported: one")
        return Value(machines)
    names = [target.label(one.need("targetCategory")) for one in elements]
    others = [_alternative(one, element, elements, target) for one in elements]
    if any(other is None for other in others):
        if len(elements) == 1:
            raise elements[0].refusal("needs alternateTargetCategory, as the only machine of a classifier")
        greatest = element.flag("maxWins", False)
        return Contest(machines, tuple(names), 1.0 if greatest else -1.0)
    seen = dict.fromkeys(
        name for pair in zip(names, others, strict=True) for name in pair if name is not None
    )
    classes = tuple(sorted(seen, key=_order(target.classes)))
    place = {name: column for column, name in enumerate(classes)}
    rounds = elements[0].get("alternateTargetCategory") is None
    general = 0.5 if rounds else element.number("threshold", 0.0)
    thresholds = np.array([one.number("threshold", general) for one in elements])
    own, other = [place[name] for name in names], [place[name] for name in others if name is not None]
    return Duels(machines, classes, thresholds, *((other, own) if rounds else (own, other)))


def _order(classes: Sequence[str]) -> Callable[[str], int]:
    known = {name: place for place, name in enumerate(classes)}
    return lambda name: known.get(name, len(known))


def _alternative(machine: Element, model: Element, machines: Sequence[Element], target: Target) -> str | None:
    """What a machine chooses when it does not choose its targetCategory; for a single one PMML 3 says so in the model.

    There the value is rounded: 1 is the targetCategory, 0 the alternative.
    """
    text = machine.get("alternateTargetCategory")
    if text is None and len(machines) == 1:
        text = model.get("alternateBinaryTargetCategory")
    return None if text is None else target.label(text)


def _read_machines(element: Element, elements: Sequence[Element], compilation: Compilation) -> Machines:
    kernel_element = element.one(*KERNELS)
    kernel = KERNELS[kernel_element.tag](kernel_element)
    plain = element.choice("svmRepresentation", REPRESENTATIONS, "SupportVectors") == "Coefficients"
    dictionary = element.one("VectorDictionary")
    fields = _read_fields(dictionary.one("VectorFields"), compilation)
    offsets = np.array([one.one("Coefficients").number("absoluteValue", 0.0) for one in elements])
    coefficients = [_read_coefficients(one) for one in elements]
    if plain:
        if kernel_element.tag != "LinearKernelType":
            raise kernel_element.unsupported("has no vectors to work on; supported with coefficients: linear")
        for one, weights in zip(elements, coefficients, strict=True):
            _check_count(one, len(weights), len(fields.slots), "fields")
        return Machines(fields, kernel, None, np.column_stack(coefficients), offsets)
    places, vectors = _read_vectors(dictionary, len(fields.slots))
    weights_of_vectors = np.zeros((len(vectors), len(elements)))
    for column, (one, weights) in enumerate(zip(elements, coefficients, strict=True)):
        support = one.first("SupportVectors")
        ids = [] if support is None else [v.need("vectorId") for v in support.all("SupportVector")]
        _check_count(one, len(weights), len(ids), "support vectors")
        for name, weight in zip(ids, weights, strict=True):
            if name not in places:
                raise one.unknown("vector", name, places)
            weights_of_vectors[places[name], column] += weight
    return Machines(fields, kernel, vectors, weights_of_vectors, offsets)


def _read_coefficients(machine: Element) -> Floats:
    return np.array([one.number("value", 0.0) for one in machine.one("Coefficients").all("Coefficient")])


def _check_count(machine: Element, found: int, wanted: int, what: str) -> None:
    if found != wanted:
        raise machine.refusal(f"has {found} coefficients for {wanted} {what}")


def _read_fields(element: Element, compilation: Compilation) -> Gather:
    element.only("FieldRef", "CategoricalPredictor")
    slots = []
    for one in element.children:
        if one.tag == "FieldRef":
            symbol = compilation.field(one)
            if symbol.type.numeric:
                slots.append(symbol.slot)
                continue
            slots.append(compilation.program.add(numbers_of(field_expression(symbol), one)))
        else:
            indicator = equal_to(compilation.field(one, "name"), one.need("value"), one)
            slots.append(compilation.program.add(_scaled(indicator, one.number("coefficient", 1.0))))
    return Gather(compilation.program, slots)


def _scaled(indicator: Callable[[Batch], Floats], factor: float) -> Callable[[Batch], Floats]:
    return indicator if factor == 1.0 else lambda batch: factor * indicator(batch)


def _read_vectors(dictionary: Element, width: int) -> tuple[dict[str, int], Floats]:
    instances = dictionary.all("VectorInstance")
    vectors = np.zeros((len(instances), width))
    for row, one in enumerate(instances):
        numbers = read_numbers(one.one(*ARRAYS))
        if len(numbers) > width:
            raise one.refusal(f"has {len(numbers)} values for {width} fields")
        vectors[row, : len(numbers)] = numbers
    return {one.need("id"): row for row, one in enumerate(instances)}, vectors


SUPPORT_VECTOR_MACHINE: Final = FamilyKind(
    tag="SupportVectorMachineModel",
    name="support vector machine",
    contents=(*KERNELS, "VectorDictionary", "SupportVectorMachine"),
    compile=compile_support_vectors,
    counted={"SupportVector": "support vectors"},
)
