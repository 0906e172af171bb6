"""A complete training: evaluate from rolling origins, fit on everything, export, check the export, and then write
everything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from liftstream.contracts.model_card import CardFeature, GoldenRow, ModelCard, card_path, hash_of
from liftstream.contracts.whole_file import write_whole
from liftstream.evaluation.classification import Estimate
from liftstream.forecast.calendar import period_of
from liftstream.forecast.comparison import ModelComparison, sentence
from liftstream.forecast.history import Floats, History, full_months
from liftstream.forecast.models.learned import CITIES, FALLBACK
from training.artefacts import Step
from training.card import to_json
from training.export import export
from training.parity import difference, score_with_ours, score_with_pypmml
from training.spending.estimators import RECIPES, Fitted, fit
from training.spending.pictures import draw_calibration, draw_errors
from training.spending.rolling import Evaluation, Score, compare_models, months_to_learn, roll, score

TARGET: Final = "spending"
GOLDEN_ROWS: Final = 12
PROVED_ROWS: Final = 2_000


@dataclass(frozen=True, eq=False)
class Artefact:
    """A trained model with its files."""

    fitted: Fitted
    pmml: bytes
    card: ModelCard


@dataclass(frozen=True, eq=False)
class SpendingResult:
    """The result of a training."""

    artefacts: Sequence[Artefact]
    evaluation: Evaluation
    scores: Sequence[Score]
    comparisons: Sequence[ModelComparison]
    sentence: str
    users: int
    source: str

    @property
    def tested(self) -> list[str]:
        """The tested months as text."""
        return [period_of(month) for month in self.evaluation.months]


def train(history: History, source: str, seed: int, created: str, step: Step) -> SpendingResult:
    """Evaluates, trains and proves B and C; writes nothing.

    Args:
        source: what the data are, for cards and pictures.
        created: the time for the cards, ISO 8601.
        step: surrounds each step.

    Raises:
        InputError: the sessions cover too few months.
        ModelError: an exported model is not the trained one.
    """
    with step("predict the last full months from what was before each"):
        evaluation = roll(history, seed)
    with step("score them, resampling users"):
        scores, comparisons = score(evaluation, seed), compare_models(evaluation)
    months = months_to_learn(history, full_months(history).stop)
    with step("train on all full months"):
        fitted = [fit(recipe, history, months, seed) for recipe in RECIPES]
    with step("export"):
        documents = [export(f.recipe.name, f.estimator, list(f.rows.columns), TARGET) for f in fitted]
    with step("compare the predictions of scikit-learn, pypmml and liftstream"):
        proofs = [prove(f, document) for f, document in zip(fitted, documents, strict=True)]
    by_name = {found.name: found for found in scores}
    artefacts = [
        Artefact(f, document, _card(f, document, proof, by_name[f.recipe.name], source, created, seed))
        for f, document, proof in zip(fitted, documents, proofs, strict=True)
    ]
    told = sentence(comparisons, len(history.users))
    return SpendingResult(artefacts, evaluation, scores, comparisons, told, len(history.users), source)


def prove(fitted: Fitted, document: bytes) -> dict[str, float]:
    """The largest differences between the predictions of the exported file and the estimator, relative to the largest
    prediction.

    Raises:
        ModelError: a scorer differs by more than 1e-9.
    """
    columns = {name: values[:PROVED_ROWS] for name, values in fitted.rows.columns.items()}
    expected = fitted.estimator.predict(fitted.rows.matrix[:PROVED_ROWS])
    with TemporaryDirectory() as folder:
        file = Path(folder) / fitted.recipe.file
        file.write_bytes(document)
        theirs = score_with_pypmml([file], columns, f"predicted_{TARGET}")[0]
        ours = score_with_ours(file, columns, TARGET)
    largest, name = float(np.max(np.abs(expected))), fitted.recipe.name
    return {
        "rows": float(len(expected)),
        "pypmml": difference(name, "pypmml", theirs, expected, unit=largest),
        "liftstream": difference(name, "liftstream", ours, expected, unit=largest),
    }


def _card(
    fitted: Fitted, pmml: bytes, parity: dict[str, float], found: Score, source: str, created: str, seed: int
) -> ModelCard:
    columns = fitted.rows.columns
    return ModelCard(
        name=Path(fitted.recipe.file).stem,
        sha256=hash_of(pmml),
        threshold=0.0,
        features=[CardFeature(name, float(v.min()), float(v.max())) for name, v in columns.items()],
        metrics={
            **plain(found),
            FALLBACK: round(fitted.fallback, 2),
            CITIES: {city: round(share, 6) for city, share in fitted.cities.items()},
            "parity": parity,
        },
        created=created,
        rows=len(fitted.rows.spent),
        seed=seed,
        golden_rows=_golden_rows(fitted),
        about=f"{fitted.recipe.about} Money that a user spends in a month; no threshold. Trained on"
        f" {len(fitted.rows.spent):,} rows: {source}.",
    )


def _golden_rows(fitted: Fitted) -> list[GoldenRow]:
    """Rows from the lowest prediction to the highest."""
    predicted: Floats = fitted.estimator.predict(fitted.rows.matrix)
    order = np.argsort(predicted, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, GOLDEN_ROWS).astype(np.int64)]
    return [
        GoldenRow({name: float(v[i]) for name, v in fitted.rows.columns.items()}, float(predicted[i]))
        for i in chosen
    ]


def plain(found: Score) -> dict[str, Any]:
    """A score for JSON; NaN is null."""
    return {
        name: {end: _finite(figure) for end, figure in value._asdict().items()}
        if isinstance(value, Estimate)
        else _finite(value)
        for name, value in vars(found).items()
        if name != "name"
    }


def _finite(value: float) -> float | None:
    return round(value, 6) + 0.0 if math.isfinite(value) else None


def document(result: SpendingResult) -> dict[str, Any]:
    """Everything about a training, for JSON."""
    return {
        "source": result.source,
        "users": result.users,
        "tested": result.tested,
        "models": {found.name: plain(found) for found in result.scores},
        "paired": [pair.to_dict() for pair in result.comparisons],
        "sentence": result.sentence,
    }


def draw_report(result: SpendingResult) -> dict[str, bytes]:
    """The report's files by name."""
    source = f"{result.users:,} users, {result.tested[0]} to {result.tested[-1]}, {result.source}"
    served = {"A": "trend"} | {f.fitted.recipe.name: f.fitted.recipe.title for f in result.artefacts}
    return {
        "calibration.png": draw_calibration(result.evaluation, served, source),
        "errors.png": draw_errors(result.scores, source),
        "metrics.json": to_json(document(result)),
    }


def write_models(artefacts: Sequence[Artefact], folder: Path) -> list[Path]:
    """Writes each card before its model; returns the model files."""
    paths = []
    for artefact in artefacts:
        path = folder / artefact.fitted.recipe.file
        write_whole(card_path(path), to_json(artefact.card))
        write_whole(path, artefact.pmml)
        paths.append(path)
    return paths
