"""The tables of experiments. Times are milliseconds since 1970, UTC; money is $; `experiment` is an experiment's id.

Those of the reading are in `ingest/tables.py`, of keys and log-ins in `security/tables.py`, of bandits in
`bandits/tables.py`. What grows with the clients is `client` and `visit`; everything a page shows of them is kept in
sums (`arm`, `tally`, `delay`), so that a page costs the same with a million clients as with ten.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Index, LargeBinary, String, Text, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from liftstream.contracts.messages import ClientId

ID = 32
NAME = 200
ARM = 80
CLIENT = 201
TEXT_ID = ":"
"""Stands before ids that are text: a text of digits is another client than the whole number."""


class ClientIdText(TypeDecorator[ClientId]):
    """The id of a client: digits for a whole number, a colon and the text for any other."""

    impl = String(CLIENT)
    cache_ok = True

    def process_bind_param(self, value: ClientId | None, _: Dialect) -> str | None:
        """The id as the table holds it."""
        return TEXT_ID + value if isinstance(value, str) else None if value is None else str(value)

    def process_result_value(self, value: Any, _: Dialect) -> ClientId | None:
        """The id as records hold it."""
        if value is None:
            return None
        return str(value[1:]) if value.startswith(TEXT_ID) else int(value)


class Schema(DeclarativeBase):
    """All tables."""

    type_annotation_map = {int: BigInteger}  # noqa: RUF012 - SQLAlchemy's way to say it


class Experiment(Schema):
    """An experiment: its sealed plan, its state, its ledger of looks."""

    __tablename__ = "experiment"

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    state: Mapped[str] = mapped_column(String(16))
    aa: Mapped[bool]
    """Arms are labels only, everybody gets what the other experiments decide."""
    plan: Mapped[str] = mapped_column(Text)
    plan_hash: Mapped[str] = mapped_column(String(64))
    exclusive: Mapped[str] = mapped_column(String(NAME))
    """Experiments of one such group share no client; empty: independent of all others."""
    share: Mapped[float]
    """Part of the clients that takes part, 0..1."""
    low: Mapped[float]
    high: Mapped[float]
    """Where this part lies, from the start on."""
    ledger: Mapped[str] = mapped_column(Text)
    created_ms: Mapped[int]
    started_ms: Mapped[int | None]
    closed_ms: Mapped[int | None]
    """When the planned clients had come and nobody new was taken."""
    ended_ms: Mapped[int | None]


class Token(Schema):
    """The secret of a candidate; only its hash is kept."""

    __tablename__ = "token"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    experiment: Mapped[str] = mapped_column(String(ID), index=True)
    candidate: Mapped[str] = mapped_column(String(ARM))
    created_ms: Mapped[int]
    revoked_ms: Mapped[int | None]


class ExperimentArm(Schema):
    """Sums over the clients of an arm."""

    __tablename__ = "arm"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    arm: Mapped[str] = mapped_column(String(ARM), primary_key=True)
    clients: Mapped[int]
    """Clients drawn into the arm."""
    sessions: Mapped[int]
    answered: Mapped[int]
    unanswered: Mapped[int]
    shown: Mapped[int]
    paid: Mapped[int]
    """Clients whose money is known: the n of the test."""
    mean: Mapped[float]
    m2: Mapped[float]
    """Sum of squared deviations of their money."""
    cubes: Mapped[float]
    """Sum of the cubes of their money, for its skewness."""


class Client(Schema):
    """A client in an experiment."""

    __tablename__ = "client"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    uuid: Mapped[ClientId] = mapped_column(ClientIdText, primary_key=True)
    arm: Mapped[str] = mapped_column(String(ARM))
    number: Mapped[int]
    """Number in order of arrival, from 1."""
    revenue: Mapped[float | None]
    """Money of all sessions; None until the first came."""
    paid: Mapped[int | None]
    """Number in order of the first money, from 1: it tells which look counted the client first."""


class GuardArm(Schema):
    """Moments of a guard over the clients of an arm that the decision counts."""

    __tablename__ = "guard_arm"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    guard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Number of the guard in the plan, from 0."""
    arm: Mapped[str] = mapped_column(String(ARM), primary_key=True)
    n: Mapped[int]
    mean: Mapped[float]
    m2: Mapped[float]


class GuardClient(Schema):
    """What a client's records of a guard sum to; without a row it is 0."""

    __tablename__ = "guard_client"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    uuid: Mapped[ClientId] = mapped_column(ClientIdText, primary_key=True)
    guard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    total: Mapped[float]


class Visit(Schema):
    """A session of a client, as one experiment sees it."""

    __tablename__ = "visit"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    session: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    uuid: Mapped[ClientId] = mapped_column(ClientIdText)
    arm: Mapped[str] = mapped_column(String(ARM))
    opened_ms: Mapped[int]
    value: Mapped[int | None]
    """The decision; None while it is open."""
    answered: Mapped[bool | None]
    batch: Mapped[int]
    """The transaction that decided it; what is above the delivered one is sent again after a crash."""
    revenue: Mapped[float | None]
    revision: Mapped[int | None]

    __table_args__ = (
        Index("visit_client", "experiment", "uuid"),
        Index(
            "visit_open",
            "experiment",
            sqlite_where=text("value IS NULL"),
            postgresql_where=text("value IS NULL"),
        ),
        Index("visit_batch", "batch"),
    )


class RolledOutArm(Schema):
    """The arm of an ended experiment that decides for everybody: at most one row."""

    __tablename__ = "rollout"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    arm: Mapped[str] = mapped_column(String(ARM))
    since_ms: Mapped[int]
    old_system: Mapped[bool]
    sessions: Mapped[int]
    answered: Mapped[int]
    shown: Mapped[int]


class RollOutVisit(Schema):
    """A session that the rolled-out arm decides, until the shop's broker has the decision."""

    __tablename__ = "rollout_visit"

    session: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    experiment: Mapped[str] = mapped_column(String(ID))
    uuid: Mapped[ClientId] = mapped_column(ClientIdText)
    arm: Mapped[str] = mapped_column(String(ARM))
    opened_ms: Mapped[int]
    value: Mapped[int | None]
    answered: Mapped[bool | None]
    batch: Mapped[int]

    __table_args__ = (Index("rollout_visit_batch", "batch"),)


class Delay(Schema):
    """How long sessions of an arm waited for their answer, in buckets."""

    __tablename__ = "delay"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    arm: Mapped[str] = mapped_column(String(ARM), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]


class EffectPoint(Schema):
    """The difference at a time, for the picture."""

    __tablename__ = "point"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    candidate: Mapped[str] = mapped_column(String(ARM), primary_key=True)
    clients: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int]
    effect: Mapped[float]
    ci_low: Mapped[float]
    ci_high: Mapped[float]


class LoggedEvent(Schema):
    """A line of an experiment's log."""

    __tablename__ = "happening"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    said: Mapped[str] = mapped_column(Text)


def execute_all(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Executes a statement for each row; does nothing without rows."""
    if rows:
        connection.execute(statement, rows)
