"""Pooled rows: one for each user and month, what was known before the month and what was spent in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from liftstream.forecast.features import Columns
from liftstream.forecast.history import Booleans, Floats, History

Features = Callable[[History, int], Columns]


@dataclass(frozen=True, eq=False)
class MonthRows:
    """Rows to learn from or to predict.

    Attributes:
        columns: [rows] each input.
        spent: [rows] money in the month.
        visited: [rows] whether the user had any event before the month.
    """

    columns: Columns
    spent: Floats
    visited: Booleans

    @property
    def matrix(self) -> Floats:
        """[rows, inputs] the inputs of all rows."""
        return np.column_stack(list(self.columns.values()))

    @property
    def fallback(self) -> float:
        """The mean spending in a month of users without events before it; 0 if there was none."""
        newcomers = self.spent[~self.visited]
        return float(newcomers.mean()) if len(newcomers) else 0.0

    def of_visitors(self) -> "MonthRows":
        """The rows of users with events."""
        columns = {name: values[self.visited] for name, values in self.columns.items()}
        return MonthRows(columns, self.spent[self.visited], self.visited[self.visited])


def pool(history: History, months: Iterable[int], features: Features) -> MonthRows:
    """The rows of several months, each with what was known before that month only."""
    parts = [
        MonthRows(features(history, month), history.spending_in(month), history.before(month).visited)
        for month in months
    ]
    names = parts[0].columns
    return MonthRows(
        {name: np.concatenate([part.columns[name] for part in parts]) for name in names},
        np.concatenate([part.spent for part in parts]),
        np.concatenate([part.visited for part in parts]),
    )
