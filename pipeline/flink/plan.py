"""What a job is made of, checked before anything is submitted: model, token, topics."""

from dataclasses import dataclass
from typing import Final

from liftstream.contracts.errors import SettingsError
from liftstream.contracts.places import find_model
from liftstream.contracts.settings import Settings
from pipeline.decision import load_scorer, threshold_of

DRIFT_MS: Final = 500
SIDE_TOPIC: Final = "topic:"


@dataclass(frozen=True)
class Decider:
    """What every Python worker needs to decide; it travels with the job.

    Attributes:
        topics: of the two sides.
        lateness_ms: how far behind the watermark a half may come.
        model, card: the contents of both files, None where there is no card.
        threshold: score from which a client is shown.
    """

    topics: tuple[str, str]
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
        SettingsError: the token is missing, or the side output is a folder.
        LiftstreamError: the model cannot be served.
    """
    kafka, pipeline = settings.kafka, settings.pipeline
    if pipeline.token is None:
        raise SettingsError(
            "PIPELINE__TOKEN is missing: the token that the A/B platform gave this candidate; set"
            " LIFTSTREAM_PIPELINE__TOKEN, or LIFTSTREAM_PIPELINE__TOKEN_FILE to a file that holds it"
        )
    if not pipeline.side_output.startswith(SIDE_TOPIC):
        raise SettingsError(
            f"PIPELINE__SIDE_OUTPUT: {pipeline.side_output!r} is a folder, and the machines of a Flink cluster share"
            " none; set it to topic:<name>, a topic that this user may write"
        )
    path = find_model(pipeline.model)
    card = path.with_suffix(".json")
    decider = Decider(
        topics=(kafka.topic_demographic, kafka.topic_historic),
        window_ms=round(pipeline.join_window_s * 1000),
        lateness_ms=round(pipeline.allowed_lateness_s * 1000),
        token=pipeline.token.get_secret_value(),
        model=path.read_bytes(),
        card=card.read_bytes() if card.is_file() else None,
        threshold=threshold_of(load_scorer(path), path, pipeline),
    )
    prefix = f"liftstream-{pipeline.group}" if exactly_once else None
    return JobPlan(decider, pipeline.side_output.removeprefix(SIDE_TOPIC), transactions=prefix)
