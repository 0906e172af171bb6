"""A card for a model that was trained elsewhere: judged on the practice's rows with the score that a worker would use."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liftstream.contracts.errors import ModelUnfit
from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_card import ModelCard
from liftstream.evaluation.judging import ModelJudgement, curve_points, judge
from liftstream.evaluation.pictures import draw_calibration, draw_profit
from liftstream.scoring.decision import DecisionScorer
from liftstream.scoring.loading import load_content
from training.card import feature_ranges, golden_rows, to_json
from training.cross_selling.dataset import DataSet


@dataclass(frozen=True, eq=False)
class JudgedModel:
    """A model with its card and what the pictures are drawn from."""

    scorer: DecisionScorer
    card: ModelCard
    judgement: ModelJudgement


def judge_model(content: bytes, path: Path, data: DataSet, created: str) -> JudgedModel:
    """Scores the held-out rows and writes the card; a card that stands beside the file is not read.

    Args:
        content: of the PMML file.
        path: of it; its stem is the card's name.
        data: of which the held-out rows are scored, and all give the ranges of the inputs.
        created: the time, ISO 8601.

    Raises:
        ModelRefused, ModelUnsupported: as `scoring.load`.
        ModelUnfit: a worker could not serve the model, or its score is no probability.
    """
    scorer = DecisionScorer(load_content(content, path), FEATURES, None)
    scorer.check()
    rows = data.held_out
    score = scorer.score(rows.features.astype(np.float64))
    _refuse_scores(path, score)
    found = judge(rows.label, score, rows.value, rows.man, scorer.default_threshold)
    names = [name for name in FEATURES if name in scorer.model.inputs]
    columns = [FEATURES.index(name) for name in names]
    decides = scorer.default_threshold is not None
    card = ModelCard(
        name=path.stem,
        sha256=scorer.sha256,
        threshold=found.threshold,
        threshold_interval=None if decides else found.curve.best_interval,
        features=feature_ranges(names, np.concatenate([data.train.features, rows.features])[:, columns]),
        metrics={**found.metrics, "profit_curve": curve_points(found.curve)},
        created=created,
        rows=0,
        golden_rows=golden_rows(names, rows.features[:, columns], score, found.threshold),
        about=f"Trained elsewhere. Judged on {len(rows):,} rows: {data.source}. Gains count {data.money}.",
    )
    return JudgedModel(scorer, card, found)


def _refuse_scores(path: Path, score: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    if np.isnan(score).any():
        row = int(np.flatnonzero(np.isnan(score))[0])
        raise ModelUnfit(
            f"{path}: gives no score for {int(np.isnan(score).sum()):,} of {len(score):,} rows, row {row + 1} first;"
            " 'liftstream score' says why"
        )
    if score.min() < 0 or score.max() > 1:
        raise ModelUnfit(
            f"{path}: its scores run from {score.min():g} to {score.max():g}; a card needs probabilities, from 0 to 1:"
            " export a classifier"
        )


def draw_pictures(judged: JudgedModel, data: DataSet) -> dict[str, bytes]:
    """Calibration and profit by threshold, as PNG by file name."""
    title = judged.card.name
    source = f"{len(data.held_out):,} rows, {data.source}"
    return {
        f"{title}-calibration.png": draw_calibration({title: judged.judgement.calibration}, source),
        f"{title}-profit.png": draw_profit({title: judged.judgement.curve}, source, data.money),
    }


def card_bytes(card: ModelCard) -> bytes:
    """The card as its file has it."""
    return to_json(card)
