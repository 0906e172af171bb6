"""The parts of a job (model, token, topics), checked before it is submitted."""

from dataclasses import dataclass
from typing import Final

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.places import find_model
from liftstream.contracts.settings import Settings
from liftstream.contracts.side_output import topic_of
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream
from pipeline.decision import load_scorer, threshold_of
from pipeline.token import token_of

DRIFT_MS: Final = 500
TOLD: Final = frozenset({"id", "decision", "token"})
"""Sources of an answer that the job on Flink supports."""


@dataclass(frozen=True)
class Decider:
    """What every Python worker needs to decide; it is sent with the job.

    Attributes:
        stream: the stream whose records are read, and whose predictions are written.
        lateness_ms: how far behind the watermark a half may come.
        model, card: the contents of both files, None where there is no card.
        threshold: score from which a client is shown.
    """

    stream: Stream
    window_ms: int
    lateness_ms: int
    token: str
    model: bytes
    card: bytes | None
    threshold: float


@dataclass(frozen=True)
class JobPlan:
    """A job.

    Attributes:
        side_topic: where records go that get no prediction.
        drift_ms: how far a partition may be ahead of the slowest.
        transactions: prefix of the sink's transactions; None: at least once.
    """

    decider: Decider
    side_topic: str
    drift_ms: int = DRIFT_MS
    transactions: str | None = None


def plan_of(settings: Settings, *, exactly_once: bool = False) -> JobPlan:
    """The job that the settings ask for.

    Raises:
        SettingsError: the token is missing, the side output is a folder, or the stream is none that Flink's join knows.
        LiftstreamError: the model cannot be served.
    """
    pipeline, stream = settings.pipeline, load_stream(settings)
    _check_stream(stream)
    token, side_topic = token_of(pipeline, stream.answer), topic_of(pipeline.side_output)
    if side_topic is None:
        raise SettingsError(
            f"PIPELINE__SIDE_OUTPUT: {pipeline.side_output!r} is a folder, and the machines of a Flink cluster share"
            " none; set it to topic:<name>, a topic that this user may write"
        )
    path = find_model(pipeline.model)
    card = path.with_suffix(".json")
    decider = Decider(
        stream=stream,
        window_ms=round(stream.window_s * 1000),
        lateness_ms=round(pipeline.allowed_lateness_s * 1000),
        token=token,
        model=path.read_bytes(),
        card=card.read_bytes() if card.is_file() else None,
        threshold=threshold_of(load_scorer(path, stream), path, pipeline),
    )
    prefix = f"liftstream-{pipeline.group}" if exactly_once else None
    return JobPlan(decider, side_topic, transactions=prefix)


def _check_stream(stream: Stream) -> None:
    """Refuses a stream that the job cannot run: it joins two topics of JSON by integer ids in fields and Kafka's
    timestamps."""
    lacks = [
        why
        for is_so, why in (
            (len(stream.sides) != 2, f"{len(stream.sides)} sides, not two"),
            (stream.id_type != "integer", f"ids of type {stream.id_type}, not integer"),
            (any(side.id.path is None for side in stream.sides), "ids in keys, not in fields"),
            (any(side.time.path is not None for side in stream.sides), "event times in fields, not Kafka's"),
            (not all(feature.numeric for feature in stream.features), "features that are no numbers"),
            (any(side.format != "json" for side in stream.sides), "records that are not JSON"),
            (stream.decision != "threshold", f"a decision by {stream.decision}, not by threshold"),
            (
                not {one.source for one in stream.answer.fields} <= TOLD,
                "an answer of more than id, decision and token",
            ),
        )
        if is_so
    ]
    if lacks:
        raise SettingsError(
            f"PIPELINE__STREAM: {stream.name} has {'; '.join(lacks)}: the job on Flink does not serve it, a worker does"
            " (liftstream run)"
        )
