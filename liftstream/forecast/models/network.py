"""Model B: the description's network on totals of a user and the city."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import numpy as np

from liftstream.forecast.features import Columns, profile
from liftstream.forecast.history import History
from liftstream.forecast.models.learned import CITIES, LearnedModel

PREFIX: Final = "city_"


class Network(LearnedModel):
    """Two hidden layers on standardised inputs, trained by scikit-learn and served as PMML."""

    name: ClassVar[str] = "B"
    title: ClassVar[str] = "neural network"
    file: ClassVar[str] = "spending_b.pmml"

    def features(self, history: History, month: int) -> Columns:
        """Totals over all sessions before the month, and the city."""
        return network_features(history, month, self.card.metrics[CITIES])


def network_features(history: History, month: int, cities: Mapping[str, float]) -> Columns:
    """The network's inputs.

    Args:
        cities: share of the training users by city, in the order of the inputs.
    """
    return {**profile(history, month), **city_columns(history.cities, cities)}


def city_columns(of_users: Sequence[str], cities: Mapping[str, float]) -> Columns:
    """One column for each known city: 1 for users who live there; the city's share for users of an unknown city."""
    names = np.array(of_users, dtype=np.str_)
    unknown = ~np.isin(names, list(cities))
    return {
        f"{PREFIX}{number}": np.where(unknown, share, names == city)
        for number, (city, share) in enumerate(cities.items(), start=1)
    }
