"""What the collector reads from the database: its memory at the start, and the rows that a batch names."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, select

from liftstream.contracts.messages import ClientId
from liftstream.experiment import Ledger, Moments, Plan
from liftstream.platform.ingest.rollout_rows import load_rollout, load_undelivered_rollout
from liftstream.platform.ingest.rows import ClientRow, EarlyRecord, OpenVisits, VisitRow
from liftstream.platform.ingest.rules.memory import BatchRows, Memory
from liftstream.platform.ingest.running.live import ArmSums, Live
from liftstream.platform.ingest.tables import Early, Mark, Place
from liftstream.platform.schema import Client, Experiment, ExperimentArm, GuardArm, GuardClient, Token, Visit
from liftstream.platform.tokens import Candidate

AT_ONCE = 500
"""Keys in one query."""

CLIENT_COLUMNS = [getattr(Client, name) for name in ClientRow.__slots__]
VISIT_COLUMNS = [getattr(Visit, name) for name in VisitRow.__slots__]


def _of_keys(columns: list[Any], key: Any) -> Select[Any]:
    return select(*columns).where(columns[0] == bindparam("e"), key.in_(bindparam("keys", expanding=True)))


_CLIENTS = _of_keys(CLIENT_COLUMNS, Client.uuid)
_GUARDS = _of_keys(
    [GuardClient.experiment, GuardClient.uuid, GuardClient.guard, GuardClient.total], GuardClient.uuid
)
_VISITS = _of_keys(VISIT_COLUMNS, Visit.session)
_VISITS_OF_CLIENTS = _of_keys(VISIT_COLUMNS, Visit.uuid)


def load_memory(connection: Connection, patience_ms: int) -> Memory:
    """What the collector keeps between batches, as the database has it."""
    memory = Memory(batch=load_mark(connection, "batch"), tokens=load_tokens(connection))
    memory.lives = {live.id: live for live in load_lives(connection)}
    memory.open = _load_open(connection, memory.lives, patience_ms)
    memory.rollout = load_rollout(connection, patience_ms)
    for row in connection.execute(select(Early).order_by(Early.id)):
        early = msgspec.json.decode(row.record, type=EarlyRecord)
        early.id = memory.last_early = row.id
        memory.early.setdefault(early.uuid, []).append(early)
        memory.waiting_early[early.sender] += 1
    return memory


def load_lives(connection: Connection) -> list[Live]:
    """The running experiments, and those that are over while a page still waits for its decision."""
    waiting = select(Visit.experiment).where(Visit.value.is_(None))
    rows = connection.execute(
        select(Experiment).where((Experiment.state == "running") | Experiment.id.in_(waiting))
    ).all()
    return [load_live(connection, row) for row in rows]


def load_live(connection: Connection, row: Any) -> Live:
    """An experiment with all its sums, from its row."""
    live = live_of(row, load_arms(connection, row.id))
    live.guards = _load_guards(connection, live)
    return live


def live_of(row: Any, arms: dict[str, ArmSums]) -> Live:
    """An experiment from its row, without the sums of its guards."""
    return Live(
        id=row.id,
        plan=Plan.from_dict(msgspec.json.decode(row.plan)),
        aa=row.aa,
        exclusive=row.exclusive,
        low=row.low,
        high=row.high,
        started_ms=row.started_ms,
        arms=arms,
        ledger=Ledger.from_dict(msgspec.json.decode(row.ledger)),
        closed_ms=row.closed_ms,
        ended_ms=row.ended_ms,
    )


def load_arms(connection: Connection, experiment: str) -> dict[str, ArmSums]:
    """Sums by arm."""
    rows = connection.execute(select(ExperimentArm).where(ExperimentArm.experiment == experiment))
    return {row.arm: ArmSums.of_row(row) for row in rows}


def _load_guards(connection: Connection, live: Live) -> dict[str, dict[str, Moments]]:
    names = [guard.name for guard in live.plan.guards]
    found = {name: {arm: Moments() for arm in live.plan.arms} for name in names}
    for row in connection.execute(select(GuardArm).where(GuardArm.experiment == live.id)) if names else ():
        found[names[row.guard]][row.arm] = Moments(row.n, row.mean, row.m2)
    return found


def load_tokens(connection: Connection) -> dict[bytes, Candidate]:
    """All tokens by their hash."""
    return {
        bytes(row.hash): Candidate(row.experiment, row.candidate, row.revoked_ms is not None)
        for row in connection.execute(select(Token))
    }


def load_mark(connection: Connection, name: str) -> int:
    """A number that was marked, 0 if it was not."""
    return int(connection.execute(select(Mark.value).where(Mark.name == name)).scalar() or 0)


def load_places(connection: Connection) -> dict[tuple[str, int], int]:
    """Where reading goes on, by topic and partition."""
    return {(row.topic, row.partition): row.next for row in connection.execute(select(Place))}


def load_rows(
    connection: Connection, lives: Iterable[Live], uuids: Collection[ClientId], sessions: Collection[str]
) -> BatchRows:
    """The clients and sessions that a batch names."""
    rows = BatchRows()
    for live in lives:
        experiment = live.id
        if live.plan.guards:
            for found in _in_parts(connection, _GUARDS, experiment, uuids):
                rows.guards.of_client.setdefault((experiment, found.uuid), {})[found.guard] = found.total
        for found in _in_parts(connection, _CLIENTS, experiment, uuids):
            rows.clients[experiment, found.uuid] = ClientRow(*found)
        for found in _in_parts(connection, _VISITS, experiment, sessions):
            rows.visits[experiment, found.session] = VisitRow(*found)
    return rows


def load_latest(
    connection: Connection, rows: BatchRows, experiment: str, uuids: Collection[ClientId]
) -> None:
    """Adds the newest session of each of these clients."""
    for found in _in_parts(connection, _VISITS_OF_CLIENTS, experiment, uuids):
        key = experiment, found.uuid
        if key not in rows.latest or rows.latest[key].opened_ms <= found.opened_ms:
            rows.latest[key] = VisitRow(*found)


def load_undelivered(connection: Connection) -> list[VisitRow]:
    """Decided sessions whose decision may not have been sent."""
    delivered = load_mark(connection, "delivered")
    rows = connection.execute(select(*VISIT_COLUMNS).where(Visit.batch > delivered, Visit.value.is_not(None)))
    return [VisitRow(*row) for row in rows] + load_undelivered_rollout(connection, delivered)


def _load_open(connection: Connection, lives: Mapping[str, Live], patience_ms: int) -> OpenVisits:
    found = OpenVisits()
    for live in lives.values():
        if live.aa:
            continue
        where = Visit.experiment == live.id, Visit.value.is_(None)
        for row in connection.execute(select(*VISIT_COLUMNS).where(*where).order_by(Visit.opened_ms)):
            found.add(VisitRow(*row), row.opened_ms + patience_ms)
    return found


def _in_parts(
    connection: Connection, statement: Select[Any], experiment: str, values: Collection[Any]
) -> Iterable[Any]:
    listed = list(values)
    for start in range(0, len(listed), AT_ONCE):
        yield from connection.execute(statement, {"e": experiment, "keys": listed[start : start + AT_ONCE]})
