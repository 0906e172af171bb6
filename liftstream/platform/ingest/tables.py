"""The tables of the collector: positions in Kafka, counts, and records that wait."""

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from liftstream.contracts.messages import ClientId
from liftstream.platform.schema import ID, ClientIdText, Schema


class Tally(Schema):
    """How many records were taken and refused, by topic and reason; experiment '' is nobody's."""

    __tablename__ = "tally"

    experiment: Mapped[str] = mapped_column(String(ID), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    count: Mapped[int]


class Early(Schema):
    """A prediction or money that came before its session: kept until the session is read."""

    __tablename__ = "early"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    uuid: Mapped[ClientId] = mapped_column(ClientIdText)
    record: Mapped[str] = mapped_column(Text)
    read_ms: Mapped[int]


class Refused(Schema):
    """Records that were counted but not taken, kept for inspection; the oldest are dropped. No token is in here."""

    __tablename__ = "refused"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    experiment: Mapped[str] = mapped_column(String(ID), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(String(255))
    partition: Mapped[int]
    offset: Mapped[int]
    read_ms: Mapped[int]
    value: Mapped[str] = mapped_column(Text)


class FeedbackEvent(Schema):
    """The id of an impression or outcome that was counted, as a hash: the same id again changes nothing.

    `owner` is a bandit, whose old quanta are dropped, or an experiment, whose `quantum` is 0.
    """

    __tablename__ = "feedback_event"

    owner: Mapped[str] = mapped_column(String(ID), primary_key=True)
    event: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    quantum: Mapped[int]


class Place(Schema):
    """Where reading goes on: changes in the same transaction as what was read."""

    __tablename__ = "place"

    topic: Mapped[str] = mapped_column(String(255), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next: Mapped[int]


class Traffic(Schema):
    """Sessions that the shop opened in a minute, experiment or not."""

    __tablename__ = "traffic"

    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sessions: Mapped[int]


class Mark(Schema):
    """A number that must outlive the process."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int]
