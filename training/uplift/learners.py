"""The learners that a tree has to beat: a random score, a single column, and the usual ones on scikit-learn's models.

Each learns on some rows and scores others. All know the same columns; the scores of those that predict uplift are in
units of the outcome, so that money can be compared with them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.uplift.area import qini
from training.uplift.clients import is_binary
from training.uplift.features import Column
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.binning import Floats
from training.uplift.tree.pruning import stand_ins


@dataclass(frozen=True, eq=False)
class LearnerScores:
    """The scores of a learner for other rows.

    Attributes:
        name: of the learner.
        about: what it is, for people.
        score: one per row, the higher the sooner influenced.
        is_uplift: whether the score is an uplift, which can be compared with money.
        is_baseline: whether it is there to be beaten without learning much.
    """

    name: str
    about: str
    score: Floats
    is_uplift: bool = False
    is_baseline: bool = False


ONE_COLUMN_ROWS: Final = 50_000
"""Most rows, drawn by chance, on which the best column is chosen."""


def challenge(
    part: TrainingRows, others: list[Floats], columns: Sequence[Column], seed: int
) -> list[LearnerScores]:
    """The scores of all learners.

    Args:
        part: rows to learn from.
        others: the columns of rows to score.
        columns: what the columns are.
        seed: of the random score.
    """
    best, sign = best_column(part)
    direction = "the higher" if sign > 0 else "the lower"
    random = np.random.default_rng([seed, 1]).random(len(others[0]))
    worst = np.nanmin(sign * others[best]) if np.isfinite(others[best]).any() else 0.0
    one = np.where(np.isfinite(others[best]), sign * others[best], worst)
    matrix, wanted = standardised(part.columns, others)
    return [
        LearnerScores("random", "by chance", random, is_baseline=True),
        LearnerScores("one column", f"{columns[best].title}, {direction} first", one, is_baseline=True),
        LearnerScores(
            "two models", "a model for each arm, their difference", two_models(part, matrix, wanted), True
        ),
        LearnerScores(
            "class transformation",
            "one model of who went the arm's way",
            class_transformation(part, matrix, wanted),
            True,
        ),
        LearnerScores(
            "response model", "who has the outcome, influenced or not", response_model(part, matrix, wanted)
        ),
    ]


def best_column(part: TrainingRows) -> tuple[int, int]:
    """The column with the best Qini of its own on these rows, and whether its high (1) or low (-1) values come
    first."""
    some = sample_rows(part.treatment, ONE_COLUMN_ROWS)
    y, treatment = part.outcome[some], part.treatment[some]
    found = []
    for values in part.columns:
        at = values[some]
        known = np.isfinite(at)
        score = np.where(known, at, at[known].min() if known.any() else 0.0)
        found.append(qini(y, treatment, score, normalizer="none", draws=0).value)
    best = int(np.argmax(np.abs(found)))
    return best, 1 if found[best] >= 0 else -1


def sample_rows(treatment: NDArray[np.generic], most: int) -> NDArray[np.int64]:
    """All rows, or about `most` of them by chance, each arm in its share: a table may be sorted by arm or outcome."""
    share, rng = min(1.0, most / len(treatment)), np.random.default_rng(most)
    arms = [np.flatnonzero(treatment == arm) for arm in (0, 1)]
    drawn = [rng.choice(rows, math.ceil(share * len(rows)), replace=False) for rows in arms]
    return np.sort(np.concatenate(drawn))


def standardised(columns: list[Floats], others: list[Floats]) -> tuple[Floats, Floats]:
    """Both matrices, standardised by the rows of the first: medians where missing, mean 0 and deviation 1."""
    matrix, wanted = np.stack(columns, axis=1), np.stack(others, axis=1)
    for number, column in enumerate(columns):
        known = column[np.isfinite(column)]
        centre, spread = (known.mean(), known.std() or 1.0) if len(known) else (0.0, 1.0)
        median = float(np.median(known)) if len(known) < len(column) and len(known) else centre
        for values in (matrix[:, number], wanted[:, number]):
            values[~np.isfinite(values)] = median
            values -= centre
            values /= spread
    return matrix, wanted


def two_models(part: TrainingRows, matrix: Floats, wanted: Floats) -> Floats:
    """Predictions of a model of the influenced, less those of a model of the others."""
    influenced = part.treatment == 1
    first, second = (_predict(matrix[arm], part.outcome[arm], wanted) for arm in (influenced, ~influenced))
    return first - second


def class_transformation(part: TrainingRows, matrix: Floats, wanted: Floats) -> Floats:
    """One model of Z = "influenced with the outcome, or left alone without" (Jaskowski & Jaroszewicz 2012).

    Rows count by the other arm's share, so that both arms weigh the same: then uplift = 2 P(Z) - 1. Where outcomes are
    not 0 or 1 the model predicts what stands in for the uplift (`pruning.stand_ins`).
    """
    if not is_binary(part.outcome):
        return _predict(matrix, stand_ins(part.outcome, part.treatment), wanted)
    share = part.treatment.mean()
    weight = np.where(part.treatment == 1, 0.5 / share, 0.5 / (1 - share))
    went_along = (part.outcome == part.treatment).astype(np.float64)
    return 2 * _predict(matrix, went_along, wanted, weight) - 1


def response_model(part: TrainingRows, matrix: Floats, wanted: Floats) -> Floats:
    """The predictions of a model of the outcome: who buys, not who buys because of the offer."""
    return _predict(matrix, part.outcome, wanted)


def _predict(matrix: Floats, target: Floats, wanted: Floats, weight: Floats | None = None) -> Floats:
    """The predictions of a linear model of the target: logistic regression for 0 and 1, otherwise ridge."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if target.min() == target.max():
        return np.full(len(wanted), target[0])
    if is_binary(target):
        model = LogisticRegression(solver="newton-cholesky").fit(matrix, target, sample_weight=weight)
        chances: Floats = model.predict_proba(wanted)[:, 1]
        return chances
    values: Floats = Ridge().fit(matrix, target, sample_weight=weight).predict(wanted)
    return values
