"""A batch of records by what they are, and the rows that they name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from liftstream.contracts.fetch import Raw
from liftstream.platform.ingest import loading
from liftstream.platform.ingest.incoming import CandidateAnswer, IncomingReader, Known, Money, OpenedSession
from liftstream.platform.ingest.rules.memory import BatchRows, Memory

FEEDBACK_KINDS = frozenset({"impression", "outcome"})


@dataclass
class ParsedBatch:
    """Records that can be used, with where they came from; and why others are malformed."""

    sessions: list[tuple[OpenedSession, Raw]] = field(default_factory=list)
    clients: list[Known] = field(default_factory=list)
    answers: list[tuple[CandidateAnswer, Raw]] = field(default_factory=list)
    money: list[tuple[Money, Raw]] = field(default_factory=list)
    feedback: list[tuple[str, Raw]] = field(default_factory=list)
    malformed: list[tuple[str, Raw, str]] = field(default_factory=list)


def parse_batch(batch: Iterable[Raw], topics: Mapping[str, str], reader: IncomingReader) -> ParsedBatch:
    """Reads the records of a batch; `topics` has the kind of record of each."""
    parsed = ParsedBatch()
    for raw in batch:
        kind = topics[raw.topic]
        if kind in FEEDBACK_KINDS:
            parsed.feedback.append((kind, raw))
            continue
        try:
            record: Any = reader.read(kind, raw.value)
        except ValueError as error:
            parsed.malformed.append((kind, raw, str(error)))
            continue
        if kind == "session":
            parsed.sessions.append((record, raw))
        elif kind == "demographic":
            parsed.clients.append(record)
        elif kind == "prediction":
            parsed.answers.append((record, raw))
        else:
            parsed.money.append((record, raw))
    return parsed


def rows_of_batch(connection: Connection, memory: Memory, parsed: ParsedBatch) -> BatchRows:
    """The rows that the batch may touch."""
    opened = {record.uuid for record, _ in parsed.sessions}
    answered = {record.uuid for record, _ in parsed.answers}
    paid = {record.uuid for record, _ in parsed.money}
    sessions = {record.session for record, _ in parsed.sessions}
    sessions |= {record.session for record, _ in parsed.money}
    early = [record for uuid in opened for record in memory.early.get(uuid, ())]
    sessions |= {record.session for record in early if record.kind == "revenue"}
    rows = loading.load_rows(connection, memory.lives.values(), opened | answered | paid, sessions)
    for live in memory.lives.values():
        decided = [
            uuid
            for uuid in answered
            if memory.open.first(live.id, uuid) is None
            and (client := rows.clients.get((live.id, uuid))) is not None
            and client.arm in live.plan.candidates
        ]
        loading.load_latest(connection, rows, live.id, decided)
    # the rows in memory are the ones that are changed
    rows.visits.update({key: memory.open.by_session.get(key, row) for key, row in rows.visits.items()})
    return rows
