"""How many clients come: for the days that a plan needs, and for when the next look is due."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from liftstream.platform.ingest.tables import Traffic

MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60


class SessionRate(NamedTuple):
    """The traffic, and how long it was counted."""

    per_day: float
    counted_days: float
    """How long the traffic was counted, at most 1 day."""


def session_rate(connection: Connection, now_ms: int) -> SessionRate | None:
    """Sessions a day at the traffic of the last day, or of the part of it that was seen; None without any."""
    minute = now_ms // MINUTE_MS
    first, count = connection.execute(
        select(func.min(Traffic.minute), func.sum(Traffic.sessions)).where(
            Traffic.minute > minute - DAY_MINUTES
        )
    ).one()
    if not count:
        return None
    sessions, minutes = float(count), max(1, minute - int(first) + 1)
    return SessionRate(sessions * DAY_MINUTES / minutes, minutes / DAY_MINUTES)
