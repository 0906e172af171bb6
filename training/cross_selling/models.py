"""The models that are trained. The first is served; the others are for comparison on the same rows."""

import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.contracts.features import FEATURES
from training.cross_selling.dataset import Bits, LabelledClients
from training.interruption import interruptible


@dataclass(frozen=True)
class ModelEntry:
    """One entry of the list.

    Attributes:
        name: becomes `<name>.pmml`.
        title: for people.
        about: what it is, for the card.
        in_the_shop: what is true of it in the simulated shop, to go on with; its probabilities were checked there.
        is_rule: decides by itself; its score is 0 or 1, its threshold 0.5, and it is no probability of interest.
    """

    name: str
    title: str
    about: str
    in_the_shop: str = "."
    is_rule: bool = False


MODELS: Final = (
    ModelEntry(
        "cross_selling",
        "logistic regression",
        "Logistic regression on all features",
        ". Interest is linear in the log-odds, so nothing fits better,"
        " and its probabilities are calibrated: that is what earns.",
    ),
    ModelEntry("mlp", "neural network", "A network with hidden layers of 63 and 15, age standardised"),
    ModelEntry(
        "gradient_boosting",
        "gradient boosting",
        "300 boosted trees of depth 2 (histogram gradient boosting)",
        ": interest has no deeper interaction.",
    ),
    ModelEntry(
        "original",
        "original rule",
        "The original system: show the category to men, to nobody else",
        is_rule=True,
    ),
)


@dataclass(frozen=True, eq=False)
class Trained:
    """A fitted scikit-learn estimator and the features that it takes, by name."""

    model: ModelEntry
    estimator: Any
    features: tuple[str, ...]

    def inputs(self, rows: LabelledClients) -> Bits:
        """The input columns, in the order of `features`."""
        return rows.features[:, [FEATURES.index(name) for name in self.features]]

    def score(self, rows: LabelledClients) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """probability(1) of each row."""
        probabilities: np.ndarray[Any, np.dtype[np.float64]] = self.estimator.predict_proba(
            frame_of(rows)[list(self.features)]
        )
        return probabilities[:, 1]


def frame_of(rows: LabelledClients) -> Any:
    """The features as a float64 DataFrame for scikit-learn."""
    import pandas as pd

    return pd.DataFrame(rows.features.astype(np.float64), columns=list(FEATURES))


def fit(model: ModelEntry, rows: LabelledClients, seed: int) -> Trained:
    """Trains `model`; the same rows and seed give the same model, whatever the number of cores."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    features = ("man",) if model.is_rule else FEATURES
    target = rows.man if model.is_rule else rows.label
    estimator = _estimator(model.name, seed)
    # Sums over several threads of a linear algebra library depend on their number in the last digits.
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        # the network's passes are few on purpose: more overfit
        warnings.simplefilter("ignore", ConvergenceWarning)
        with interruptible():
            estimator.fit(frame_of(rows)[list(features)], target.astype(np.int64))
    return Trained(model, estimator, features)


def _estimator(name: str, seed: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    match name:
        case "cross_selling":
            # man + woman = 1 makes the maximum a ridge; the default penalty, nothing beside 335,000 rows, picks a
            # point.
            return LogisticRegression(solver="newton-cholesky")
        case "mlp":
            age = ColumnTransformer([("age", StandardScaler(), ["age"])], remainder="passthrough")
            network = MLPClassifier(
                (63, 15), alpha=1.0, batch_size=500, learning_rate_init=0.0005, max_iter=12, random_state=seed
            )
            return Pipeline([("age", age), ("network", network)])
        case "gradient_boosting":
            return HistGradientBoostingClassifier(
                learning_rate=0.3, max_iter=300, max_depth=2, early_stopping=False, random_state=seed
            )
        case "original":
            return DecisionTreeClassifier(max_depth=1, random_state=seed)
    raise ValueError(f"no model named {name!r}")
