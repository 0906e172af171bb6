"""Model C: one regression for all users on their pace before the month."""

from typing import ClassVar

from liftstream.forecast.features import Columns, pace
from liftstream.forecast.history import History
from liftstream.forecast.models.learned import LearnedModel


class PooledRegression(LearnedModel):
    """A ridge regression on nine features, pooled over users and months, served as PMML."""

    name: ClassVar[str] = "C"
    title: ClassVar[str] = "pooled regression"
    file: ClassVar[str] = "spending_c.pmml"

    def features(self, history: History, month: int) -> Columns:
        """Levels a month since the first visit."""
        return pace(history, month)
