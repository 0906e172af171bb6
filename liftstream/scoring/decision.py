"""A model made ready to decide: matrices of a stream's features in, one score a row out, checked before it serves.

A model is served only if it passed the gate, compiles, needs only fields of the topics, reproduces its verification
rows and its card's golden rows, and does not give everybody the same score.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from liftstream.contracts.errors import ModelError, ModelUnfit
from liftstream.contracts.features import AGE_MAX, DEMOGRAPHIC
from liftstream.contracts.model_card import GoldenRow, ModelCard, read_card
from liftstream.contracts.model_inputs import ModelOffer
from liftstream.scoring.batch.columns import Floats
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.compile.document import within_depth
from liftstream.scoring.fields.inputs import CodedWords
from liftstream.scoring.loading import load_content
from liftstream.scoring.model import Model, Scores
from liftstream.scoring.score_choice import ChosenScore, choose_score
from liftstream.scoring.verification import verify
from liftstream.scoring.xml.gate import read_file

TOLERANCE: Final = 1e-9
SAMPLE_DENSITIES: Final = (0.02, 0.1, 0.3, 0.5, 0.8)
SAMPLE_ROWS: Final = 400
DECIDES_ITSELF: Final = 0.5
ROWS_AT_ONCE: Final = 1000
"""Of the pipeline's features these stay in a processor's cache from one operation to the next: up to twice as fast. No
power of two: then columns and matrices begin at the same place of a page, and a processor takes what it reads of one for
what it has just written of another (512 rows take a third longer than 500)."""


Fit: TypeAlias = Callable[[ModelOffer], Mapping[str, str]]
"""The feature by the input of a model."""


def _no_score(prediction: Predictions) -> Floats:
    return np.full(len(prediction.value), np.nan)


NO_CHOICE: Final = ChosenScore(_no_score, "none, other results are asked for")


class DecisionScorer:
    """Scores matrices of float64 [rows, features], columns as `features` names them.

    Args:
        model: that scores.
        features: the columns.
        card: of the model.
        source: the feature by the model's input, where the names differ.
        vocabularies: of the features that are no numbers: what their codes mean.
        needs_score: whether there must be one number a row; False where only other results are asked for.

    Attributes:
        model: what is behind it.
        sha256: of the file.
        default_threshold: from the card, or 0.5 for a model that gives only a label; None where neither says one.
        score_is: what the score is, in words.
        notice: what should be logged at start, None if there is nothing.
    """

    def __init__(
        self,
        model: Model,
        features: Sequence[str],
        card: ModelCard | None,
        *,
        source: Mapping[str, str] | None = None,
        vocabularies: Mapping[str, CodedWords] | None = None,
        needs_score: bool = True,
    ) -> None:
        self.model, self.sha256, self.card = model, model.sha256, card
        self._features = tuple(features)
        named = {name: (source or {}).get(name, name) for name in model.inputs}
        _check_inputs(model, named, features)
        place = {name: column for column, name in enumerate(features)}
        words = {place[name]: one for name, one in (vocabularies or {}).items()}
        position = {name: place[feature] for name, feature in named.items()}
        self._read = model.document.inputs.matrix_reader(features, position, words)
        self._are_the_shops = not words and set(DEMOGRAPHIC) <= set(place)
        score = choose_score(model) if needs_score else NO_CHOICE
        self._score, self.score_is, self.notice = score.read, score.what, score.notice
        self.default_threshold = card.threshold if card else DECIDES_ITSELF if score.decides_itself else None
        compiled = model.document.model
        self._family, self._finish = compiled.family, compiled.target.finish

    @property
    def engine(self) -> str:
        """Which engine scores."""
        return self.model.engine

    def score(self, matrix: Floats) -> Floats:
        """A score a row, NaN where the model gives none."""
        steps = range(0, max(1, len(matrix)), ROWS_AT_ONCE)
        with within_depth(str(self.model.path)):
            parts = [self._score_at_once(matrix[first : first + ROWS_AT_ONCE]) for first in steps]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _score_at_once(self, matrix: Floats) -> Floats:
        batch = self._read(matrix)
        scores = self._score(self._finish(self._family.predict(batch)))
        return scores if batch.problems is None else np.where(batch.sound, scores, np.nan)

    @property
    def target(self) -> str:
        """The column of the label or number that the model gives."""
        return self.model.target

    def score_all(self, matrix: Floats) -> tuple[Floats, Scores]:
        """A score a row as `score` gives it, and every result column."""
        with within_depth(str(self.model.path)):
            batch = self._read(matrix)
            prediction = self.model.document.model.score(batch)
            scores = self._score(prediction)
            columns = self.model.columns_of(prediction, batch)
        return (scores if batch.problems is None else np.where(batch.sound, scores, np.nan)), columns

    def check(self) -> None:
        """Scores golden rows and a sample.

        Raises:
            ModelError: a golden row's score is not the card's.
            ModelUnfit: the model gives no score, or the same to everybody.
        """
        verification = verify(self.model)
        if verification is not None and verification.disagreements:
            first, more = verification.disagreements[0], len(verification.disagreements) - 1
            raise ModelError(f"{self.model.path}: {first}" + (f" ({more} more)" if more else ""))
        if not self._are_the_shops:
            self._check_rows_of_card()
            return
        self._check_golden_rows()
        scores = self.score(draw_sample(self._features))
        if np.isnan(scores).all():
            raise ModelUnfit(f"{self.model.path}: gives no score for any of {len(scores)} sample clients")
        if np.nanmin(scores) == np.nanmax(scores):
            raise ModelUnfit(
                f"{self.model.path}: gives {np.nanmax(scores):g} to every one of {len(scores)} sample clients; a model"
                " that gives everybody the same score is not served"
            )

    def _check_rows_of_card(self) -> None:
        """The same of any features, by the rows of the card: what other rows would tell apart is not known."""
        if self.card is None or not self.card.golden_rows:
            return
        check_for_files(self.model, self.card)
        scores = np.array([row.score for row in self.card.golden_rows])
        if len(scores) > 1 and scores.min() == scores.max():
            raise ModelUnfit(
                f"{self.model.path}: gives {scores[0]:g} to every one of {len(scores)} golden rows of its card; a model"
                " that gives everybody the same score is not served"
            )

    def _check_golden_rows(self) -> None:
        if self.card is None or not self.card.golden_rows:
            return
        rows = self.card.golden_rows
        blank = float("nan")
        matrix = np.array([[row.inputs.get(name, blank) for name in self._features] for row in rows])
        _compare_golden_rows(self.model, rows, self.score(matrix))


def check_for_files(model: Model, card: ModelCard) -> None:
    """Scores the golden rows of a model that serves files, whose inputs may be texts.

    Raises:
        ModelError: a golden row's score is not the card's.
    """
    rows = card.golden_rows
    texts = set(card.texts)
    columns = {
        name: np.array([row.inputs.get(name) for row in rows], dtype=object if name in texts else np.float64)
        for name in model.inputs
    }
    if rows:
        _compare_golden_rows(model, rows, model.scores(columns))


def _compare_golden_rows(model: Model, rows: Sequence[GoldenRow], found: Floats) -> None:
    expected = np.array([row.score for row in rows])
    wrong = ~(np.abs(found - expected) <= TOLERANCE * (1.0 + np.abs(expected)))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ModelError(
            f"{model.path}: golden row {row + 1} of its card scores {float(found[row])!r}, trained was"
            f" {float(expected[row])!r}; the file is not the model that was trained, train and export it again"
        )


def draw_sample(features: Sequence[str]) -> Floats:
    """Clients that differ: ages from 15 to 130, flags of several densities; the same at every start."""
    random = np.random.default_rng(20)
    density = np.resize(SAMPLE_DENSITIES, SAMPLE_ROWS)[:, None]
    sample = (random.random((SAMPLE_ROWS, len(features))) < density).astype(np.float64)
    place = {name: column for column, name in enumerate(features)}
    age, man, woman = DEMOGRAPHIC
    if age in place:
        sample[:, place[age]] = random.integers(15, AGE_MAX, SAMPLE_ROWS)
    if man in place and woman in place:
        sample[:, place[man]] = random.integers(0, 2, SAMPLE_ROWS)
        sample[:, place[woman]] = 1.0 - sample[:, place[man]]
    return sample


def _check_inputs(model: Model, named: Mapping[str, str], features: Sequence[str]) -> None:
    known = set(features)
    strange = [name for name in model.inputs if named[name] not in known]
    if not strange:
        return
    from difflib import get_close_matches

    near = get_close_matches(strange[0], features, n=1)
    hint = f" (near it: {near[0]})" if near else ""
    listed = ", ".join(strange[:3]) + (f" and {len(strange) - 3} more" if len(strange) > 3 else "")
    raise ModelUnfit(
        f"{model.path}: asks for {listed}{hint}; the two topics give {features[0]}, {features[1]}, {features[2]},"
        f" {features[3]} … {features[-1]}; a model for other topics needs a stream definition (docs/streams.md)"
    )


def load_for_decision(
    path: str | Path,
    features: Sequence[str],
    *,
    fit: Fit | None = None,
    vocabularies: Mapping[str, CodedWords] | None = None,
    needs_score: bool = True,
) -> DecisionScorer:
    """A scorer for the pipeline, after every check that serving asks for.

    Args:
        path: of the PMML file; a card `<name>.json` beside it is read.
        features: the columns of the matrices that will be scored.
        fit: says which feature each input of the model is, or why they do not go together; default: those of the same name.
        vocabularies: of the features that are no numbers.
        needs_score: whether there must be one number a row.

    Raises:
        InputError: there is no such file, or its card is none.
        ModelRefused, ModelUnsupported: as `load`.
        ModelUnfit: the model cannot decide from these features.
        ModelError: card or verification rows do not agree with the file.
    """
    path = Path(path)
    content = read_file(path)
    card = read_card(path, content)
    model = load_content(content, path)
    scorer = DecisionScorer(
        model,
        features,
        card,
        source=None if fit is None else fit(model.offer),
        vocabularies=vocabularies,
        needs_score=needs_score,
    )
    scorer.check()
    return scorer
