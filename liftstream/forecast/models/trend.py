"""Model A: for each user a straight line through the months of the target's year, extended by one month."""

from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from liftstream.forecast.calendar import training_months
from liftstream.forecast.history import Floats, History
from liftstream.forecast.models.model import ExpenseModel, as_money


class Trend(ExpenseModel):
    """Ordinary least squares of monthly spending on the month; it has nothing to learn.

    Months before a user's first visit count as zeros, as in the description, and make a rise where there is none.
    """

    name: ClassVar[str] = "A"
    title: ClassVar[str] = "trend of each user"

    def predict_expenses(self, history: History, month: int) -> Floats:
        """[users] money; 0 for a user without events."""
        return next_of_trend(history.spending(training_months(month)))

    @classmethod
    def load_model(cls, folder: Path) -> Self:  # noqa: ARG003
        """A new model: it has nothing to load."""
        return cls()

    def save_model(self, folder: Path) -> list[Path]:  # noqa: ARG002
        """Saves nothing: the model has no parameters."""
        return []


def next_of_trend(monthly: Floats) -> Floats:
    """[users] the next value of the least-squares line through each row of `monthly`, at least 0, in cents.

    One month has no slope: it is its own prediction.

    >>> next_of_trend(np.array([[100.0, 200.0, 300.0]]))
    array([400.])
    """
    months = monthly.shape[1]
    x = np.arange(months) - (months - 1) / 2
    slope = monthly @ x / (float(x @ x) or 1.0)
    return as_money(monthly.mean(axis=1) + slope * (months + 1) / 2)
