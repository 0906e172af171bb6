"""Requests that were predicted: one test each, with a prediction per user and model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select

from liftstream.forecast.history import Booleans, Floats
from liftstream.spend.storage.schema import PREDICTIONS, TESTS


@dataclass(frozen=True, eq=False)
class Answered:
    """A request with everything that was predicted for it.

    Attributes:
        period: the predicted one.
        users: ids.
        predicted: [users] by model.
        serving: the model of each user.
        visited: [users] whether there were events before the period.
        idempotency: the caller's name of the request, if any.
    """

    period: str
    users: Sequence[str]
    predicted: Mapping[str, Floats]
    serving: Sequence[str]
    visited: Booleans
    idempotency: str | None = None

    def served(self) -> dict[str, float]:
        """The answer: the served prediction by user."""
        values = {name: column.tolist() for name, column in self.predicted.items()}
        return {
            user: values[model][i]
            for i, (user, model) in enumerate(zip(self.users, self.serving, strict=True))
        }


def record_test(connection: Connection, answered: Answered, now_ms: int) -> None:
    """Writes a request with all its predictions."""
    key = _free_key(connection, now_ms)
    made = insert(TESTS).values(
        key=key, period=answered.period, made_ms=now_ms, idempotency=answered.idempotency
    )
    test = connection.execute(made.returning(TESTS.c.id)).scalar_one()
    rows = [
        {"test": test, "user": user, "model": name, "value": value, "served": name == model, "fallback": not seen}
        for name, column in answered.predicted.items()
        for user, model, value, seen in zip(
            answered.users, answered.serving, column.tolist(), answered.visited.tolist(), strict=True
        )
    ]  # fmt: skip
    if rows:
        connection.execute(insert(PREDICTIONS), rows)


def answer_again(connection: Connection, idempotency: str) -> dict[str, float] | None:
    """The answer to an earlier request with this key; None if there was none."""
    test = connection.execute(select(TESTS.c.id).where(TESTS.c.idempotency == idempotency)).scalar()
    if test is None:
        return None
    served = PREDICTIONS.c.test == test, PREDICTIONS.c.served
    rows = connection.execute(select(PREDICTIONS.c.user, PREDICTIONS.c.value).where(*served))
    return dict(map(tuple, rows))


def _free_key(connection: Connection, now_ms: int) -> str:
    """A new key: the time to the second, or to the microsecond if that second has a test already."""
    at = datetime.fromtimestamp(now_ms / 1_000, UTC).replace(tzinfo=None)
    key = at.isoformat(timespec="seconds")
    while connection.execute(select(TESTS.c.id).where(TESTS.c.key == key)).first():
        key = at.isoformat(timespec="microseconds")
        at += timedelta(microseconds=1)
    return key
