"""Bandits in the database: loaded into memory, and every change of theirs written in the transaction that caused it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from liftstream.bandits import Bandit
from liftstream.platform.bandits.feedback import FeedbackBatch
from liftstream.platform.bandits.running.definition import Definition
from liftstream.platform.bandits.running.live import FORGOTTEN, NO_ARM, ArmRow, LiveBandit, Quantum
from liftstream.platform.bandits.tables import BanditArm, BanditQuantum, BanditRow, BanditSum, BanditUnit
from liftstream.platform.ingest.feedback_events import EventKey, known_keys, save_events
from liftstream.platform.ingest.tables import FeedbackEvent
from liftstream.platform.schema import execute_all

COUNTS: Final = ("target_impressions", "reference_impressions", "target_objective", "reference_objective")
_ADD_SUM = text(
    'INSERT INTO bandit_sum (bandit, arm, "group", name, total) VALUES (:b, :a, :g, :n, :t) '
    'ON CONFLICT (bandit, arm, "group", name) DO UPDATE SET total = bandit_sum.total + excluded.total'
)
_ADD_QUANTUM = (
    update(BanditQuantum)
    .where(BanditQuantum.bandit == bindparam("b"), BanditQuantum.number == bindparam("q"))
    .values({name: getattr(BanditQuantum, name) + bindparam(f"add_{name}") for name in COUNTS})
)


def load_bandits(connection: Connection) -> dict[str, LiveBandit]:
    """All bandits, by id."""
    found = {row.id: _live_of(row) for row in connection.execute(select(BanditRow))}
    for row in connection.execute(select(BanditArm).order_by(BanditArm.number)):
        live = found[row.bandit]
        live.next_arm = row.number + 1
        if live.learned.knows(row.name):
            live.arms[row.number] = _arm_of(row)
    for one in connection.execute(select(BanditSum)):
        live = found[one.bandit]
        arm = one.arm if one.arm == NO_ARM or one.arm in live.arms else FORGOTTEN
        live.sums[arm, one.group, one.name] += one.total
    for live in found.values():
        live.quantum = _last_quantum(connection, live.id)
    return found


def insert_bandit(connection: Connection, live: LiveBandit) -> None:
    """Writes a new bandit with its arms."""
    definition = live.definition
    connection.execute(
        insert(BanditRow).values(
            id=live.id,
            name=definition.name,
            state=live.state,
            definition=_definition_json(definition),
            salt=definition.salt,
            secret=definition.secret,
            learned=live.learned.to_json(),
            created_ms=live.created_ms,
        )
    )
    for arm in live.arms.values():
        insert_arm(connection, live.id, arm)


def insert_arm(connection: Connection, bandit: str, arm: ArmRow) -> None:
    """Writes a new arm."""
    connection.execute(
        insert(BanditArm).values(
            bandit=bandit,
            number=arm.number,
            name=arm.name,
            configuration=_json(arm.configuration),
            state=arm.state,
            origin=arm.origin,
            parents=_json(arm.parents),
            since=arm.since,
            quanta=arm.quanta,
        )
    )


def is_arm_name(connection: Connection, bandit: str, name: str) -> bool:
    """Whether an arm has or had this name."""
    where = BanditArm.bandit == bandit, BanditArm.name == name
    return connection.execute(select(BanditArm.number).where(*where).limit(1)).first() is not None


def arms_served_since(connection: Connection, bandit: str, quantum: int) -> set[int]:
    """Numbers of the arms that were served in this quantum or later."""
    where = BanditQuantum.bandit == bandit, BanditQuantum.number >= quantum
    return set(connection.execute(select(BanditQuantum.arm).where(*where).distinct()).scalars())


def save_state(connection: Connection, live: LiveBandit, *arms: ArmRow) -> None:
    """Writes the changes of a bandit other than its sums: its state, its policy's state, and these arms."""
    connection.execute(
        update(BanditRow)
        .where(BanditRow.id == live.id)
        .values(
            state=live.state,
            learned=live.learned.to_json(),
            started_ms=live.started_ms,
            ended_ms=live.ended_ms,
        )
    )
    for arm in arms:
        where = BanditArm.bandit == live.id, BanditArm.number == arm.number
        connection.execute(update(BanditArm).where(*where).values(state=arm.state, quanta=arm.quanta))


