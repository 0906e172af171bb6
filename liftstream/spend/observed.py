"""Every user's newest prediction of a period by all models, and the actual spending, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from liftstream.forecast.comparison import ModelComparison, compare_paired, compare_split, mean_by_user
from liftstream.forecast.errors import Errors
from liftstream.forecast.history import Booleans, Floats, Integers


@dataclass(frozen=True, eq=False)
class Observed:
    """One element for each user and period, in the order of periods.

    Attributes:
        period, user: [elements] texts.
        predicted: [elements] by model; not a number where a model did not predict.
        serving: [elements] the model that was served.
        spent: [elements] money; not a number while it is not known.
        complete: [elements] whether the whole period is known.
    """

    period: Sequence[str]
    user: Sequence[str]
    predicted: Mapping[str, Floats]
    serving: Sequence[str]
    spent: Floats
    complete: Booleans

    @classmethod
    def of(cls, rows: Sequence[Any]) -> "Observed":
        """The arrays of `storage.reading.newest_rows`, which has a row for each model."""
        place: dict[tuple[str, str], int] = {}
        for row in rows:
            place.setdefault((row.period, row.user), len(place))
        predicted = {name: np.full(len(place), np.nan) for name in sorted({row.model for row in rows})}
        spent, complete = np.full(len(place), np.nan), np.zeros(len(place), dtype=np.bool_)
        serving = [""] * len(place)
        for row in rows:
            i = place[row.period, row.user]
            predicted[row.model][i] = row.value
            if row.served:
                serving[i] = row.model
            if row.good is not None:
                spent[i], complete[i] = row.good, bool(row.complete)
        return cls([p for p, _ in place], [u for _, u in place], predicted, serving, spent, complete)

    @property
    def settled(self) -> Booleans:
        """[elements] whether the spending is known, wholly or in part."""
        return ~np.isnan(self.spent)

    @cached_property
    def counted(self) -> Booleans:
        """[elements] whether comparisons count it: complete periods, or those known in part if there are no others."""
        whole = self.settled & self.complete
        return whole if whole.any() else self.settled

    @property
    def provisional(self) -> bool:
        """Whether nothing but parts of periods is known."""
        return bool(self.settled.any()) and not bool((self.settled & self.complete).any())

    @cached_property
    def person(self) -> Integers:
        """[elements] a number per user."""
        numbers = {user: i for i, user in enumerate(dict.fromkeys(self.user))}
        return np.array([numbers[user] for user in self.user], dtype=np.int64)

    @property
    def users(self) -> int:
        """Users who are counted."""
        return len(np.unique(self.person[self.counted]))

    def errors(self, model: str, where: Booleans | None = None) -> Errors:
        """The errors of a model over what is counted, and `where` holds."""
        chosen = self.counted & ~np.isnan(self.predicted[model])
        chosen = chosen if where is None else chosen & where
        return Errors.of(self.predicted[model][chosen], self.spent[chosen])

    def in_period(self, period: str) -> Booleans:
        """[elements] whether it is of the period."""
        return np.array([found == period for found in self.period], dtype=np.bool_)

    def served_by(self, model: str) -> Booleans:
        """[elements] whether the model served it."""
        return np.array([found == model for found in self.serving], dtype=np.bool_)

    def compare(self) -> list[ModelComparison]:
        """All models on all users for whom all of them predicted."""
        if not self.predicted:
            return []
        chosen = self.counted & ~np.isnan(np.column_stack(list(self.predicted.values()))).any(axis=1)
        return compare_paired({name: self._by_user(name, chosen) for name in self.predicted})

    def compare_served(self, models: Sequence[str]) -> list[ModelComparison]:
        """Each model on the users whom it served."""
        parts = {
            name: self._by_user(name, self.counted & self.served_by(name))
            for name in models
            if name in self.predicted
        }
        return compare_split(parts)

    def _by_user(self, model: str, where: Booleans) -> Floats:
        if not where.any():
            return np.zeros(0)
        squares = (self.predicted[model][where] - self.spent[where]) ** 2
        return mean_by_user(squares, self.person[where])
