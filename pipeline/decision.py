"""What a model decides for each row of a feature matrix: show the category, do not, or no answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.model_inputs import ModelOffer
from liftstream.contracts.settings import PipelineSettings
from liftstream.streams.definition import AnswerField, Stream
from liftstream.streams.model_fit import fit_model
from pipeline.records.words import Vocabulary

log = structlog.get_logger()

OF_MODELS: Final = frozenset({"probability", "output"})
"""Sources of an answer's field that only a model with all its outputs tells."""


class Scorer(Protocol):
    """What the pipeline needs of a model (`liftstream.scoring.load_for_decision` makes it)."""

    @property
    def default_threshold(self) -> float | None:
        """From the model's card, or what a model that decides itself implies."""

    @property
    def sha256(self) -> str:
        """Of the file."""

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """A score a row, NaN where there is none; columns are the features of the stream."""


@dataclass(frozen=True)
class ModelOutcome:
    """Decisions for rows, and the other fields of the answer.

    Attributes:
        values: 1, 0, or -1 where there is no answer.
        columns: by the names of the answer's fields.
        model, sha256: of the model.
    """

    values: NDArray[np.int8]
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    model: str = ""
    sha256: str = ""

    def where(self, mask: NDArray[np.bool_]) -> "ModelOutcome":
        """That of the rows at which `mask` is true."""
        columns = {name: column[mask] for name, column in self.columns.items()}
        return ModelOutcome(self.values[mask], columns, self.model, self.sha256)


def all_outcomes(parts: Sequence[ModelOutcome]) -> ModelOutcome:
    """Several of one model one after another."""
    first = parts[0]
    if len(parts) == 1:
        return first
    columns = {name: np.concatenate([one.columns[name] for one in parts]) for name in first.columns}
    return ModelOutcome(np.concatenate([one.values for one in parts]), columns, first.model, first.sha256)


class OutcomeRule:
    """A scorer with what makes a decision of its scores.

    Args:
        scorer: of the model.
        threshold: the score from which a client is shown the category; of no meaning for a stream without a threshold.
        stream: what is asked for; default: the decision only.
        name: of the model.

    Attributes:
        failures: rows on which the scorer raised an error.
    """

    def __init__(
        self, scorer: Scorer, threshold: float, stream: Stream | None = None, name: str = ""
    ) -> None:
        self.scorer, self.threshold, self.name = scorer, threshold, name
        self.failures = 0
        self._rule = "threshold" if stream is None else stream.decision
        asked = () if stream is None else stream.answer.fields
        self._told = [one for one in asked if one.source in ("score", *OF_MODELS) or self._is_label(one)]
        self._needs_outputs = self._rule != "threshold" or any(one.source in OF_MODELS for one in asked)

    def _is_label(self, one: AnswerField) -> bool:
        return one.source == "decision" and self._rule == "class"

    def decide(self, matrix: NDArray[np.float64]) -> NDArray[np.int8]:
        """1 where the score reaches the threshold, 0 below it, -1 where there is no score."""
        return self.judge(matrix).values

    def judge(self, matrix: NDArray[np.float64]) -> ModelOutcome:
        """What was decided, and all that the answer asks for."""
        scores, outputs = self._scores(matrix)
        columns = {one.name: self._column(one, scores, outputs) for one in self._told}
        return ModelOutcome(self._values(scores, outputs), columns, self.name, self.scorer.sha256)

    def _values(self, scores: NDArray[np.float64], outputs: Mapping[str, NDArray[Any]]) -> NDArray[np.int8]:
        if self._rule == "threshold":
            return np.where(np.isnan(scores), -1, scores >= self.threshold).astype(np.int8)
        label = outputs[_target(self.scorer)]
        return np.where(_is_missing(label), -1, 0).astype(np.int8)

    def _column(
        self, one: AnswerField, scores: NDArray[np.float64], outputs: Mapping[str, NDArray[Any]]
    ) -> NDArray[Any]:
        if one.source == "score":
            return scores
        if one.source == "decision":
            return outputs[_target(self.scorer)]
        return outputs[f"probability({one.of})" if one.source == "probability" else str(one.of)]

    def _scores(self, matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], Mapping[str, NDArray[Any]]]:
        try:
            if self._needs_outputs:
                scorer: Any = self.scorer
                found: tuple[NDArray[np.float64], Mapping[str, NDArray[Any]]] = scorer.score_all(matrix)
                return found
            return self.scorer.score(matrix), {}
        except Exception as error:  # noqa: BLE001  # whatever a model does to one row, the other rows get their answer
            if len(matrix) == 1:
                self.failures += 1
                log.error(
                    "the model failed", error=f"{type(error).__name__}: {error}", row=matrix[0].tolist()
                )
                return np.array([np.nan]), _Nothing(1)
        half = len(matrix) // 2
        first, second = self._scores(matrix[:half]), self._scores(matrix[half:])
        return np.concatenate([first[0], second[0]]), _joined(first[1], second[1])


class _Nothing(dict[str, NDArray[Any]]):
    """The outputs of rows that the model failed on: every one missing."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows

    def __missing__(self, name: str) -> NDArray[Any]:
        return np.full(self.rows, None, object)


def _joined(
    first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]]
) -> Mapping[str, NDArray[Any]]:
    if isinstance(first, _Nothing) and isinstance(second, _Nothing):
        return _Nothing(first.rows + second.rows)
    names = [*first, *(name for name in second if name not in first)]
    return {name: np.concatenate([first[name].astype(object), second[name].astype(object)]) for name in names}


def _target(scorer: Any) -> str:
    name: str = scorer.target
    return name


def _is_missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a column says nothing."""
    if column.dtype == object:
        return np.array([value is None or value != value for value in column.tolist()], bool)
    return np.asarray(column != column)


def load_scorer(path: Path, stream: Stream, vocabularies: Mapping[str, Vocabulary] | None = None) -> Scorer:
    """The scorer of a PMML file, checked against the stream and the golden rows of its card.

    What should be known of both together is logged: features that the model does not use, values that it gives no score.

    Args:
        path: of the file.
        stream: whose features it is given.
        vocabularies: of those that are no numbers.

    Raises:
        ModelUnfit: it asks for what the stream does not give, or does not give what the answer says.
    """
    from liftstream.scoring import load_for_decision

    notices: list[str] = []

    def fit(offer: ModelOffer) -> Mapping[str, str]:
        found = fit_model(stream, offer)
        found.raise_problems(path)
        notices.extend(found.notices)
        return found.source

    scorer = load_for_decision(
        path,
        stream.feature_names,
        fit=fit,
        vocabularies=vocabularies,
        needs_score=stream.decision == "threshold" or stream.answer.asks_for("score"),
    )
    for notice in (*notices, *([scorer.notice] if scorer.notice else [])):
        log.info("notice", model=str(path), what=notice)
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
