"""The model that decides, and its replacement while the worker runs: checked first, swapped between two batches."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from liftstream.contracts.places import find_model
from liftstream.contracts.settings import PipelineSettings
from liftstream.service.kafka.kafka_errors import in_words
from liftstream.streams.definition import Stream
from pipeline.decision import ModelOutcome, OutcomeRule, Scorer, load_scorer, threshold_of
from pipeline.records.stream_decoder import StreamDecoder

log = structlog.get_logger()


Load = Callable[[Path], Scorer]


class ServedModel:
    """The model in use: `decide` gives 0, 1 or -1 (cannot be scored) for every row.

    Args:
        settings: name the file and perhaps the threshold.
        load: makes a scorer of a file.
        stream: what is asked of the model; default: a decision by threshold only.

    Raises:
        LiftstreamError: there is no such file, or it cannot be served.
    """

    def __init__(self, settings: PipelineSettings, load: Load, stream: Stream | None = None) -> None:
        self._settings, self._load, self._stream = settings, load, stream
        self.path = find_model(settings.model)
        self._seen = _look(self.path)
        self._decision = self._read()
        self.swaps = self._earlier_failures = 0
        self.trouble: str | None = None
        self._reloading = asyncio.Lock()

    @property
    def scorer(self) -> Scorer:
        """The scorer in use."""
        return self._decision.scorer

    @property
    def threshold(self) -> float:
        """The score from which a client is shown the category."""
        return self._decision.threshold

    @property
    def failures(self) -> int:
        """Rows on which this model or an earlier one raised an error."""
        return self._earlier_failures + self._decision.failures

    def decide(self, matrix: NDArray[np.float64]) -> NDArray[np.int8]:
        """See `OutcomeRule.decide`."""
        return self._decision.decide(matrix)

    def judge(self, matrix: NDArray[np.float64]) -> ModelOutcome:
        """See `OutcomeRule.judge`."""
        return self._decision.judge(matrix)

    async def reload(self, *, only_if_changed: bool = True) -> None:
        """Reads the file again if it was replaced; on any failure the old model stays and `trouble` says why."""
        async with self._reloading:
            seen = _look(self.path)
            if only_if_changed and (seen == self._seen or seen is None):
                return
            self._seen = seen
            try:
                new = await asyncio.to_thread(self._read)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with a new file, the old one goes on deciding
                self.trouble = f"the new model is not served, the old one stays: {in_words(error)}"
                log.error("trouble", what=self.trouble)
                return
            self.trouble = None
            if (new.scorer.sha256, new.threshold) != (self.scorer.sha256, self.threshold):
                log.info(
                    "model swapped",
                    sha256=new.scorer.sha256,
                    before=self.scorer.sha256,
                    threshold=new.threshold,
                )
                self._earlier_failures = self.failures
                self._decision = new
                self.swaps += 1

    def _read(self) -> OutcomeRule:
        scorer = self._load(self.path)
        needs_threshold = self._stream is None or self._stream.decision == "threshold"
        threshold = threshold_of(scorer, self.path, self._settings) if needs_threshold else 0.0
        return OutcomeRule(scorer, threshold, self._stream, self.path.stem)


def served_model(settings: PipelineSettings, decoder: StreamDecoder) -> ServedModel:
    """The model that decides for a stream.

    Raises:
        LiftstreamError: as `ServedModel`.
    """
    stream = decoder.stream
    return ServedModel(settings, lambda path: load_scorer(path, stream, decoder.vocabularies), stream)


def _look(path: Path) -> tuple[Any, ...] | None:
    """What changes when a file is replaced; None if the file is missing, as between removal and renaming."""
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
