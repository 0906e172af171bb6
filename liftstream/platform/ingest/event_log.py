"""The log of an experiment: every change of state and every look, one line each."""

from sqlalchemy import Connection, func, insert, select

from liftstream.platform.schema import TABLES

HAPPENING = TABLES["happening"]


def save_happening(connection: Connection, experiment: str, at_ms: int, kind: str, said: str) -> None:
    """Adds a line."""
    last = connection.execute(
        select(func.max(HAPPENING.c.number)).where(HAPPENING.c.experiment == experiment)
    ).scalar()
    row = {"experiment": experiment, "number": (last or 0) + 1, "at_ms": at_ms, "kind": kind, "said": said}
    connection.execute(insert(HAPPENING), [row])
