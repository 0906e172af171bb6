"""Gradient boosting on the features of any stream: numbers, flags, booleans, texts, dates and times of a day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from liftstream.streams.definition import Feature
from training.stream.rows import StreamRows

if TYPE_CHECKING:
    import pandas as pd

MOST_WORDS: Final = 200
"""Most distinct texts of a feature, each of which becomes a column of 0 and 1."""
NO_WORD: Final = "(missing)"
"""A missing text in the model."""
YEAR: Final = 2000
"""The year from which the model counts days and seconds."""
MOMENTS: Final = frozenset({"date", "datetime"})
MOST_TREES, LEAVES, RATE = 300, 8, 0.1
"""Gradient boosting adds up to so many trees, until the error on a held-back tenth of the rows no longer falls."""


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A fitted pipeline of scikit-learn.

    Attributes:
        estimator: takes the frame of `frame_of`.
        fields: the features that it takes, by the names of its inputs.
        left_out: why the other features are not among them, a sentence each.
    """

    estimator: Any
    fields: Mapping[str, Feature]
    left_out: tuple[str, ...]

    def score(self, rows: StreamRows) -> NDArray[np.float64]:
        """probability(1) of each row."""
        found: NDArray[np.float64] = self.estimator.predict_proba(frame_of(rows, self.fields))[:, 1]
        return found


def fit_stream_model(rows: StreamRows, fields: Mapping[str, Feature], seed: int) -> FittedModel:
    """Trains on rows; the same rows and seed give the same model, whatever the number of cores.

    Args:
        rows: to learn from.
        fields: the features of the stream by the names that the model's inputs shall have; those that cannot be learned
            from are left out.
        seed: of the trees.

    Raises:
        InputError: no feature is left.
    """
    from threadpoolctl import threadpool_limits

    reasons = {name: _why_not(one, rows.columns[one.name]) for name, one in fields.items()}
    left_out = tuple(why for why in reasons.values() if why is not None)
    used = {name: one for name, one in fields.items() if reasons[name] is None}
    if not used:
        raise InputError(f"{rows.source}: no feature to learn from: {'; '.join(left_out)}")
    estimator = _pipeline(used, seed)
    with threadpool_limits(1, user_api="blas"):
        estimator.fit(frame_of(rows, used), rows.label.astype(np.int64))
    return FittedModel(estimator, used, left_out)


def frame_of(rows: StreamRows, fields: Mapping[str, Feature]) -> "pd.DataFrame":
    """The rows for scikit-learn: float64, text with NaN for missing, timestamps."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for name, one in fields.items():
        column = rows.columns[one.name]
        if one.type in MOMENTS:
            columns[name] = pd.to_datetime(pd.Series(column), format="ISO8601")
        elif one.numeric:
            columns[name] = column
        else:
            columns[name] = np.where(column == np.array(None), np.nan, column)
    return pd.DataFrame(columns)


def _why_not(feature: Feature, column: NDArray[Any]) -> str | None:
    """Why a feature cannot be learned from; None if it can."""
    if feature.type == "time":
        return f"{feature.name} is a time of the day, which is not learned from; give its hour as a number"
    if feature.type in MOMENTS and feature.missing is None:
        return f"{feature.name} is a {feature.type} that may be missing; give a missing one a {feature.type} in the definition"
    if feature.type == "text":
        words = len({word for word in column.tolist() if word is not None})
        if words > MOST_WORDS:
            return f"{feature.name} has {words:,} different texts, more than {MOST_WORDS}; group them before"
    known = (
        ~np.isnan(column) if feature.numeric else np.array([value is not None for value in column.tolist()])
    )
    return None if known.any() else f"{feature.name} is missing in every row"


def _pipeline(fields: Mapping[str, Feature], seed: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline

    numbers = [name for name, one in fields.items() if one.numeric]
    others = [(name, one) for name, one in fields.items() if not one.numeric]
    named = [(f"{one.type}{number}", _step(one), [name]) for number, (name, one) in enumerate(others)]
    columns = ColumnTransformer([*named, *([("numbers", "passthrough", numbers)] if numbers else [])])
    trees = HistGradientBoostingClassifier(
        learning_rate=RATE, max_iter=MOST_TREES, max_leaf_nodes=LEAVES, early_stopping=True, random_state=seed
    )
    return Pipeline([("columns", columns), ("trees", trees)])


def _step(feature: Feature) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
    from sklearn2pmml.decoration import DateDomain, DateTimeDomain
    from sklearn2pmml.preprocessing import DaysSinceYearTransformer, SecondsSinceYearTransformer

    if feature.type == "text":
        words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        return make_pipeline(SimpleImputer(strategy="constant", fill_value=NO_WORD), words)
    pair: tuple[Callable[[], Any], Any] = (DateDomain, DaysSinceYearTransformer(year=YEAR))
    if feature.type == "datetime":
        pair = DateTimeDomain, SecondsSinceYearTransformer(year=YEAR)
    # A pipeline must not end in a step that learns nothing, or scikit-learn takes it for unfitted.
    return make_pipeline(pair[0](), pair[1], FunctionTransformer())
