"""What a family gives for a batch: arrays that every later step (targets, outputs, segmentations) reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import (
    MISSING,
    Codes,
    Column,
    Floats,
    Words,
    any_missing,
    constant,
    scatter,
)
from liftstream.scoring.xml.types import NAN


@dataclass
class Predictions:
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
    segments: "dict[str, Predictions]" = field(default_factory=dict)
    targets: "dict[str, Predictions]" = field(default_factory=dict)
    display: Mapping[str, str] = field(default_factory=dict)

    def scatter(self, rows: Codes, count: int) -> "Predictions":
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

        return Predictions(
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


def classified(probabilities: Floats, classes: Sequence[str]) -> Predictions:
    """The prediction of a classifier that gives probabilities."""
    return Predictions(winner(probabilities, classes), tuple(classes), probabilities)


def share(matrix: Floats | None, prediction: Predictions, value: str | None) -> Floats:
    """A class's column of probabilities or confidences; the winner's where no class is named."""
    rows = len(prediction.value)
    if matrix is None:
        return np.full(rows, NAN)
    if value is not None:
        if value not in prediction.classes:
            return np.where(np.isnan(matrix).all(axis=1), NAN, 0.0)
        return matrix[:, prediction.classes.index(value)]
    words = prediction.value
    assert isinstance(words, Words)  # noqa: S101 - only classes have shares
    columns = _columns(words, prediction.classes)
    return np.where(columns < 0, NAN, matrix[np.arange(rows), columns])


def _columns(words: Words, names: Sequence[str]) -> Codes:
    """The place of every row's word among some names, -1 where it is none of them."""
    place = {name: float(column) for column, name in enumerate(names)}
    return words.lookup(lambda word: place.get(word, -1.0), missing=-1.0).astype(np.intp)


def at_rank(prediction: Predictions, rank: int) -> Predictions:
    """The prediction with the class that comes at a rank in place of the first: after it, the others by their shares."""
    words = prediction.value
    shares = prediction.confidences if prediction.probabilities is None else prediction.probabilities
    if shares is None or not isinstance(words, Words) or rank > len(prediction.classes):
        return replace(prediction, value=constant(None, len(words)))
    first = _columns(words, prediction.classes)
    others = np.where(np.isnan(shares), -np.inf, shares)
    others[np.arange(len(others)), first] = np.inf
    found = np.argsort(-others, axis=1, kind="stable")[:, rank - 1]
    return replace(prediction, value=Words(np.where(first < 0, MISSING, found), prediction.classes))


def confidences_of(prediction: Predictions) -> Floats | None:
    """Confidences, which a family without its own takes from the probabilities."""
    return prediction.probabilities if prediction.confidences is None else prediction.confidences


def entity(prediction: Predictions) -> Words:
    """The id of what decided."""
    if prediction.entity is not None:
        return prediction.entity
    value = prediction.value
    return value if isinstance(value, Words) else constant(None, len(value))


def affinity(prediction: Predictions, value: str | None, rank: int) -> Floats:
    """The similarity to, or distance from, an entity; of the deciding one where none is named."""
    matrix = prediction.affinities
    if matrix is None:
        return np.full(len(prediction.value), NAN)
    nothing = np.full(len(matrix), NAN)
    if value is not None:
        entities = prediction.entities
        return matrix[:, entities.index(value)] if value in entities else nothing
    if "affinity" in prediction.ranked:
        listed = prediction.ranked["affinity"]
        return listed[:, rank - 1].astype(np.float64) if rank <= listed.shape[1] else nothing
    if rank > 1:
        return nothing
    columns = _columns(entity(prediction), prediction.entities)
    return np.where(columns < 0, NAN, matrix[np.arange(len(matrix)), columns])
