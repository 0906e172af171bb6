"""What a tree has to beat: a random score, a single column, and the usual learners on scikit-learn's models.

Each learns on some rows and scores others. All know the same columns; the scores of those that predict uplift are in units of
the outcome, so that money can be compared with them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.experiment.uplift.area import qini
from training.uplift.binning import Floats
from training.uplift.clients import is_binary
from training.uplift.features import Column
from training.uplift.pruning import stand_ins
from training.uplift.tree import Bits


@dataclass(frozen=True, eq=False)
class Part:
    """Rows to learn from."""

    columns: list[Floats]
    treatment: Bits
    outcome: Floats


@dataclass(frozen=True, eq=False)
class Scores:
    """What a learner says of other rows.

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
"""The best column is chosen on so many rows."""


def challenge(part: Part, others: list[Floats], columns: Sequence[Column], seed: int) -> list[Scores]:
    """The scores of all of them.

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
    return [
        Scores("random", "by chance", random, is_baseline=True),
        Scores("one column", f"{columns[best].title}, {direction} first", one, is_baseline=True),
        Scores("two models", "a model for each arm, their difference", two_models(part, others), True),
        Scores(
            "class transformation",
            "one model of who went the arm's way",
            class_transformation(part, others),
            True,
        ),
        Scores("response model", "who has the outcome, influenced or not", response_model(part, others)),
    ]


def best_column(part: Part) -> tuple[int, int]:
    """The column with the best Qini of its own on these rows, and whether its high (1) or low (-1) values come first."""
    some = slice(ONE_COLUMN_ROWS)
    y, treatment = part.outcome[some], part.treatment[some]
    found = []
    for values in part.columns:
        at = values[some]
        known = np.isfinite(at)
        score = np.where(known, at, at[known].min() if known.any() else 0.0)
        found.append(qini(y, treatment, score, normalizer="none", draws=0).value)
    best = int(np.argmax(np.abs(found)))
    return best, 1 if found[best] >= 0 else -1


def two_models(part: Part, others: list[Floats]) -> Floats:
    """Predictions of a model of the influenced, less those of a model of the others."""
    matrix, wanted = _matrix(part.columns), _matrix(others)
    influenced = part.treatment == 1
    first, second = (_fit(matrix[arm], part.outcome[arm]) for arm in (influenced, ~influenced))
    return first(wanted) - second(wanted)


def class_transformation(part: Part, others: list[Floats]) -> Floats:
    """One model of Z = "influenced with the outcome, or left alone without" (Jaskowski & Jaroszewicz 2012).

    Rows count by the other arm's share, so that both arms weigh the same: then uplift = 2 P(Z) - 1. Where outcomes are not 0 or 1
    the model predicts what stands in for the uplift (`pruning.stand_ins`).
    """
    matrix, wanted = _matrix(part.columns), _matrix(others)
    if not is_binary(part.outcome):
        return _fit(matrix, stand_ins(part.outcome, part.treatment))(wanted)
    share = part.treatment.mean()
    weight = np.where(part.treatment == 1, 0.5 / share, 0.5 / (1 - share))
    went_along = (part.outcome == part.treatment).astype(np.float64)
    return 2 * _fit(matrix, went_along, weight)(wanted) - 1


def response_model(part: Part, others: list[Floats]) -> Floats:
    """What a model of the outcome predicts: who buys, not who buys because of it."""
    return _fit(_matrix(part.columns), part.outcome)(_matrix(others))


def _matrix(columns: list[Floats]) -> Any:
    return np.stack(columns, axis=1)


def _fit(matrix: Any, target: Floats, weight: Floats | None = None) -> Callable[[Any], Floats]:
    """A linear model on standardised columns, medians where something is missing: logistic for 0 and 1, else ridge."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    binary = is_binary(target)
    if target.min() == target.max():
        return lambda wanted: np.full(len(wanted), target[0])
    model = LogisticRegression(solver="newton-cholesky") if binary else Ridge()
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), model
    )
    pipeline.fit(
        matrix,
        target,
        **({} if weight is None else {f"{type(model).__name__.lower()}__sample_weight": weight}),
    )
    return (lambda wanted: pipeline.predict_proba(wanted)[:, 1]) if binary else pipeline.predict
