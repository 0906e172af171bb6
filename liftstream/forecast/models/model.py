"""What every model of a user's next month is: `predict_expenses`, `load_model`, `save_model`."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from liftstream.forecast.history import Floats, History


class ExpenseModel(ABC):
    """Predicts what each user spends in a month, from what happened before it.

    Attributes:
        name: the letter in the routes.
        title: for people.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def predict_expenses(self, history: History, month: int) -> Floats:
        """[users] money in `month`, at least 0, in cents; events in the month or after it are not looked at.

        A user's prediction depends on that user's own events only.
        """

    @classmethod
    @abstractmethod
    def load_model(cls, folder: Path) -> Self:
        """The model as `save_model` wrote it to a folder.

        Raises:
            InputError, ModelError: it is not there, or cannot be scored.
        """

    @abstractmethod
    def save_model(self, folder: Path) -> list[Path]:
        """Writes the model to a folder; the files, none for a model without parameters."""

    @property
    def full_name(self) -> str:
        """The name in the report."""
        return f"microservice.model.model_{self.name.lower()}.predict_expenses"


def as_money(values: Floats) -> Floats:
    """Values as money: at least 0, rounded to cents."""
    return np.asarray(np.round(np.maximum(values, 0.0), 2) + 0.0)
