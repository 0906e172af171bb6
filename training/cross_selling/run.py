"""A complete training: fit, evaluate, export, check the export, and then write everything or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.model_card import ModelCard, card_path, hash_of
from liftstream.contracts.whole_file import write_whole
from liftstream.evaluation.classification import Bin
from liftstream.evaluation.judging import ModelJudgement, curve_points, judge
from liftstream.evaluation.pictures import draw_calibration, draw_profit
from liftstream.evaluation.profit import ThresholdCurve
from liftstream.simulation.shop.money import decide_best, gain_over
from training.artefacts import Step
from training.card import feature_ranges, golden_rows, to_json
from training.cross_selling.dataset import DataSet, LabelledClients
from training.cross_selling.models import MODELS, ModelEntry, Trained, fit
from training.export import export
from training.parity import ROWS as PARITY_ROWS
from training.parity import Parity, compare

RULE_THRESHOLD: Final = 0.5


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One model with its evaluation and its files."""

    model: ModelEntry
    pmml: bytes
    card: ModelCard
    curve: ThresholdCurve
    calibration: list[Bin]


def train_models(data: DataSet, seed: int, created: str, step: Step) -> list[ModelResult]:
    """Trains and proves every model of `MODELS`; writes no files.

    Args:
        data: rows to learn from and rows to judge by.
        seed: for the models' own randomness, and for the cards.
        created: the time for the cards, ISO 8601.
        step: surrounds each step.

    Raises:
        ModelError: an exported model is not the trained one.
    """
    trained, documents = [], []
    for model in MODELS:
        with step(f"train {model.name}"):
            trained.append(fit(model, data.train, seed))
        with step(f"export {model.name}"):
            documents.append(export(model.name, trained[-1].estimator, trained[-1].features))
    with step("compare the scores of scikit-learn, pypmml and liftstream"):
        proofs = _prove(trained, documents, data.held_out)
    with step("evaluate"):
        each = zip(trained, documents, proofs, strict=True)
        return [_result(*one, data, seed, created) for one in each]


def _prove(trained: Sequence[Trained], documents: Sequence[bytes], rows: LabelledClients) -> list[Parity]:
    some = rows.take(slice(PARITY_ROWS))
    names = [one.model.name for one in trained]
    return compare(names, documents, [one.score(some) for one in trained], some.columns())


def _result(
    trained: Trained, pmml: bytes, parity: Parity, data: DataSet, seed: int, created: str
) -> ModelResult:
    model, rows = trained.model, data.held_out
    score = trained.score(rows)
    found = judge(rows.label, score, rows.value, rows.man, RULE_THRESHOLD if model.is_rule else None)
    card = ModelCard(
        name=model.name,
        sha256=hash_of(pmml),
        threshold=found.threshold,
        threshold_interval=None if model.is_rule else found.curve.best_interval,
        features=feature_ranges(trained.features, trained.inputs(data.train)),
        metrics={**_metrics(rows, score, found), "parity": parity._asdict()},
        created=created,
        rows=len(data.train),
        seed=seed,
        golden_rows=golden_rows(trained.features, trained.inputs(rows), score, found.threshold),
        about=f"{_about(model, data)} {_history(model, data)}",
    )
    return ModelResult(model, pmml, card, found.curve, found.calibration)


def _about(model: ModelEntry, data: DataSet) -> str:
    """A description of the model; some of it is said for the simulated shop only."""
    return model.about + (model.in_the_shop if data.simulated else ".")


def _history(model: ModelEntry, data: DataSet) -> str:
    money = "" if data.simulated else f" Gains count {data.money}."
    learned = "Nothing is learned," if model.is_rule else f"Trained on {len(data.train):,} rows,"
    return f"{learned} judged on {len(data.held_out):,} held-out rows: {data.source}.{money}"


def _metrics(rows: LabelledClients, score: NDArray[np.float64], found: ModelJudgement) -> dict[str, Any]:
    """The metrics for the card; gains are $ per client over the original system."""
    metrics = dict(found.metrics)
    if rows.interest is not None:
        best = decide_best(rows.interest)
        metrics["gain_expected"] = round(gain_over(rows.man, score >= found.threshold, rows.interest), 6)
        metrics["gain_best_possible"] = round(gain_over(rows.man, best, rows.interest), 6)
    metrics["profit_curve"] = curve_points(found.curve)
    return metrics


def draw_report(results: Sequence[ModelResult], data: DataSet) -> dict[str, bytes]:
    """The report's files by name: two pictures and the figures."""
    judged = {result.model.title: result for result in results if not result.model.is_rule}
    source = f"{len(data.held_out):,} held-out rows, {data.source}"
    return {
        "calibration.png": draw_calibration({t: r.calibration for t, r in judged.items()}, source),
        "profit.png": draw_profit(
            {t: r.curve for t, r in judged.items()},
            source,
            data.money,
            results[0].card.metrics.get("gain_best_possible"),
        ),
        "metrics.json": to_json({r.model.name: summary(r) for r in results}),
    }


def summary(result: ModelResult) -> dict[str, Any]:
    """The card of a model without its golden rows."""
    card = result.card
    return {
        "sha256": card.sha256,
        "rows": card.rows,
        "seed": card.seed,
        "threshold": card.threshold,
        "threshold_interval": card.threshold_interval,
        "about": card.about,
        **card.metrics,
    }


def write_models(results: Sequence[ModelResult], folder: Path) -> list[Path]:
    """Writes `<name>.json` and `<name>.pmml`, the served model last; returns the model files.

    A worker that watches a model reads the card when the model changes: so the card comes first.
    """
    written = []
    for result in reversed(results):
        path = folder / f"{result.model.name}.pmml"
        write_whole(card_path(path), to_json(result.card))
        write_whole(path, result.pmml)
        written.append(path)
    return written[::-1]
