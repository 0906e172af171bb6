"""What B and C share: a PMML file that our scorer serves, and its card with the fallback and the cities."""

from pathlib import Path
from typing import ClassVar, Final, Self

import numpy as np

from liftstream import scoring
from liftstream.contracts.errors import ModelError
from liftstream.contracts.model_card import ModelCard, card_path, read_card
from liftstream.contracts.places import find_model
from liftstream.contracts.whole_file import write_whole
from liftstream.forecast.features import Columns
from liftstream.forecast.history import Floats, History
from liftstream.forecast.models.model import ExpenseModel, as_money

FALLBACK: Final = "fallback"
CITIES: Final = "cities"
CLOSE: Final = 1e-6
"""Relative difference that a golden row's prediction may have."""


class LearnedModel(ExpenseModel):
    """A PMML regression on features of a user.

    Args:
        path: the PMML file; its card stands beside it.

    A user without events before the month gets the card's `fallback`: what such users spent in the training data.
    """

    file: ClassVar[str]
    """Name of the PMML file; the card stands beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = path.read_bytes()
        found = read_card(path, self._content)
        if found is None:
            raise ModelError(
                f"{card_path(path)}: is missing; 'liftstream train spending' writes model and card"
            )
        self.card: ModelCard = found
        self._card_content = card_path(path).read_bytes()
        self._model = scoring.load(path)
        self._check_golden_rows()

    @classmethod
    def load_model(cls, folder: Path) -> Self:
        """The model of a folder; `pmml/` is looked up in the installation, too.

        Raises:
            InputError, ModelError: it is not there, is not its card's, or scores the card's rows differently.
        """
        return cls(find_model(folder / cls.file))

    def save_model(self, folder: Path) -> list[Path]:
        """Writes card and PMML, the card first."""
        path = folder / self.file
        write_whole(card_path(path), self._card_content)
        write_whole(path, self._content)
        return [card_path(path), path]

    def features(self, history: History, month: int) -> Columns:
        """[users] each input of the model."""
        raise NotImplementedError

    def predict_expenses(self, history: History, month: int) -> Floats:
        """[users] money."""
        if not len(history.users):
            return np.zeros(0)
        scored = self._score(self.features(history, month))
        return as_money(np.where(history.before(month).visited, scored, self.fallback))

    @property
    def fallback(self) -> float:
        """Money of a user without events."""
        return float(self.card.metrics[FALLBACK])

    def _score(self, columns: Columns) -> Floats:
        return np.asarray(self._model.score(columns)[self._model.target], dtype=np.float64)

    def _check_golden_rows(self) -> None:
        rows = self.card.golden_rows
        if not rows or FALLBACK not in self.card.metrics:
            raise ModelError(
                f"{card_path(self.path)}: holds no golden rows or no fallback; 'liftstream train spending' writes it again"
            )
        names = rows[0].inputs
        scores = self._score({name: np.array([row.inputs[name] for row in rows]) for name in names})
        expected = np.array([row.score for row in rows])
        worst = float(np.max(np.abs(scores - expected) / np.maximum(1.0, np.abs(expected))))
        if not worst <= CLOSE:
            raise ModelError(
                f"{self.path}: scores a row of its card {worst:.2g} away from what training scored; train it again"
            )
