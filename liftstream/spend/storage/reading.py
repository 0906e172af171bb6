"""Reads the report's figures in few queries; sums are taken by the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select

from liftstream.spend.storage.schema import PREDICTIONS, TESTS, TRUTHS

GOOD = func.coalesce(TRUTHS.c.given, TRUTHS.c.derived)
OFF = PREDICTIONS.c.value - GOOD
COMPLETE = case((TRUTHS.c.given.is_not(None), True), else_=TRUTHS.c.complete)


def errors_by_test(connection: Connection) -> Sequence[Any]:
    """`key period model users n squares absolutes differences` of what was served, the oldest test first."""
    query = _with_truth(
        select(
            TESTS.c.id,
            TESTS.c.key,
            TESTS.c.period,
            PREDICTIONS.c.model,
            func.count().label("users"),
            func.count(GOOD).label("n"),
            func.sum(OFF * OFF).label("squares"),
            func.sum(func.abs(OFF)).label("absolutes"),
            func.sum(OFF).label("differences"),
        )
    )
    by = TESTS.c.id, TESTS.c.key, TESTS.c.period, PREDICTIONS.c.model
    return connection.execute(
        query.where(PREDICTIONS.c.served).group_by(*by).order_by(TESTS.c.id, PREDICTIONS.c.model)
    ).all()


def served_rows(connection: Connection, since: int) -> Sequence[Any]:
    """`key period user model value fallback good complete` of what was served in the tests from number `since` on."""
    query = _with_truth(
        select(
            TESTS.c.key,
            TESTS.c.period,
            PREDICTIONS.c.user,
            PREDICTIONS.c.model,
            PREDICTIONS.c.value,
            PREDICTIONS.c.fallback,
            GOOD.label("good"),
            COMPLETE.label("complete"),
        )
    )
    return connection.execute(
        query.where(PREDICTIONS.c.served, TESTS.c.id >= since).order_by(TESTS.c.id, PREDICTIONS.c.user)
    ).all()


def newest_rows(connection: Connection) -> Sequence[Any]:
    """`period user model value served fallback good complete` of all models, of the newest test of each user
    and period."""
    newest = (
        select(TESTS.c.period, PREDICTIONS.c.user, func.max(TESTS.c.id).label("test"))
        .join(TESTS, TESTS.c.id == PREDICTIONS.c.test)
        .where(PREDICTIONS.c.served)
        .group_by(TESTS.c.period, PREDICTIONS.c.user)
        .subquery()
    )
    query = (
        select(
            newest.c.period,
            newest.c.user,
            PREDICTIONS.c.model,
            PREDICTIONS.c.value,
            PREDICTIONS.c.served,
            PREDICTIONS.c.fallback,
            GOOD.label("good"),
            COMPLETE.label("complete"),
        )
        .select_from(newest)
        .join(PREDICTIONS, and_(PREDICTIONS.c.test == newest.c.test, PREDICTIONS.c.user == newest.c.user))
        .outerjoin(TRUTHS, and_(TRUTHS.c.period == newest.c.period, TRUTHS.c.user == newest.c.user))
        .order_by(newest.c.period, newest.c.user, PREDICTIONS.c.model)
    )
    return connection.execute(query).all()


def truth_counts(connection: Connection) -> dict[str, int]:
    """How many true values were given, how many were read from sessions, and how many differ between the two."""
    differ = func.abs(TRUTHS.c.given - TRUTHS.c.derived) > 0.01
    row = connection.execute(
        select(
            func.count(TRUTHS.c.given).label("given"),
            func.count(TRUTHS.c.derived).label("from_sessions"),
            func.count(case((differ, 1))).label("differ"),
        )
    ).one()
    return dict(row._mapping)


def _with_truth(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(PREDICTIONS)
        .join(TESTS, TESTS.c.id == PREDICTIONS.c.test)
        .outerjoin(TRUTHS, and_(TRUTHS.c.period == TESTS.c.period, TRUTHS.c.user == PREDICTIONS.c.user))
    )
