"""The tables. Times are milliseconds since 1970, UTC; periods are `YYYY-MM`; a user is their id as text."""

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

USER = 64
PERIOD = 7
MODEL = 16


class SpendingSchema(DeclarativeBase):
    """All tables."""

    type_annotation_map = {int: BigInteger}  # noqa: RUF012 - SQLAlchemy's way to say it


class Test(SpendingSchema):
    """One request that was predicted by the split."""

    __tablename__ = "spending_test"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    """When the request came: to the second, or as precisely as it takes to be unique."""
    period: Mapped[str] = mapped_column(String(PERIOD), index=True)
    made_ms: Mapped[int]
    idempotency: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The caller's idempotency key: a repeated request gets the stored answer."""


class PredictedSpending(SpendingSchema):
    """What one model predicted for one user; every model predicts, one is served."""

    __tablename__ = "spending_prediction"

    test: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user: Mapped[str] = mapped_column(String(USER), primary_key=True)
    model: Mapped[str] = mapped_column(String(MODEL), primary_key=True)
    value: Mapped[float]
    served: Mapped[bool]
    fallback: Mapped[bool]
    """The user had no events before the period."""


class SpendingTruth(SpendingSchema):
    """What a user spent in a period: as given, and as later sessions show. The given value wins."""

    __tablename__ = "spending_truth"

    period: Mapped[str] = mapped_column(String(PERIOD), primary_key=True)
    """The period; empty if the value was given before anything was predicted, and so belongs to the first period that
    is."""
    user: Mapped[str] = mapped_column(String(USER), primary_key=True)
    given: Mapped[float | None]
    derived: Mapped[float | None]
    until: Mapped[str | None] = mapped_column(String(10))
    """The last day that the sessions reach."""
    complete: Mapped[bool]
    """The sessions cover the whole period."""
    changed_ms: Mapped[int]


class State(SpendingSchema):
    """The salt of the running test."""

    __tablename__ = "spending_state"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))


Index("spending_prediction_served", PredictedSpending.served, PredictedSpending.test)

TESTS = SpendingSchema.metadata.tables["spending_test"]
PREDICTIONS = SpendingSchema.metadata.tables["spending_prediction"]
TRUTHS = SpendingSchema.metadata.tables["spending_truth"]
STATES = SpendingSchema.metadata.tables["spending_state"]
