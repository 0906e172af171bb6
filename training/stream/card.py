"""The card of a model that a stream is scored by, judged on rows with the features of the stream's definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.model_card import CardFeature, GoldenRow, ModelCard
from liftstream.evaluation.judging import curve_points, judge, refuse_scores
from liftstream.evaluation.pictures import STREAM_WORDS
from liftstream.scoring.loading import load_content
from liftstream.scoring.model import Model
from liftstream.scoring.score_choice import choose_score
from liftstream.streams.definition import Feature, Stream
from liftstream.streams.model_fit import fit_model
from training.card import golden_places
from training.judged_model import JudgedModel
from training.stream.rows import StreamRows

MOST_TEXTS: Final = 1_000
"""Most distinct texts of a feature that a card lists."""


@dataclass(frozen=True, eq=False)
class StreamModel:
    """A model with the stream's feature for each of its inputs."""

    model: Model
    features: Mapping[str, Feature]
    notices: Sequence[str]
    score_is: str
    decides_itself: bool

    def scores(self, rows: StreamRows) -> NDArray[np.float64]:
        """The score of each row; NaN if the model gives none."""
        return self.model.scores(self.columns(rows))

    def columns(self, rows: StreamRows) -> dict[str, Any]:
        """The columns that the model gets, by its inputs."""
        return {name: rows.columns[feature.name] for name, feature in self.features.items()}


def match_stream(content: bytes, path: Path, stream: Stream) -> StreamModel:
    """The model of a file with the features that it asks for.

    Raises:
        ModelRefused, ModelUnsupported: as `scoring.load`.
        ModelUnfit: the stream cannot be served by it.
    """
    model = load_content(content, path)
    fit = fit_model(stream, model.offer)
    fit.raise_problems(path)
    by_name = {feature.name: feature for feature in stream.features}
    score = choose_score(model)
    notices = [*fit.notices, *([score.notice] if score.notice else [])]
    features = {name: by_name[source] for name, source in fit.source.items()}
    return StreamModel(model, features, notices, score.what, score.decides_itself)


def judge_stream_model(served: StreamModel, rows: StreamRows, stream: Stream, created: str) -> JudgedModel:
    """Scores the rows and writes the card; gains are counted over deciding 0 for everybody.

    Args:
        served: the model.
        rows: with known answers.
        stream: the stream that it is for, named in the card.
        created: the time, ISO 8601.

    Raises:
        ModelUnfit: the model gives no score for a row, or its score is no probability.
    """
    path = served.model.path
    score = served.scores(rows)
    refuse_scores(path, score)
    nobody = np.zeros(len(rows), dtype=np.uint8)
    found = judge(rows.label, score, rows.worth, nobody, 0.5 if served.decides_itself else None)
    card = ModelCard(
        name=path.stem,
        sha256=served.model.sha256,
        threshold=found.threshold,
        threshold_interval=None if served.decides_itself else found.curve.best_interval,
        features=[
            _range(name, rows.columns[one.name]) for name, one in served.features.items() if one.numeric
        ],
        texts={
            name: _texts(one, rows.columns[one.name])
            for name, one in served.features.items()
            if not one.numeric
        },
        metrics={**found.metrics, "profit_curve": curve_points(found.curve)},
        created=created,
        rows=0,
        golden_rows=_golden_rows(served, rows, score, found.threshold),
        about=f"For the stream {stream.name}. Judged on {len(rows):,} rows: {rows.source}. Gains count {rows.money},"
        " over deciding 0 for everybody.",
    )
    source = f"{len(rows):,} rows, {rows.source}"
    notice = "; ".join(served.notices) or None
    return JudgedModel(
        path,
        served.score_is,
        notice,
        card,
        found,
        source,
        rows.money,
        "decides 1 for",
        "rows",
        "deciding 0 for everybody",
        STREAM_WORDS,
    )


def _range(name: str, column: NDArray[np.float64]) -> CardFeature:
    known = column[~np.isnan(column)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    return CardFeature(name, low, high)


def _texts(feature: Feature, column: NDArray[Any]) -> list[str]:
    """The values that the model distinguishes; none for dates and free texts."""
    if feature.type != "text":
        return []
    distinct = sorted({word for word in column.tolist() if word is not None})
    return distinct if len(distinct) <= MOST_TEXTS else []


def _golden_rows(
    served: StreamModel, rows: StreamRows, score: NDArray[np.float64], threshold: float
) -> list[GoldenRow]:
    columns = served.columns(rows)
    return [
        GoldenRow(
            {name: value for name, column in columns.items() if (value := _plain(column[row])) is not None},
            float(score[row]),
        )
        for row in golden_places(score, threshold).tolist()
    ]


def _plain(value: Any) -> float | str | None:
    """A cell for the card; None if it is missing, which the card leaves out."""
    if value is None or isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)
