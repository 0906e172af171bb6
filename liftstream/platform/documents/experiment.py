"""One experiment: what its page shows and `GET /api/experiments/{id}` answers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from liftstream.experiment.trial.advice import advise, peeking_sentence
from liftstream.experiment.trial.verdicts import Verdict, VerdictSummary
from liftstream.platform import registry
from liftstream.platform.documents.answers import Answers, answers
from liftstream.platform.documents.document import Document
from liftstream.platform.documents.event_log import LogLine, log_of
from liftstream.platform.documents.experiment_parts.arms import ArmDocument, arm_documents
from liftstream.platform.documents.experiment_parts.outlook import Outlook, outlook
from liftstream.platform.documents.experiment_parts.pictures import look_path, timelines
from liftstream.platform.documents.experiment_parts.plan import PlanDocument, plan_document
from liftstream.platform.documents.experiment_parts.rollout import RollOutDocument, rollout_document
from liftstream.platform.documents.experiment_parts.verdict import (
    CandidateDocument,
    CheckDocument,
    GuardDocument,
)
from liftstream.platform.documents.experiment_parts.worth import WorthDocument, worth_of
from liftstream.platform.ingest import loading
from liftstream.platform.ingest.rollout_rows import find_rollout
from liftstream.platform.ingest.running.checks import Delays, checks_of
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.looks import standing
from liftstream.platform.ingest.running.rollout import RollOut
from liftstream.platform.schema import Delay, Token
from liftstream.platform.status import KafkaStatus
from liftstream.service.clock import as_text


class TokenDocument(Document):
    """A candidate's token, which itself is not kept."""

    candidate: str
    created: str
    revoked: str | None


class KafkaDocument(Document):
    """The state of the reading of Kafka."""

    state: str
    """`reading`, `catching up`, `connecting`, `away`, `off`."""
    reason: str
    behind: int
    last_record: str | None


class ExperimentHead:
    """What stands first in the document of an experiment."""

    id: str
    name: str
    state: str
    """`draft`, `running`, `stopped`, `finished`."""
    situation: str
    """What the page leads with: `draft`, `waiting`, `running`, `lost kafka`, `alarm`, `improves`, `no improvement`,
    `harms`, `stopped`, and `guard breaks` where the leading candidate broke one."""


class ExperimentSummary(Document, VerdictSummary, ExperimentHead):
    """What the list of the API says of an experiment; the verdict's numbers are those of the leading candidate."""

    provisional: bool
    """Whether more is to come."""
    aa: bool
    exclusive: str
    share: float
    created: str
    started: str | None
    closed: str | None
    """When all planned clients had come."""
    ended: str | None
    rolled_out: RollOutDocument | None
    """The arm that decides for everybody after the end; None if none does."""
    plan: PlanDocument
    arms: list[ArmDocument]
    checks: list[CheckDocument]
    guards: list[GuardDocument]
    """The guards of every candidate, in the plan's order."""


class ExperimentDocument(ExperimentSummary):
    """Everything about one experiment."""

    outlook: Outlook
    advice: str
    worth: WorthDocument | None
    """The result in other words; None before the end."""
    peeking: str
    """What an ordinary p-value would be worth after the looks that were taken; empty before the second."""
    at: str
    """When this was written."""
    kafka: KafkaDocument
    candidates: list[CandidateDocument]
    answers: Answers
    tokens: list[TokenDocument]
    log: list[LogLine]


def summaries(connection: Connection, kafka: KafkaStatus, patience_ms: int) -> list[ExperimentSummary]:
    """All experiments, the newest first."""
    found, rolled_out = [], find_rollout(connection)
    for row in registry.find_all(connection):
        live = loading.load_live(connection, row)
        delays = load_delays(connection, row.id)
        stands = standing(live, checks_of(live, delays, patience_ms))
        found.append(ExperimentSummary(**_summary(row, live, stands, kafka, delays, rolled_out)))
    return found


