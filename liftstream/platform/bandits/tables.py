"""The tables of live bandits. A page reads sums."""

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from liftstream.platform.schema import ARM, ID, NAME, Schema


class BanditRow(Schema):
    """A bandit: its definition, its state, and what it learned."""

    __tablename__ = "bandit"

    id: Mapped[str] = mapped_column(String(ID), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    state: Mapped[str] = mapped_column(String(16))
    definition: Mapped[str] = mapped_column(Text)
    """JSON, without salt and secret."""
    salt: Mapped[str] = mapped_column(String(32))
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    learned: Mapped[str] = mapped_column(Text)
    """`liftstream.bandits.Bandit.to_json`."""
    created_ms: Mapped[int]
    started_ms: Mapped[int | None]
    ended_ms: Mapped[int | None]


class BanditArm(Schema):
    """An arm, active or not."""

    __tablename__ = "bandit_arm"

    bandit: Mapped[str] = mapped_column(String(ID), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(ARM))
    configuration: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    origin: Mapped[str] = mapped_column(String(16))
    parents: Mapped[str] = mapped_column(Text)
    since: Mapped[int]
    quanta: Mapped[int]


class BanditQuantum(Schema):
    """What was served in a quantum, and what both groups brought; the oldest are dropped."""

    __tablename__ = "bandit_quantum"

    bandit: Mapped[str] = mapped_column(String(ID), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    arm: Mapped[int]
    propensity: Mapped[float]
    reason: Mapped[str] = mapped_column(String(16))
    from_ms: Mapped[int]
    until_ms: Mapped[int]
    target_impressions: Mapped[float]
    reference_impressions: Mapped[float]
    target_objective: Mapped[float]
    reference_objective: Mapped[float]


class BanditSum(Schema):
    """Feedback of an arm in a group, by outcome; impressions under `impression`."""

    __tablename__ = "bandit_sum"

    bandit: Mapped[str] = mapped_column(String(ID), primary_key=True)
    arm: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    group: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(ARM), primary_key=True)
    total: Mapped[float]


class BanditUnit(Schema):
    """A unit that was seen, as a hash: to count the units of each group."""

    __tablename__ = "bandit_unit"

    bandit: Mapped[str] = mapped_column(String(ID), primary_key=True)
    unit: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
