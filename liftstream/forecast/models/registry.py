"""The models that are served, by the letter in their routes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from liftstream.forecast.models.model import ExpenseModel
from liftstream.forecast.models.network import Network
from liftstream.forecast.models.regression import PooledRegression
from liftstream.forecast.models.trend import Trend

MODELS: Final[tuple[type[ExpenseModel], ...]] = (Trend, Network, PooledRegression)
NAMES: Final = tuple(model.name for model in MODELS)


def load_models(folder: Path) -> Mapping[str, ExpenseModel]:
    """Every model by its letter.

    Raises:
        InputError, ModelError: one of them is not in the folder, or cannot be served.
    """
    return {model.name: model.load_model(folder) for model in MODELS}
