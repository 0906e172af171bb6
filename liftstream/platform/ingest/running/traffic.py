"""How many clients come: for the days that a plan needs, and for when the next look is due."""

from sqlalchemy import Connection, func, select

from liftstream.platform.schema import Traffic

MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60


def sessions_per_day(connection: Connection, now_ms: int) -> float | None:
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
    return sessions * DAY_MINUTES / minutes
