"""What a model decides for each row of a feature matrix: show the category, do not, or no answer."""

from pathlib import Path
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.features import FEATURES
from liftstream.contracts.settings import PipelineSettings

log = structlog.get_logger()


class Scorer(Protocol):
    """What the pipeline needs of a model (`liftstream.scoring.load_for_decision` makes it)."""

    @property
    def default_threshold(self) -> float | None:
        """From the model's card, or what a model that decides itself implies."""

    @property
    def sha256(self) -> str:
        """Of the file."""

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """A score a row, NaN where there is none; columns are `contracts.features.FEATURES`."""


class ThresholdRule:
    """A scorer with the score from which a client is shown the category.

    Attributes:
        failures: rows on which the scorer raised an error.
    """

    def __init__(self, scorer: Scorer, threshold: float) -> None:
        self.scorer, self.threshold = scorer, threshold
        self.failures = 0

    def decide(self, matrix: NDArray[np.float64]) -> NDArray[np.int8]:
        """1 where the score reaches the threshold, 0 below it, -1 where there is no score."""
        scores = self._scores(matrix)
        return np.where(np.isnan(scores), -1, scores >= self.threshold).astype(np.int8)

    def _scores(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        try:
            return self.scorer.score(matrix)
        except Exception as error:  # noqa: BLE001  # whatever a model does to one row, the other rows get their answer
            if len(matrix) == 1:
                self.failures += 1
                log.error(
                    "the model failed", error=f"{type(error).__name__}: {error}", row=matrix[0].tolist()
                )
                return np.array([np.nan])
        half = len(matrix) // 2
        return np.concatenate([self._scores(matrix[:half]), self._scores(matrix[half:])])


def load_scorer(path: Path) -> Scorer:
    """The scorer of a PMML file, checked against the golden rows of its card."""
    from liftstream.scoring import load_for_decision

    scorer: Scorer = load_for_decision(path, FEATURES)
    return scorer


def threshold_of(scorer: Scorer, path: Path, settings: PipelineSettings) -> float:
    """The score from which a client is shown the category: the setting, else the card's.

    Raises:
        SettingsError: neither names one.
    """
    chosen = scorer.default_threshold if settings.threshold is None else settings.threshold
    if chosen is None:
        raise SettingsError(
            f"PIPELINE__THRESHOLD: {path} has no model card that names a threshold; set the score from which"
            f" a client is shown the category, or write a card: liftstream model card {path} --data DIR"
        )
    return float(chosen)
