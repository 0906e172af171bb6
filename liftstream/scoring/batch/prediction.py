"""What a family gives for a batch: arrays that every later step (targets, outputs, segmentations) reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import MISSING, Codes, Column, Floats, Words, any_missing, scatter
from liftstream.scoring.batch.program import Batch


@dataclass
class Prediction:
    """One value a row, missing where the model gives none.

    Attributes:
        value: numbers of a regression; the class, cluster or entity as words otherwise.
        classes: names of the columns of `probabilities` and `confidences`.
        probabilities: [rows, classes], NaN in rows without a prediction; None where the family knows none.
        confidences: likewise; of the winner or of every class.
        entity: id of the node, cluster, rule or neighbour that decided.
        entities: names of the columns of `affinities`.
        affinities: [rows, entities], similarities or distances.
        ranked: [rows, k] several values a row in order (neighbours' ids, reason codes, rules), None for no more.
        standard_errors: of a regression that knows its own.
        targets: of a model with several targets, the predictions by target.
        display: how people call the words of `value`, where it differs.
        segments: of a segmentation whose outputs ask for them, the predictions by segment id.
    """

    value: Column
    classes: tuple[str, ...] = ()
    probabilities: Floats | None = None
    confidences: Floats | None = None
    entity: Words | None = None
    entities: tuple[str, ...] = ()
    affinities: Floats | None = None
    ranked: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    standard_errors: Floats | None = None
    segments: "dict[str, Prediction]" = field(default_factory=dict)
    targets: "dict[str, Prediction]" = field(default_factory=dict)
    display: Mapping[str, str] = field(default_factory=dict)

    def scatter(self, rows: Codes, count: int) -> "Prediction":
        """Spread over `count` rows, missing where it has none."""

        def spread(matrix: Any) -> Any:
            if matrix is None:
                return None
            if isinstance(matrix, Words) or matrix.ndim == 1:
                return scatter(matrix, rows, count)
            fill = None if matrix.dtype == object else np.nan
            wide = np.full((count, *matrix.shape[1:]), fill, matrix.dtype)
            wide[rows] = matrix
            return wide

        return Prediction(
            value=spread(self.value),
            classes=self.classes,
            probabilities=spread(self.probabilities),
            confidences=spread(self.confidences),
            entity=spread(self.entity),
            entities=self.entities,
            affinities=spread(self.affinities),
            ranked={name: spread(matrix) for name, matrix in self.ranked.items()},
            standard_errors=spread(self.standard_errors),
            segments={name: one.scatter(rows, count) for name, one in self.segments.items()},
            targets={name: one.scatter(rows, count) for name, one in self.targets.items()},
            display=self.display,
        )


class Family(Protocol):
    """A compiled model of one family: a function from a batch to a prediction."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories of a classifier in the order of its probabilities, () of any other model."""

    def predict(self, batch: Batch) -> Prediction:
        """The prediction of every row."""


def winner(scores: Floats, classes: Sequence[str]) -> Words:
    """The class with the highest score of each row; the first of equals; missing where all scores are."""
    if not len(classes):
        return Words(np.full(len(scores), MISSING), ())
    if any_missing(scores):
        best = np.where(np.isnan(scores), -np.inf, scores).argmax(axis=1)
        best = np.where(np.isnan(scores).all(axis=1), MISSING, best)
    else:
        best = scores.argmax(axis=1)
    return Words(best, tuple(classes))


def classified(probabilities: Floats, classes: Sequence[str]) -> Prediction:
    """The prediction of a classifier that gives probabilities."""
    return Prediction(winner(probabilities, classes), tuple(classes), probabilities)
