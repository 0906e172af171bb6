"""A card for a model that was trained elsewhere: evaluated on the given rows with the score that a worker would use."""

from pathlib import Path

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_card import ModelCard
from liftstream.evaluation.judging import curve_points, judge, refuse_scores
from liftstream.scoring.decision import DecisionScorer
from liftstream.scoring.loading import load_content
from training.card import feature_ranges, golden_rows
from training.cross_selling.dataset import DataSet
from training.judged_model import JudgedModel


def load_without_card(content: bytes, path: Path) -> DecisionScorer:
    """A model as the worker of the shop would serve it; a card that stands beside the file is not read.

    Raises:
        ModelRefused, ModelUnsupported: as `scoring.load`.
        ModelUnfit: a worker could not serve the model.
    """
    scorer = DecisionScorer(load_content(content, path), FEATURES, None)
    scorer.check()
    return scorer


def judge_model(scorer: DecisionScorer, path: Path, data: DataSet, created: str) -> JudgedModel:
    """Scores the held-out rows and writes the card.

    Args:
        scorer: the model.
        path: the file's path; its stem is the card's name.
        data: of which the held-out rows are scored, and all give the ranges of the inputs.
        created: the time, ISO 8601.

    Raises:
        ModelUnfit: its score is no probability.
    """
    rows = data.held_out
    score = scorer.score(rows.features.astype(np.float64))
    refuse_scores(path, score)
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
    source = f"{len(rows):,} rows, {data.source}"
    return JudgedModel(path, scorer.score_is, scorer.notice, card, found, source, data.money)
