"""The model that decides, and its replacement while the worker runs: checked first, swapped between two batches."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.features import FEATURES
from liftstream.contracts.places import find_model
from liftstream.contracts.settings import PipelineSettings
from liftstream.service.kafka.kafka_errors import in_words

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


Load = Callable[[Path], Scorer]


def load_scorer(path: Path) -> Scorer:
    """The scorer of a PMML file, checked against the golden rows of its card."""
    from liftstream.scoring import load_for_decision

    scorer: Scorer = load_for_decision(path, FEATURES)
    return scorer


class ServedModel:
    """The model in use: `decide` gives 0, 1 or -1 (cannot be scored) for every row.

    Args:
        settings: name the file and perhaps the threshold.
        load: makes a scorer of a file.

    Raises:
        LiftstreamError: there is no such file, or it cannot be served.
    """

    def __init__(self, settings: PipelineSettings, load: Load = load_scorer) -> None:
        self._settings, self._load = settings, load
        self.path = find_model(settings.model)
        self._seen = _look(self.path)
        self.scorer, self.threshold = self._read()
        self.swaps = self.failures = 0
        self.trouble: str | None = None
        self._reloading = asyncio.Lock()

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

    async def reload(self, *, only_if_changed: bool = True) -> None:
        """Reads the file again where it was replaced; on any failure the old model stays and `trouble` says why."""
        async with self._reloading:
            seen = _look(self.path)
            if only_if_changed and (seen == self._seen or seen is None):
                return
            self._seen = seen
            try:
                scorer, threshold = await asyncio.to_thread(self._read)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with a new file, the old one goes on deciding
                self.trouble = f"the new model is not served, the old one stays: {in_words(error)}"
                log.error("trouble", what=self.trouble)
                return
            self.trouble = None
            if (scorer.sha256, threshold) != (self.scorer.sha256, self.threshold):
                log.info(
                    "model swapped", sha256=scorer.sha256, before=self.scorer.sha256, threshold=threshold
                )
                self.scorer, self.threshold = scorer, threshold
                self.swaps += 1

    def _read(self) -> tuple[Scorer, float]:
        scorer = self._load(self.path)
        threshold = self._settings.threshold
        if threshold is None:
            threshold = scorer.default_threshold
        if threshold is None:
            raise SettingsError(
                f"PIPELINE__THRESHOLD: {self.path} has no model card that names a threshold; set the score from which"
                " a client is shown the category"
            )
        return scorer, float(threshold)


def _look(path: Path) -> tuple[Any, ...] | None:
    """What changes when a file is replaced; None where it is away, as between removal and renaming."""
    try:
        found = path.stat()
    except OSError:
        return None
    card = path.with_suffix(".json")
    try:
        beside = card.stat().st_mtime_ns
    except OSError:
        beside = 0
    return found.st_mtime_ns, found.st_size, found.st_ino, beside
