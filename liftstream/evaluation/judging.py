"""A model judged on rows whose answers are known: figures with intervals, calibration, and what each threshold
earns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from liftstream.contracts.errors import ModelUnfit
from liftstream.evaluation.classification import Bin, Bits, Floats, calibrate, evaluate
from liftstream.evaluation.profit import ThresholdCurve, draw_curve

EVERY: Final = 20
"""The card keeps one in so many thresholds of the profit curve."""


@dataclass(frozen=True, eq=False)
class ModelJudgement:
    """The figures of a model on the rows.

    Attributes:
        threshold: the score from which a client is shown the category.
        metrics: for the card, each figure with its 95 % interval; gains are $ per client over the original system.
    """

    threshold: float
    metrics: dict[str, Any]
    curve: ThresholdCurve
    calibration: list[Bin]


def judge(
    label: Bits, score: Floats, value: Floats, original: Bits, threshold: float | None = None
) -> ModelJudgement:
    """Judges scores.

    Args:
        label: 1 for interested.
        score: P(interested) as the model has it, within 0..1.
        value: what showing the category adds for each client, in $.
        original: the decisions of the original system, 0/1.
        threshold: of a model that decides by itself; otherwise the one that earned most is taken.
    """
    curve = draw_curve(value, score, original)
    threshold = curve.best if threshold is None else threshold
    estimates = {**evaluate(label, score), "gain_per_client": curve.at(threshold)}
    metrics: dict[str, Any] = {name: estimate.to_dict() for name, estimate in estimates.items()}
    metrics |= {"held_out_rows": len(label), "shown": round(float((score >= threshold).mean()), 6)}
    return ModelJudgement(threshold, metrics, curve, calibrate(label, score))


def refuse_scores(path: Path, score: Floats) -> None:
    """Refuses a model whose scores are not within 0 to 1, where thresholds are.

    Raises:
        ModelUnfit: it gives none for a row, or one beyond 0 to 1.
    """
    gone = np.isnan(score)
    if gone.any():
        row = int(np.flatnonzero(gone)[0])
        raise ModelUnfit(
            f"{path}: gives no score for {int(gone.sum()):,} of {len(score):,} rows, row {row + 1} first;"
            " 'liftstream score' says why"
        )
    if score.min() < 0 or score.max() > 1:
        raise ModelUnfit(
            f"{path}: its scores run from {score.min():g} to {score.max():g}; a card needs probabilities, from 0 to 1:"
            " export a classifier"
        )


def curve_points(curve: ThresholdCurve) -> dict[str, list[float]]:
    """The profit curve as a card keeps it."""
    every = slice(None, None, EVERY)
    names = ("threshold", "gain", "low", "high")
    return {name: np.round(getattr(curve, name)[every], 4).tolist() for name in names}
