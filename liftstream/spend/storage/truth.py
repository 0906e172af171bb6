"""What was really spent: given by the shop, or read from later sessions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy import bindparam as bound

from liftstream.forecast.calendar import last_day, month_at, month_of, start_ms
from liftstream.forecast.history import History
from liftstream.spend.storage.schema import PREDICTIONS, TESTS, TRUTHS

UNKNOWN_PERIOD = ""
SLACK_MS = 3 * 86_400_000
"""Sessions that begin this much after a month's start still cover it."""


def predicted_periods(connection: Connection) -> list[str]:
    """The predicted periods, the oldest first."""
    return list(connection.execute(select(TESTS.c.period).distinct().order_by(TESTS.c.period)).scalars())


def predicted_users(connection: Connection, period: str) -> set[str]:
    """The users who were predicted in a period."""
    query = select(PREDICTIONS.c.user).distinct().join(TESTS, TESTS.c.id == PREDICTIONS.c.test)
    return set(connection.execute(query.where(TESTS.c.period == period)).scalars())


def give(connection: Connection, period: str, values: Mapping[str, float], now_ms: int) -> None:
    """Adds true values of a period, or replaces those of the same users."""
    known = set(connection.execute(select(TRUTHS.c.user).where(TRUTHS.c.period == period)).scalars())
    new = [
        {"period": period, "user": user, "given": value, "complete": False, "changed_ms": now_ms}
        for user, value in values.items()
        if user not in known
    ]
    old = [{"of": period, "whose": u, "now_given": v} for u, v in values.items() if u in known]
    if new:
        connection.execute(insert(TRUTHS), new)
    if old:
        change = update(TRUTHS).where(TRUTHS.c.period == bound("of"), TRUTHS.c.user == bound("whose"))
        connection.execute(change.values(given=bound("now_given"), changed_ms=now_ms), old)


def given_in(connection: Connection, period: str | None) -> dict[str, float]:
    """The true values given for a period; by default the newest one that has any."""
    is_given = TRUTHS.c.given.is_not(None)
    if period is None:
        newest = select(TRUTHS.c.period).where(is_given).order_by(TRUTHS.c.period.desc()).limit(1)
        period = connection.execute(newest).scalar()
    rows = connection.execute(
        select(TRUTHS.c.user, TRUTHS.c.given).where(TRUTHS.c.period == period, is_given)
    )
    return dict(map(tuple, rows))


def adopt(connection: Connection, period: str, now_ms: int) -> None:
    """Assigns the truth that was given before anything was predicted to a period."""
    early = given_in(connection, UNKNOWN_PERIOD)
    if early:
        connection.execute(delete(TRUTHS).where(TRUTHS.c.period == UNKNOWN_PERIOD))
        give(connection, period, early, now_ms)


def settle(connection: Connection, history: History, now_ms: int) -> None:
    """Reads from sessions what was spent in every predicted period that they reach."""
    last = history.last_ms
    if last is None:
        return
    first_month, last_month = int(history.month.min()), month_at(last)
    for period in predicted_periods(connection):
        if first_month <= month_of(period) <= last_month:
            _settle_period(connection, history, period, now_ms)


def _settle_period(connection: Connection, history: History, period: str, now_ms: int) -> None:
    month = month_of(period)
    until = history.covered_until(month)
    begins = int(history.time_ms.min()) <= start_ms(month) + SLACK_MS
    complete = begins and until == last_day(month)
    known = {row.user: row for row in connection.execute(select(TRUTHS).where(TRUTHS.c.period == period))}
    asked = predicted_users(connection, period)
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for user, spent in zip(history.users, history.spending_in(month).round(2).tolist(), strict=True):
        if user not in asked:
            continue
        if user not in known:
            new.append(
                {"period": period, "user": user, "derived": spent, "until": until, "complete": complete, "changed_ms": now_ms}
            )  # fmt: skip
        elif _says_more(known[user], spent, until, complete):
            changed.append({"whose": user, "spent": spent})
    if new:
        connection.execute(insert(TRUTHS), new)
    if changed:
        change = update(TRUTHS).where(TRUTHS.c.period == period, TRUTHS.c.user == bound("whose"))
        values = {"derived": bound("spent"), "until": until, "complete": complete, "changed_ms": now_ms}
        connection.execute(change.values(values), changed)


def _says_more(known: Any, spent: float, until: str, complete: bool) -> bool:
    """Whether newer sessions change the truth, and reach at least as far."""
    if (known.derived, known.until, known.complete) == (spent, until, complete):
        return False
    return (complete, until) >= (known.complete, known.until or "")
