"""The report: the result with the sealed plan, the ledger and the hash, in every state; provisional where it is."""

from typing import Any

from sqlalchemy import Connection

from liftstream.platform import registry
from liftstream.platform.documents.experiment import ExperimentDocument, view_experiment
from liftstream.platform.ingest import loading
from liftstream.platform.status import KafkaStatus


class ReportDocument(ExperimentDocument):
    """The experiment's document, its ledger, and the seals of both."""

    plan_hash: str
    """SHA-256 of the sealed plan."""
    ledger: dict[str, Any]
    """Every look with the moments of every arm: whoever has it and the plan can compute the verdict again."""


def view_report(
    connection: Connection, experiment: str, now_ms: int, kafka: KafkaStatus, patience_ms: int
) -> ReportDocument:
    """The report on an experiment.

    Raises:
        Unknown: there is none.
    """
    shown = view_experiment(connection, experiment, now_ms, kafka, patience_ms)
    row = registry.find(connection, experiment)
    live = loading.live_of(row, {})
    return ReportDocument(**dict(shown), plan_hash=row.plan_hash, ledger=live.ledger.to_dict())
