"""NearestNeighborModel: the k training records nearest to a row (`comparison.py`) answer for it.

A number is the neighbours' average, median or weightedAverage; a category is the one with the majorityVote, or with the
weightedMajorityVote, where a neighbour weighs 1 / (distance + threshold) or its similarity. Of equal distances the
record that comes first counts, of equal votes the category with the most training records, then the first by its
letters. Training records that are not transformed (isTransformed=false) go through the model's own derivations once,
while compiling.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Codes, Column, Floats, Words, encode
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.distance.comparison import DistanceMeasure, compared_field, read_comparison
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.tables import read_instances
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element
from liftstream.scoring.xml.types import number_of, word_of, write_number

NUMBERS: Final = ("average", "median", "weightedAverage")
VOTES: Final = ("majorityVote", "weightedMajorityVote")


@dataclass
class Neighbors:
    """The nearest records of every row.

    Attributes:
        ids: of the records.
        threshold: added to a distance before it is inverted to a weight.
    """

    comparison: DistanceMeasure
    count: int
    ids: Sequence[str]
    threshold: float

    def find(self, batch: Batch) -> tuple[Codes, Floats, Floats]:
        """Records [rows, k], nearest first, their affinities and weights; affinities of all records."""
        affinities = self.comparison(batch)
        ranking = -affinities if self.comparison.similar else affinities
        order = np.argsort(ranking, axis=1, kind="stable")[:, : self.count]
        return order, np.take_along_axis(affinities, order, axis=1), affinities

    def weights(self, near: Floats) -> Floats:
        """How much each neighbour weighs; beside one at no distance at all (threshold 0) the others weigh nothing."""
        if self.comparison.similar:
            return near
        weights = 1.0 / (near + self.threshold)
        endless = np.isinf(weights)
        return np.where(endless.any(axis=1, keepdims=True), endless, weights)

    def answer(self, value: Column, order: Codes, near: Floats, affinities: Floats) -> Predictions:
        """A prediction that names its neighbours."""
        listed = np.array([*self.ids, None], dtype=object)[np.where(np.isnan(near), -1, order)]
        return Predictions(
            value,
            entity=encode(listed[:, 0].tolist()),
            entities=tuple(self.ids),
            affinities=affinities,
            ranked={"entityId": listed, "affinity": near.astype(object)},
        )


@dataclass
class NumberByNeighbors(Family):
    """A number from the neighbours' numbers."""

    neighbors: Neighbors
    values: Floats
    method: str
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The joined number of every row."""
        order, near, affinities = self.neighbors.find(batch)
        found = self.values[order]
        if self.method == "median":
            joined = np.median(found, axis=1)
        elif self.method == "average":
            joined = found.mean(axis=1)
        else:
            weights = self.neighbors.weights(near)
            joined = (found * weights).sum(axis=1) / weights.sum(axis=1)
        joined = np.where(np.isnan(near).any(axis=1), np.nan, joined)
        return self.neighbors.answer(joined, order, near, affinities)


@dataclass
class NeighborsAlone(Family):
    """No target: the prediction is the id of the nearest record."""

    neighbors: Neighbors
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The nearest record of every row."""
        order, near, affinities = self.neighbors.find(batch)
        nearest = Words(np.where(np.isnan(near[:, 0]), MISSING, order[:, 0]), tuple(self.neighbors.ids))
        return self.neighbors.answer(nearest, order, near, affinities)


@dataclass
class ClassByNeighbors(Family):
    """A category from the neighbours' votes."""

    neighbors: Neighbors
    codes: Codes
    classes: tuple[str, ...]
    weighted: bool

    def __post_init__(self) -> None:
        counts = np.bincount(self.codes, minlength=len(self.classes))
        order = sorted(range(len(self.classes)), key=lambda code: (-counts[code], self.classes[code]))
        self._preferred = np.array(order, dtype=np.intp)

    def predict(self, batch: Batch) -> Predictions:
        """The elected category of every row, with the shares of the votes."""
        order, near, affinities = self.neighbors.find(batch)
        weights = self.neighbors.weights(near) if self.weighted else np.ones(near.shape)
        found = self.codes[order]
        votes = np.stack(
            [np.where(found == c, weights, 0.0).sum(axis=1) for c in range(len(self.classes))], axis=1
        )
        shares = votes / votes.sum(axis=1, keepdims=True)
        shares[np.isnan(near).any(axis=1)] = np.nan
        best = self._preferred[votes[:, self._preferred].argmax(axis=1)]
        elected = Words(np.where(np.isnan(shares).any(axis=1), MISSING, best), self.classes)
        prediction = self.neighbors.answer(elected, order, near, affinities)
        prediction.classes, prediction.probabilities = self.classes, shares
        return prediction


