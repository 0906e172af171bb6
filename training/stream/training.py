"""A complete training for any stream: fit, export, check the export, evaluate."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from liftstream.streams.definition import Feature, Stream
from training.artefacts import Step
from training.export import export
from training.judged_model import JudgedModel
from training.parity import ROWS, difference
from training.stream.card import StreamModel, judge_stream_model, match_stream
from training.stream.fitting import FittedModel, fit_stream_model
from training.stream.rows import StreamRows

NOT_IN_NAMES: Final = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, eq=False)
class TrainedForStream:
    """A model with its card.

    Attributes:
        pmml: the document.
        judged: its card and pictures.
        left_out: features that were not learned from, a sentence each.
    """

    pmml: bytes
    judged: JudgedModel
    left_out: tuple[str, ...]


def model_file(folder: Path, stream: Stream) -> Path:
    """The path of a stream's model: `<name of the stream>.pmml`."""
    return folder / f"{NOT_IN_NAMES.sub('_', stream.name).strip('._') or 'stream'}.pmml"


def fields_of(stream: Stream) -> dict[str, Feature]:
    """The features by the names of the model's inputs, as the definition has them."""
    inputs = {feature: field for field, feature in stream.inputs.items()}
    return {inputs.get(one.name, one.name): one for one in stream.features}


def train_for_stream(
    stream: Stream, rows: StreamRows, held_out: StreamRows, file: Path, seed: int, created: str, step: Step
) -> TrainedForStream:
    """Trains gradient boosting, exports and judges it; writes nothing.

    Args:
        stream: the stream that the model is for.
        rows: to learn from.
        held_out: to judge by.
        file: the file that it will be written to.
        seed: of the trees.
        created: the time for the card, ISO 8601.
        step: surrounds each step.

    Raises:
        ModelError: the exported model is not the trained one.
        ModelUnfit: the definition asks for what the model does not have.
    """
    with step("train gradient boosting"):
        fitted = fit_stream_model(rows, fields_of(stream), seed)
    with step("export it"):
        pmml = export(file.stem, fitted.estimator, list(fitted.fields))
    with step("compare the scores of scikit-learn and liftstream"):
        served = match_stream(pmml, file, stream)
        parity = _prove(fitted, served, held_out)
    with step("evaluate"):
        judged = judge_stream_model(served, held_out, stream, created)
        return TrainedForStream(pmml, _with_training(judged, rows, seed, parity), fitted.left_out)


def _prove(fitted: FittedModel, served: StreamModel, rows: StreamRows) -> dict[str, float]:
    some = rows.take(slice(ROWS))
    largest = difference(served.model.path.stem, "liftstream", served.scores(some), fitted.score(some))
    return {"rows": len(some), "liftstream": largest}


def _with_training(judged: JudgedModel, rows: StreamRows, seed: int, parity: dict[str, float]) -> JudgedModel:
    card = judged.card
    about = f"Gradient boosting, trained on {len(rows):,} rows. {card.about}"
    metrics = {**card.metrics, "parity": parity}
    return replace(
        judged, card=msgspec.structs.replace(card, rows=len(rows), seed=seed, about=about, metrics=metrics)
    )
