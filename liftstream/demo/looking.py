"""The state of pipeline and platform over HTTP, as records."""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from prometheus_client.parser import text_string_to_metric_families

ANSWER_WITHIN_S: Final = 5.0
PREFIX: Final = "liftstream_"


class NoAnswer(Exception):
    """A process does not answer, or not with what was asked for."""


class Pipeline(msgspec.Struct, frozen=True):
    """The worker's counts.

    Attributes:
        put_aside: records in the side output, by reason.
        lost: records that the broker dropped before they were read.
        within_s: predictions by latency: upper bound in seconds (ascending, the last infinite) -> how many took no longer.
    """

    read: int = 0
    joined: int = 0
    waiting: int = 0
    predictions: int = 0
    lost: int = 0
    put_aside: Mapping[str, int] = {}
    within_s: Mapping[float, int] = {}

    @property
    def aside(self) -> int:
        """Records in the side output."""
        return sum(self.put_aside.values())

    @property
    def resolved(self) -> int:
        """Halves that are answered or put aside."""
        return 2 * self.joined + self.aside

    def quantile_s(self, share: float) -> float | None:
        """A latency that at least `share` of the predictions kept; None before the first."""
        wanted = share * self.predictions
        return next((bound for bound, count in self.within_s.items() if count >= wanted > 0), None)


class SeenBucket(msgspec.Struct, frozen=True):
    """Answers of one bucket: how many took up to `up_to_ms`."""

    up_to_ms: float
    count: int


class SeenLatency(msgspec.Struct, frozen=True):
    """The time from the opening of a session to its decision."""

    p50_ms: float
    p99_ms: float
    histogram: list[SeenBucket]


class SeenArm(msgspec.Struct, frozen=True):
    """An arm; `n` clients have paid, `mean` $ each, +- `half_width` at 95 %."""

    arm: str
    clients: int
    sessions: int
    answered: int
    unanswered: int
    shown: int
    shown_share: float | None
    n: int
    revenue: float
    mean: float | None
    half_width: float | None
    latency: SeenLatency | None


class SeenAnswers(msgspec.Struct, frozen=True):
    """Predictions that the platform read."""

    read: int
    rejected: int


class SeenReport(msgspec.Struct, frozen=True):
    """What the platform says of the experiment, running or ended; `n_total` clients have paid."""

    state: str
    verdict: str
    sentence: str
    effect: float | None
    ci_low: float | None
    ci_high: float | None
    bound: float | None
    pvalue: float | None
    alpha: float
    method: str
    unit: str
    n_original: int
    n_candidate: int
    n_total: int
    arms: list[SeenArm]
    answers: SeenAnswers

    def arm(self, name: str) -> SeenArm:
        """An arm by its name."""
        return next(arm for arm in self.arms if arm.arm == name)

    @property
    def unanswered(self) -> int:
        """Sessions of both arms without a decision in time."""
        return sum(arm.unanswered for arm in self.arms)


def fetch(address: str, path: str) -> tuple[int, bytes]:
    """Status and body of a GET.

    Raises:
        NoAnswer
    """
    connection = HTTPConnection(urlsplit(address).netloc, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"{address}: {type(error).__name__}") from error
    finally:
        connection.close()


def not_ready(address: str) -> str | None:
    """Why a process is not ready; None when it is."""
    try:
        status, body = fetch(address, "/ready")
    except NoAnswer:
        return "it does not answer"
    if status == 200:
        return None
    said: dict[str, Any] = msgspec.json.decode(body)
    reasons = said.get("reasons") or [said.get("reason") or said.get("status")]
    return "; ".join(str(reason) for reason in reasons)


def look_at_pipeline(address: str) -> Pipeline:
    """The worker's counts now.

    Raises:
        NoAnswer
    """
    _, body = fetch(address, "/metrics")
    return read_metrics(body.decode())


def look_at_experiment(address: str, experiment: str) -> SeenReport:
    """The platform's report now.

    Raises:
        NoAnswer
    """
    status, body = fetch(address, f"/api/experiments/{experiment}/report")
    if status != 200:
        raise NoAnswer(f"{address}: HTTP {status}")
    return msgspec.json.decode(body, type=SeenReport)


def read_metrics(text: str) -> Pipeline:
    """The counts in a page of Prometheus' format."""
    totals: dict[str, int] = {}
    aside: dict[str, int] = {}
    within: dict[float, int] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name, value = sample.name.removeprefix(PREFIX), int(sample.value)
            if name == "records_put_aside_total":
                aside[sample.labels["reason"]] = value
            elif name == "latency_seconds_bucket":
                within[float(sample.labels["le"])] = value
            elif not sample.labels:
                totals[name] = value
    return Pipeline(
        totals.get("records_read_total", 0),
        totals.get("pairs_joined_total", 0),
        totals.get("halves_waiting", 0),
        totals.get("predictions_total", 0),
        totals.get("records_lost_total", 0),
        aside,
        dict(sorted(within.items())),
    )