def save_quantum(connection: Connection, live: LiveBandit) -> None:
    """Writes the quantum that was drawn."""
    quantum = live.quantum
    assert quantum is not None  # noqa: S101 - called after a draw
    connection.execute(
        insert(BanditQuantum).values(
            bandit=live.id,
            number=quantum.number,
            arm=quantum.arm,
            propensity=quantum.propensity,
            reason=quantum.reason,
            from_ms=quantum.from_ms,
            until_ms=quantum.until_ms,
            **dict.fromkeys(COUNTS, 0.0),
        )
    )


def known_units(connection: Connection, keys: Iterable[EventKey]) -> set[EventKey]:
    """The units that were seen before."""
    return known_keys(connection, BanditUnit.bandit, BanditUnit.unit, keys)


def save_feedback(connection: Connection, feedback: FeedbackBatch, bandits: Mapping[str, LiveBandit]) -> None:
    """Writes what a batch of feedback changed."""
    save_events(connection, feedback.events)
    units = [{"bandit": bandit, "unit": unit} for bandit, unit in feedback.units]
    execute_all(connection, insert(BanditUnit), units)
    sums = [
        {"b": bandit, "a": arm, "g": group, "n": name, "t": total}
        for (bandit, (arm, group, name)), total in feedback.sums.items()
    ]
    execute_all(connection, _ADD_SUM, sums)
    _save_quanta(connection, feedback)
    for bandit in {bandit for bandit, _ in feedback.sums}:
        connection.execute(
            update(BanditRow).where(BanditRow.id == bandit).values(learned=bandits[bandit].learned.to_json())
        )


def forget_events(connection: Connection, live: LiveBandit, before: int) -> None:
    """Drops the event ids of quanta before this number."""
    where = FeedbackEvent.owner == live.id, FeedbackEvent.quantum < before
    connection.execute(delete(FeedbackEvent).where(*where))


def forget_quanta(connection: Connection, live: LiveBandit, before: int) -> None:
    """Drops the rows of quanta before this number."""
    old = BanditQuantum.bandit == live.id, BanditQuantum.number < before
    connection.execute(delete(BanditQuantum).where(*old))


def _save_quanta(connection: Connection, feedback: FeedbackBatch) -> None:
    rows: dict[tuple[str, int], Counter[str]] = {}
    for (key, column), amount in feedback.quanta.items():
        rows.setdefault(key, Counter())[column] += amount
    added = [
        {"b": bandit, "q": number, **{f"add_{name}": float(counts[name]) for name in COUNTS}}
        for (bandit, number), counts in rows.items()
    ]
    execute_all(connection, _ADD_QUANTUM, added)


def _live_of(row: Any) -> LiveBandit:
    values = msgspec.json.decode(row.definition)
    definition = Definition(
        **{**values, "guards": tuple(values["guards"])},
        id=row.id,
        name=row.name,
        salt=row.salt,
        secret=bytes(row.secret),
    )
    learned = Bandit.from_json(row.learned)
    return LiveBandit(definition, row.state, learned, {}, row.created_ms, 0, row.started_ms, row.ended_ms)


def _arm_of(row: Any) -> ArmRow:
    configuration, parents = msgspec.json.decode(row.configuration), tuple(msgspec.json.decode(row.parents))
    return ArmRow(row.number, row.name, configuration, row.state, row.origin, parents, row.since, row.quanta)


def _last_quantum(connection: Connection, bandit: str) -> Quantum | None:
    row = connection.execute(
        select(BanditQuantum)
        .where(BanditQuantum.bandit == bandit)
        .order_by(BanditQuantum.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Quantum(row.number, row.arm, row.propensity, row.reason, row.from_ms, row.until_ms)


def _definition_json(definition: Definition) -> str:
    columns = {"id", "name", "salt", "secret"}
    return _json({key: value for key, value in vars(definition).items() if key not in columns})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
