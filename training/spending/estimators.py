"""The two learned models: the estimators of B and C, and their inputs."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from liftstream.contracts.errors import InputError
from liftstream.forecast.features import Columns, pace
from liftstream.forecast.history import Floats, History
from liftstream.forecast.models.network import Network, network_features
from liftstream.forecast.models.regression import PooledRegression
from training.interruption import interruptible
from training.spending.rows import MonthRows, pool

CITIES_MOST: Final = 7
HIDDEN: Final = (100, 40)
PENALTY: Final = 30.0
EPOCHS: Final = 200
FEWEST_ROWS: Final = 20
"""Fewest rows to learn from: the network stops by a fifth of them."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How one model is trained.

    Attributes:
        name: the letter in the routes; `file` its PMML file.
        about: for the card.
        make: an unfitted estimator from a seed.
    """

    name: str
    file: str
    title: str
    about: str
    make: Callable[[int], Any]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted estimator with the other values that are served.

    Attributes:
        fallback: money of a user without events.
        cities: share of the users by city, where the model knows cities.
        rows: what it was fitted on, users without events left out.
    """

    recipe: Recipe
    estimator: Any
    fallback: float
    cities: dict[str, float]
    rows: MonthRows = field(repr=False)

    def features(self, history: History, month: int) -> Columns:
        """[users] the inputs of the model."""
        return _features(self.recipe, self.cities)(history, month)

    def predict(self, history: History, month: int) -> Floats:
        """[users] money, as it is served, except for the rounding to cents."""
        rows = pool(history, [month], self.features)
        predicted = np.maximum(self.estimator.predict(rows.matrix), 0.0)
        return np.where(rows.visited, predicted, self.fallback)


def fit(recipe: Recipe, history: History, months: Sequence[int], seed: int) -> Fitted:
    """Fits a model to what was spent in `months`; the same rows and seed give the same model.

    Raises:
        InputError: fewer than 20 rows of a user and a month after the user's first visit.
    """
    from threadpoolctl import threadpool_limits

    cities = known_cities(history) if recipe is NETWORK else {}
    every = pool(history, months, _features(recipe, cities))
    rows = every.of_visitors()
    if len(rows.spent) < FEWEST_ROWS:
        raise InputError(
            f"{len(rows.spent)} rows of a user in a month after the first visit; at least {FEWEST_ROWS} are needed to"
            " learn from: bring more users with sessions, or more months"
        )
    estimator = recipe.make(seed)
    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the network says that it could go on; early stopping decides
        with interruptible():
            _fit_in_units_of_spread(estimator, rows)
    return Fitted(recipe, estimator, every.fallback, cities, rows)


def _fit_in_units_of_spread(estimator: Any, rows: MonthRows) -> None:
    """Fits a network to numbers near 1, and puts the unit back into the last layer, where the export keeps it
    exactly."""
    spread = float(rows.spent.std()) or 1.0
    estimator.fit(rows.matrix, rows.spent / spread)
    last = estimator[-1]
    if hasattr(last, "coefs_"):
        last.coefs_[-1] *= spread
        last.intercepts_[-1] *= spread
    else:
        last.coef_ *= spread
        last.intercept_ *= spread


def known_cities(history: History) -> dict[str, float]:
    """The most frequent cities, at most seven, with the share of the users who live there."""
    counts = Counter(city for city in history.cities if city)
    known = sorted(counts.most_common(CITIES_MOST), key=lambda found: (-found[1], found[0]))
    return {city: count / len(history.cities) for city, count in known}


def _features(recipe: Recipe, cities: dict[str, float]) -> Callable[[History, int], Columns]:
    if recipe is NETWORK:
        return lambda history, month: network_features(history, month, cities)
    return pace


def _network(seed: int) -> Any:
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(),
        MLPRegressor(
            hidden_layer_sizes=HIDDEN, alpha=1.0, early_stopping=True, validation_fraction=0.2, n_iter_no_change=15, max_iter=EPOCHS,
            random_state=seed,
        ),
    )  # fmt: skip


def _regression(seed: int) -> Any:  # noqa: ARG001 - it has no chance in it
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(PENALTY))


NETWORK: Final = Recipe(
    Network.name,
    Network.file,
    Network.title,
    "The description's network: totals over all sessions and the city, standardised, hidden layers of 100 and 40.",
    _network,
)
REGRESSION: Final = Recipe(
    PooledRegression.name,
    PooledRegression.file,
    PooledRegression.title,
    "A ridge regression on nine features of a user's pace, pooled over users and months.",
    _regression,
)
RECIPES: Final = (NETWORK, REGRESSION)
