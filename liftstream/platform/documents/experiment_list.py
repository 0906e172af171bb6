"""The list of experiments: one row each."""

from sqlalchemy import Connection

from liftstream.platform import registry
from liftstream.platform.documents.document import Document
from liftstream.platform.documents.experiment import KafkaDocument, kafka_document, situation
from liftstream.platform.ingest import loading
from liftstream.platform.ingest.rollout_rows import find_rollout
from liftstream.platform.ingest.running.looks import standing
from liftstream.platform.ingest.running.rollout import RollOut
from liftstream.platform.status import KafkaStatus
from liftstream.service.clock import as_text


class ExperimentRow(Document):
    """One experiment in the list."""

    id: str
    name: str
    state: str
    situation: str
    verdict: str
    sentence: str
    candidates: list[str]
    aa: bool
    rolled_out: str | None
    """The arm that decides for everybody."""
    alpha: float
    power: float
    kind: str
    """The kind of the metric."""
    effect: float
    """The planned one, $ per client."""
    n_per_arm: int
    n_total: int
    """Planned clients of all arms."""
    clients: int
    """Clients drawn so far."""
    share: float
    """Share of the planned clients whose money is known, 0..1."""
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    created: str
    started: str | None
    ended: str | None


class ExperimentList(Document):
    """All experiments, the newest first."""

    at: str
    kafka: KafkaDocument
    experiments: list[ExperimentRow]


def view_list(connection: Connection, now_ms: int, kafka: KafkaStatus) -> ExperimentList:
    """The document of the list."""
    rolled_out = find_rollout(connection)
    rows = [_row(connection, row, kafka, rolled_out) for row in registry.find_all(connection)]
    return ExperimentList(at=as_text(now_ms) or "", kafka=kafka_document(kafka), experiments=rows)


def _row(
    connection: Connection, row: registry.Row, kafka: KafkaStatus, rolled_out: RollOut | None
) -> ExperimentRow:
    live = loading.load_live(connection, row)
    found, plan = standing(live), live.plan
    return ExperimentRow(
        id=row.id,
        name=row.name,
        state=row.state,
        situation=situation(row.state, found, live, kafka),
        verdict=found.verdict,
        sentence=found.sentence,
        candidates=list(plan.candidates),
        aa=row.aa,
        rolled_out=rolled_out.arm if rolled_out and rolled_out.experiment == row.id else None,
        alpha=plan.alpha,
        power=plan.power,
        kind=plan.kind,
        effect=plan.effect,
        n_per_arm=plan.n_per_arm,
        n_total=plan.n_total,
        clients=live.clients,
        share=min(1.0, live.paid / plan.n_total),
        estimate=found.effect,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        created=as_text(row.created_ms) or "",
        started=as_text(row.started_ms),
        ended=as_text(row.ended_ms),
    )
