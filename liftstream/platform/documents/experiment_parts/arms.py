"""The arms of an experiment: who came, what was answered, what they spent."""

from collections.abc import Mapping

from liftstream.experiment.compare.comparison import critical
from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.running.latency_buckets import GROWTH, quantile
from liftstream.platform.ingest.running.live import ArmSums, Live


class Bucket(Document):
    """Answers of one bucket: how many took up to `up_to_ms`."""

    up_to_ms: float
    count: int


class Latency(Document):
    """The time from the opening of a session to the candidate's answer; quantiles are known to 12 %."""

    p50_ms: float
    p90_ms: float
    p99_ms: float
    histogram: list[Bucket]


class ArmDocument(Document):
    """One arm."""

    arm: str
    clients: int
    """Clients drawn into the arm."""
    sessions: int
    answered: int
    unanswered: int
    answered_share: float | None
    """Share of the decided sessions; None before the first."""
    shown: int
    """Sessions in which the category was shown."""
    shown_share: float | None
    n: int
    """Clients whose money is known: those that the test counts."""
    revenue: float
    """All their money, $."""
    mean: float | None
    """$ per client."""
    sd: float | None
    half_width: float | None
    """Half the width of the two-sided 95 % interval of the mean."""
    latency: Latency | None


def arm_documents(live: Live, delays: Mapping[str, Mapping[int, int]]) -> list[ArmDocument]:
    """All arms, the original first."""
    return [_arm(name, live.arms[name], delays.get(name, {})) for name in live.plan.arms]


def _arm(name: str, arm: ArmSums, delays: Mapping[int, int]) -> ArmDocument:
    decided, n = arm.answered + arm.unanswered, arm.paid.n
    sd = arm.paid.sd if n > 1 else None
    return ArmDocument(
        arm=name,
        clients=arm.clients,
        sessions=arm.sessions,
        answered=arm.answered,
        unanswered=arm.unanswered,
        answered_share=arm.answered / decided if decided else None,
        shown=arm.shown,
        shown_share=arm.shown / decided if decided else None,
        n=n,
        revenue=round(arm.paid.total, 2),
        mean=arm.paid.mean if n else None,
        sd=sd,
        half_width=None if sd is None else float(critical(0.025, n - 1)) * sd / n**0.5,
        latency=_latency(delays),
    )


def _latency(delays: Mapping[int, int]) -> Latency | None:
    p50, p90, p99 = (quantile(delays, share) for share in (0.5, 0.9, 0.99))
    if p50 is None or p90 is None or p99 is None:
        return None
    histogram = [
        Bucket(up_to_ms=round(GROWTH**bucket, 1), count=count) for bucket, count in sorted(delays.items())
    ]
    return Latency(p50_ms=round(p50, 1), p90_ms=round(p90, 1), p99_ms=round(p99, 1), histogram=histogram)