def view_experiment(
    connection: Connection, experiment: str, now_ms: int, kafka: KafkaStatus, patience_ms: int
) -> ExperimentDocument:
    """The document of an experiment.

    Raises:
        Unknown: there is none.
    """
    row = registry.find(connection, experiment)
    live = loading.load_live(connection, row)
    delays = load_delays(connection, experiment)
    found = standing(live, checks_of(live, delays, patience_ms))
    lines = timelines(connection, live)
    return ExperimentDocument(
        **_summary(row, live, found, kafka, delays, find_rollout(connection)),
        outlook=outlook(live, now_ms),
        advice=_advice(row.state, found, live),
        worth=worth_of(live, found.leading, found.ci_low, found.ci_high),
        peeking=peeking_sentence(live.plan, live.ledger) if live.ended_ms is None else "",
        at=as_text(now_ms) or "",
        kafka=kafka_document(kafka),
        candidates=[
            CandidateDocument(
                **vars(candidate),
                timeline=lines[candidate.candidate],
                looks=look_path(live, candidate.candidate),
            )
            for candidate in found.candidates
        ],
        answers=answers(connection, experiment),
        tokens=_tokens(connection, experiment),
        log=log_of(connection, experiment),
    )


def situation(state: str, found: Verdict, live: Live, kafka: KafkaStatus) -> str:
    """The situation that the page begins with."""
    if state == "draft":
        return "draft"
    if found.status == "alarm":
        return "alarm"
    if found.broken:
        return "guard breaks"
    if state != "running":
        return found.verdict
    if kafka.state == "away":
        return "lost kafka"
    return "running" if live.clients else "waiting"


def load_delays(connection: Connection, experiment: str) -> Mapping[str, Mapping[int, int]]:
    """How long answers took, by arm and bucket."""
    found: dict[str, dict[int, int]] = {}
    for row in connection.execute(select(Delay).where(Delay.experiment == experiment)):
        found.setdefault(row.arm, {})[row.bucket] = row._mapping["count"]
    return found


def kafka_document(kafka: KafkaStatus) -> KafkaDocument:
    """The status of the reading as a document."""
    return KafkaDocument(
        state=kafka.state, reason=kafka.reason, behind=kafka.behind, last_record=as_text(kafka.last_record_ms)
    )


def _summary(
    row: registry.Row,
    live: Live,
    found: Verdict,
    kafka: KafkaStatus,
    delays: Delays,
    rolled_out: RollOut | None,
) -> dict[str, Any]:
    numbers = dict(vars(found))
    del numbers["candidates"]
    return {
        **numbers,
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "situation": situation(row.state, found, live, kafka),
        "sentence": _sentence(row.state, found),
        "provisional": row.state in {"draft", "running"},
        "aa": row.aa,
        "exclusive": row.exclusive,
        "share": row.share,
        "created": as_text(row.created_ms),
        "started": as_text(row.started_ms),
        "closed": as_text(row.closed_ms),
        "ended": as_text(row.ended_ms),
        "rolled_out": rollout_document(row.id, rolled_out),
        "plan": plan_document(live.plan),
        "arms": arm_documents(live, delays),
        "checks": [CheckDocument.model_validate(check) for check in found.checks],
        "guards": [GuardDocument.model_validate(guard) for guard in found.guards],
    }


def _sentence(state: str, found: Verdict) -> str:
    return "A draft: no client is drawn yet." if state == "draft" else found.sentence


def _advice(state: str, found: Verdict, live: Live) -> str:
    if state == "draft":
        return "Give the token to the candidate's pipeline, then start the experiment."
    return advise(live.plan, found, live.ledger)


def _tokens(connection: Connection, experiment: str) -> list[TokenDocument]:
    rows = connection.execute(
        select(Token).where(Token.experiment == experiment).order_by(Token.candidate, Token.created_ms)
    )
    return [
        TokenDocument(
            candidate=row.candidate, created=as_text(row.created_ms) or "", revoked=as_text(row.revoked_ms)
        )
        for row in rows
    ]