def compile_neighbors(element: Element, compilation: Compilation, target: Target) -> Family:
    """A NearestNeighborModel.

    Raises:
        ModelUnsupported: its training records are not in the document.
    """
    instances = element.one("TrainingInstances")
    rows, columns = read_instances(instances)
    count = element.whole("numberOfNeighbors")
    if not 1 <= count <= len(rows):
        raise element.refusal(
            f"has numberOfNeighbors={count}; accepted: 1 to {len(rows)}, the training records"
        )
    inputs = element.one("KNNInputs").all("KNNInput")
    texts = _read_inputs(inputs, instances, rows, columns, compilation)
    compared = [
        compared_field(one, compilation.field(one), column) for one, column in zip(inputs, texts, strict=True)
    ]
    records = np.column_stack([values for _, values in compared])
    comparison = read_comparison(element.one("ComparisonMeasure"), [field for field, _ in compared], records)
    neighbors = Neighbors(
        comparison, count, _read_ids(element, rows, columns), element.number("threshold", 0.001)
    )
    return _read_answer(element, target, neighbors, rows, columns)


def _read_ids(element: Element, rows: Sequence[Mapping[str, str]], columns: Mapping[str, str]) -> list[str]:
    variable = element.get("instanceIdVariable")
    if variable is None:
        return [str(number) for number in range(1, len(rows) + 1)]
    column = columns.get(variable, variable)
    return [row.get(column, str(number)) for number, row in enumerate(rows, start=1)]


def _read_answer(
    element: Element,
    target: Target,
    neighbors: Neighbors,
    rows: Sequence[Mapping[str, str]],
    columns: Mapping[str, str],
) -> Family:
    if target.name is None:
        return NeighborsAlone(neighbors)
    texts = [row.get(columns.get(target.name, target.name)) for row in rows]
    if any(text is None for text in texts):
        raise element.refusal(f"has training records without the target {target.name[:60]!r}")
    answers = [text for text in texts if text is not None]
    if target.function == "regression":
        numbers = np.array([number_of(text, "double") for text in answers])
        if np.isnan(numbers).any():
            raise element.refusal("has training records whose target is not a number")
        method = element.choice("continuousScoringMethod", NUMBERS, "average")
        return NumberByNeighbors(neighbors, numbers, method)
    labels = [target.label(text) for text in answers]
    classes = tuple(dict.fromkeys((*target.classes, *labels)))
    place = {name: code for code, name in enumerate(classes)}
    weighted = element.choice("categoricalScoringMethod", VOTES, "majorityVote") == "weightedMajorityVote"
    codes = np.array([place[label] for label in labels], dtype=np.intp)
    return ClassByNeighbors(neighbors, codes, classes, weighted)


def _read_inputs(
    inputs: Sequence[Element],
    instances: Element,
    rows: Sequence[Mapping[str, str]],
    columns: Mapping[str, str],
    compilation: Compilation,
) -> list[list[str | None]]:
    """The training records' values of the inputs, as text."""
    if instances.flag("isTransformed", False):
        return [_column(rows, columns[one.need("field")]) for one in inputs if _listed(one, columns)]
    batch = Batch(compilation.program, np.full((len(rows), compilation.program.width), np.nan))
    for name, column in columns.items():
        symbol = compilation.names.find(name)
        if symbol is not None:
            batch.fill(symbol.slot, _typed(_column(rows, column), symbol))
    return [_derived(one, compilation.field(one), batch, columns) for one in inputs]


def _derived(element: Element, symbol: Symbol, batch: Batch, columns: Mapping[str, str]) -> list[str | None]:
    """An input's values of the training records; refuses one that they do not tell."""
    try:
        values = _spelled(batch.column(symbol.slot), symbol)
    except LookupError:
        values = []
    if not any(value is not None for value in values):
        raise element.refusal(
            f"names {symbol.name[:60]!r}, of which no training instance tells a value; they have {', '.join(columns)[:200]}"
        )
    return values


def _listed(element: Element, columns: Mapping[str, str]) -> bool:
    if element.need("field") not in columns:
        raise element.unknown("instance field", element.need("field"), columns)
    return True


def _column(rows: Sequence[Mapping[str, str]], name: str) -> list[str | None]:
    return [row.get(name) or None for row in rows]


def _typed(texts: Sequence[str | None], symbol: Symbol) -> Column:
    datatype = symbol.type.datatype
    if symbol.type.numeric:
        return np.array([np.nan if text is None else number_of(text, datatype) for text in texts])
    return encode([None if text is None else word_of(text, datatype) for text in texts])


def _spelled(column: Column, symbol: Symbol) -> list[str | None]:
    if isinstance(column, Words):
        return list(column.objects())
    if symbol.type.datatype == "boolean":
        return [None if np.isnan(v) else write_number(float(v), "boolean") for v in column]
    return [None if np.isnan(v) else repr(float(v)) for v in column]


NEAREST_NEIGHBOR: Final = FamilyKind(
    tag="NearestNeighborModel",
    name="nearest neighbours",
    contents=("TrainingInstances", "ComparisonMeasure", "KNNInputs"),
    compile=compile_neighbors,
    functions=("regression", "classification", "clustering", "mixed"),
    several_targets=True,
)
