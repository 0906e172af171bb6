"""What the collector writes: the changes of a batch, in the transaction that also stores the positions in Kafka.

So a crash anywhere neither loses nor doubles a client.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from liftstream.contracts.errors import LiftstreamError
from liftstream.experiment import Moments
from liftstream.platform.ingest.rows import ClientRow, VisitRow
from liftstream.platform.ingest.rules.guard_totals import GuardTotals
from liftstream.platform.ingest.rules.memory import Changes
from liftstream.platform.ingest.running.live import ArmSums, Live
from liftstream.platform.ingest.tables import Early
from liftstream.platform.schema import (
    Client,
    ClientIdText,
    Experiment,
    ExperimentArm,
    GuardArm,
    GuardClient,
    Visit,
    execute_all,
)

TRAFFIC_MINUTES = 7 * 24 * 60


class SomebodyElse(LiftstreamError):
    """Another platform writes to the same database."""


_DECIDE = (
    update(Visit)
    .where(Visit.experiment == bindparam("e"), Visit.session == bindparam("s"))
    .values(value=bindparam("v"), answered=bindparam("a"), batch=bindparam("b"))
)
_PAY_VISIT = (
    update(Visit)
    .where(Visit.experiment == bindparam("e"), Visit.session == bindparam("s"))
    .values(revenue=bindparam("r"), revision=bindparam("n"))
)
_PAY_CLIENT = (
    update(Client)
    .where(Client.experiment == bindparam("e"), Client.uuid == bindparam("u"))
    .values(revenue=bindparam("r"), paid=bindparam("p"))
)
_TALLY = text(
    "INSERT INTO tally (experiment, kind, reason, count) VALUES (:e, :k, :r, :n) "
    "ON CONFLICT (experiment, kind, reason) DO UPDATE SET count = tally.count + excluded.count"
)
_DELAY = text(
    "INSERT INTO delay (experiment, arm, bucket, count) VALUES (:e, :a, :b, :n) "
    "ON CONFLICT (experiment, arm, bucket) DO UPDATE SET count = delay.count + excluded.count"
)
_TRAFFIC = text(
    "INSERT INTO traffic (minute, sessions) VALUES (:m, :n) "
    "ON CONFLICT (minute) DO UPDATE SET sessions = traffic.sessions + excluded.sessions"
)
_GUARD_CLIENT = text(
    "INSERT INTO guard_client (experiment, uuid, guard, total) VALUES (:e, :u, :g, :t) "
    "ON CONFLICT (experiment, uuid, guard) DO UPDATE SET total = excluded.total"
).bindparams(bindparam("u", type_=ClientIdText))
_MARK = text(
    "INSERT INTO mark (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_PLACE = text(
    "INSERT INTO place (topic, partition, next) VALUES (:t, :p, :n) "
    "ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next"
)
_TURN = text("UPDATE mark SET value = :after WHERE name = 'turn' AND value = :before")
_COUNT = text(
    "INSERT INTO mark (name, value) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET value = mark.value + 1 RETURNING value"
)
_ARM = (
    update(ExperimentArm)
    .where(ExperimentArm.experiment == bindparam("e"), ExperimentArm.arm == bindparam("arm_name"))
    .values({name: bindparam(f"new_{name}") for name in ArmSums().columns()})
)

_GUARD_ARM = (
    update(GuardArm)
    .where(
        GuardArm.experiment == bindparam("e"),
        GuardArm.guard == bindparam("g"),
        GuardArm.arm == bindparam("a"),
    )
    .values(n=bindparam("new_n"), mean=bindparam("new_mean"), m2=bindparam("new_m2"))
)


def save_changes(connection: Connection, changes: Changes, lives: Mapping[str, Live]) -> None:
    """Writes what a batch changed."""
    execute_all(connection, insert(Client), [_row(client) for client in changes.new_clients])
    execute_all(connection, insert(Visit), [_row(visit) for visit in changes.new_visits.values()])
    old = [visit for key, visit in changes.decided.items() if key not in changes.new_visits]
    execute_all(
        connection,
        _DECIDE,
        [{"e": v.experiment, "s": v.session, "v": v.value, "a": v.answered, "b": v.batch} for v in old],
    )
    old = [visit for key, visit in changes.paid_visits.items() if key not in changes.new_visits]
    execute_all(
        connection,
        _PAY_VISIT,
        [{"e": v.experiment, "s": v.session, "r": v.revenue, "n": v.revision} for v in old],
    )
    new = {(client.experiment, client.uuid) for client in changes.new_clients}
    execute_all(
        connection,
        _PAY_CLIENT,
        [
            {"e": c.experiment, "u": c.uuid, "r": c.revenue, "p": c.paid}
            for key, c in changes.paid_clients.items()
            if key not in new
        ],
    )
    _save_sums(connection, changes, lives)


def _save_sums(connection: Connection, changes: Changes, lives: Mapping[str, Live]) -> None:
    execute_all(
        connection,
        _ARM,
        [
            _sums(live_id, name, arm)
            for live_id in changes.touched
            for name, arm in lives[live_id].arms.items()
        ],
    )
    execute_all(
        connection, _TALLY, [{"e": e, "k": k, "r": r, "n": n} for (e, k, r), n in changes.tally.items()]
    )
    execute_all(
        connection, _DELAY, [{"e": e, "a": a, "b": b, "n": n} for (e, a, b), n in changes.delays.items()]
    )
    gone = set(changes.done_early)
    added = {early.id for early in changes.new_early}
    kept = [early for early in changes.new_early if early.id not in gone]
    execute_all(
        connection,
        insert(Early),
        [
            {
                "id": early.id,
                "uuid": early.uuid,
                "record": msgspec.json.encode(early).decode(),
                "read_ms": early.read_ms,
            }
            for early in kept
        ],
    )
    execute_all(
        connection, delete(Early).where(Early.id == bindparam("gone")), [{"gone": i} for i in gone - added]
    )


def save_guards(connection: Connection, guards: GuardTotals, lives: Mapping[str, Live]) -> None:
    """Writes what a batch changed of the guards."""
    totals = [{"e": e, "u": u, "g": g, "t": total} for (e, u, g), total in guards.changed.items()]
    execute_all(connection, _GUARD_CLIENT, totals)
    for live_id in guards.touched:
        _save_guard_arms(connection, lives[live_id])


def _save_guard_arms(connection: Connection, live: Live) -> None:
    rows = [
        {
            "e": live.id,
            "g": number,
            "a": arm,
            "new_n": moments.n,
            "new_mean": moments.mean,
            "new_m2": moments.m2,
        }
        for number, guard in enumerate(live.plan.guards)
        for arm, moments in live.guards[guard.name].items()
    ]
    execute_all(connection, _GUARD_ARM, rows)


def save_no_money(connection: Connection, live: Live) -> int:
    """Counts 0 $ for every client whose money did not come: who spends nothing is a client as well."""
    without = Client.experiment == live.id, Client.paid.is_(None)
    counts = connection.execute(select(Client.arm, func.count()).where(*without).group_by(Client.arm)).all()
    _join_guards(connection, live, dict(row._tuple() for row in counts), *without)
    connection.execute(update(Client).where(*without).values(revenue=0.0, paid=live.clients))
    for name, count in counts:
        arm = live.arms[name]
        arm.paid = arm.paid + Moments(count, live.plan.capped(0.0), 0.0)
    execute_all(connection, _ARM, [_sums(live.id, name, arm) for name, arm in live.arms.items()])
    return sum(count for _, count in counts)


def recount(connection: Connection, live: Live) -> None:
    """Takes the sums of an experiment from its clients again."""
    with_money = Client.experiment == live.id, Client.paid.is_not(None)
    rows = connection.execute(select(Client.arm, Client.revenue).where(*with_money)).all()
    for name, arm in live.arms.items():
        counted = [live.plan.capped(money or 0.0) for of, money in rows if of == name]
        arm.paid, arm.cubes = Moments.of(counted), math.fsum(one**3 for one in counted)
        for guard in live.plan.guards:
            live.guards[guard.name][name] = Moments()
    execute_all(connection, _ARM, [_sums(live.id, name, arm) for name, arm in live.arms.items()])
    _join_guards(connection, live, {name: arm.paid.n for name, arm in live.arms.items()}, *with_money)


def _join_guards(connection: Connection, live: Live, counts: Mapping[str, int], *where: Any) -> None:
    """Counts more clients in the guards, with what is known of them; `counts` has their number by arm."""
    for number, guard in enumerate(live.plan.guards):
        rows = connection.execute(
            select(Client.arm, GuardClient.total)
            .join(
                GuardClient, (GuardClient.experiment == Client.experiment) & (GuardClient.uuid == Client.uuid)
            )
            .where(*where, GuardClient.guard == number)
        ).all()
        arms = live.guards[guard.name]
        for arm, count in counts.items():
            known = [guard.counted(total) for name, total in rows if name == arm]
            arms[arm] = arms[arm] + Moments.of(known) + Moments(count - len(known), 0.0, 0.0)
    _save_guard_arms(connection, live)


def save_live(connection: Connection, live: Live) -> None:
    """Writes state and ledger of an experiment."""
    connection.execute(
        update(Experiment)
        .where(Experiment.id == live.id)
        .values(
            state="running" if live.ended_ms is None else "stopped" if live.ledger.stopped else "finished",
            ledger=msgspec.json.encode(live.ledger.to_dict()).decode(),
            closed_ms=live.closed_ms,
            ended_ms=live.ended_ms,
        )
    )


def save_mark(connection: Connection, name: str, value: int) -> None:
    """Stores a number by name."""
    connection.execute(_MARK, {"name": name, "value": value})


def count_change(connection: Connection, name: str) -> int:
    """Counts a transaction by name; whoever finds more than one since their last must read again what others wrote."""
    return int(connection.execute(_COUNT, {"name": name}).scalar_one())


def save_traffic(connection: Connection, now_ms: int, sessions: int) -> None:
    """Counts sessions of this minute; once an hour it deletes what is older than a week."""
    minute = now_ms // 60_000
    connection.execute(_TRAFFIC, {"m": minute, "n": sessions})
    if minute % 60 == 0:
        connection.execute(text("DELETE FROM traffic WHERE minute < :m"), {"m": minute - TRAFFIC_MINUTES})


def save_places(connection: Connection, places: Mapping[tuple[str, int], int]) -> None:
    """Moves the places on."""
    rows = [{"t": topic, "p": partition, "n": place} for (topic, partition), place in places.items()]
    execute_all(connection, _PLACE, rows)


def save_turn(connection: Connection, before: int, after: int) -> None:
    """Counts the transactions, so that two platforms on one database cannot both move the places on.

    Raises:
        SomebodyElse: it is not our turn; the whole transaction must be given up.
    """
    done = connection.execute(_TURN, {"before": before, "after": after})
    if done.rowcount != 1:
        raise SomebodyElse(
            "another platform writes to this database; stop one of them, or give it its own by PLATFORM__DATABASE"
        )


def _sums(experiment: str, name: str, arm: ArmSums) -> dict[str, Any]:
    new = {f"new_{column}": value for column, value in arm.columns().items()}
    return {"e": experiment, "arm_name": name, **new}


def _row(row: ClientRow | VisitRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}
