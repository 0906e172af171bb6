"""The records that were read, counted by reason, and the refused ones that were kept."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from liftstream.platform.documents.document import Document
from liftstream.platform.ingest.reasons import reason_of
from liftstream.platform.ingest.rules.memory import NOBODY
from liftstream.platform.ingest.tables import Refused, Tally
from liftstream.service.clock import as_text

SHOWN = 20
EXPERIMENT_KINDS = ("session", "demographic", "prediction", "revenue", "outcome")


class ReasonCount(Document):
    """How many records had this reason."""

    kind: str
    """`prediction`, `revenue`, `session`, `demographic`."""
    reason: str
    count: int
    meaning: str
    normal: bool
    """Whether a healthy system has it as well."""
    whose: str
    """`experiment`, or `nobody`: it names no experiment of ours, and every experiment's page shows it."""


class RefusedRecord(Document):
    """A record that was counted and not taken; without its token."""

    read: str
    kind: str
    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    value: str


class Answers(Document):
    """The predictions of an experiment's candidates and all other records, by reason."""

    read: int
    """Predictions with a token of this experiment."""
    accepted: int
    rejected: int
    """Predictions of this experiment that a healthy system would not have sent."""
    reasons: list[ReasonCount]
    refused: list[RefusedRecord]
    """The newest that were kept for inspection."""


def answers(connection: Connection, experiment: str) -> Answers:
    """The records of an experiment, and those that belong to nobody."""
    reasons = reasons_of(connection, experiment, EXPERIMENT_KINDS)
    own = [found for found in reasons if found.kind == "prediction" and found.whose == "experiment"]
    return Answers(
        read=sum(found.count for found in own),
        accepted=sum(found.count for found in own if found.reason == "accepted"),
        rejected=sum(found.count for found in own if not found.normal),
        reasons=reasons,
        refused=refused_records(connection, experiment),
    )


def reasons_of(connection: Connection, owner: str, kinds: Sequence[str]) -> list[ReasonCount]:
    """Counts by reason of an experiment or a bandit, and of nobody; `kinds` of records only."""
    rows = connection.execute(
        select(Tally)
        .where(Tally.experiment.in_([owner, NOBODY]), Tally.kind.in_(kinds))
        .order_by(Tally.kind, Tally.count.desc())
    )
    return [_reason(row) for row in rows]


def refused_records(connection: Connection, experiment: str) -> list[RefusedRecord]:
    """The newest refused records of an experiment and of nobody."""
    rows = connection.execute(
        select(Refused)
        .where(Refused.experiment.in_([experiment, NOBODY]))
        .order_by(Refused.id.desc())
        .limit(SHOWN)
    )
    return [RefusedRecord(read=as_text(row.read_ms) or "", **_named(row)) for row in rows]


def _named(row: Row[Any]) -> dict[str, object]:
    return {
        name: getattr(row, name)
        for name in ("kind", "reason", "detail", "topic", "partition", "offset", "value")
    }


def _reason(row: Row[Any]) -> ReasonCount:
    known = reason_of(row.kind, row.reason)
    return ReasonCount(
        kind=row.kind,
        reason=row.reason,
        count=row._mapping["count"],  # a Row is a tuple, which has a method of that name
        meaning=known.meaning,
        normal=known.normal,
        whose="nobody" if row.experiment == NOBODY else "experiment",
    )
