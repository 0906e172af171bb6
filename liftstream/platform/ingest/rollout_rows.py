"""The tables of what is rolled out, and of the sessions that it decides: as few as are under way."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, text, update

from liftstream.platform.ingest.rows import OpenVisits, VisitRow
from liftstream.platform.ingest.running.rollout import RollOut, RollOutChanges, RollOutMemory
from liftstream.platform.schema import ClientIdText, RolledOutArm, RollOutVisit, execute_all

NAMES = ("experiment", "session", "uuid", "arm", "opened_ms", "value", "answered", "batch")
COLUMNS = [getattr(RollOutVisit, name) for name in NAMES]
_OPEN = text(
    "INSERT INTO rollout_visit (session, experiment, uuid, arm, opened_ms, value, answered, batch) "
    "VALUES (:session, :experiment, :uuid, :arm, :opened_ms, :value, :answered, :batch) "
    "ON CONFLICT (session) DO UPDATE SET experiment = excluded.experiment, uuid = excluded.uuid, arm = excluded.arm, "
    "opened_ms = excluded.opened_ms, value = excluded.value, answered = excluded.answered, batch = excluded.batch"
).bindparams(bindparam("uuid", type_=ClientIdText()))
"""A session that the shop wrote twice is decided twice, and the shop uses the first decision."""
_DECIDE = (
    update(RollOutVisit)
    .where(RollOutVisit.session == bindparam("s"))
    .values(value=bindparam("v"), answered=bindparam("a"), batch=bindparam("b"))
)


def find_rollout(connection: Connection) -> RollOut | None:
    """What decides for everybody now."""
    row = connection.execute(select(RolledOutArm)).one_or_none()
    return None if row is None else RollOut(**row._mapping)


def load_rollout(connection: Connection, patience_ms: int) -> RollOutMemory:
    """What the collector keeps between batches."""
    found = OpenVisits()
    waiting = select(*COLUMNS).where(RollOutVisit.value.is_(None)).order_by(RollOutVisit.opened_ms)
    for row in connection.execute(waiting):
        found.add(VisitRow(*row), row.opened_ms + patience_ms)
    return RollOutMemory(find_rollout(connection), found)


def load_undelivered_rollout(connection: Connection, delivered: int) -> list[VisitRow]:
    """Decided sessions whose decision may not have been sent."""
    decided = RollOutVisit.value.is_not(None)
    rows = connection.execute(select(*COLUMNS).where(RollOutVisit.batch > delivered, decided))
    return [VisitRow(*row) for row in rows]


def save_rollout(
    connection: Connection, memory: RollOutMemory, changes: RollOutChanges, delivered: int
) -> None:
    """Writes what a batch changed, and drops the sessions of which the shop's broker knows."""
    if not changes.new and not changes.decided:
        return
    execute_all(connection, _OPEN, [_row(visit) for visit in changes.new.values()])
    old = [visit for name, visit in changes.decided.items() if name not in changes.new]
    execute_all(
        connection, _DECIDE, [{"s": v.session, "v": v.value, "a": v.answered, "b": v.batch} for v in old]
    )
    known = RollOutVisit.batch <= delivered, RollOutVisit.value.is_not(None)
    connection.execute(delete(RollOutVisit).where(*known))
    if memory.active is not None:
        active = memory.active
        sums = {"sessions": active.sessions, "answered": active.answered, "shown": active.shown}
        connection.execute(update(RolledOutArm).values(sums))


def _row(visit: VisitRow) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in NAMES}
