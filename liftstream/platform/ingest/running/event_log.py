"""The log of an experiment: every change of state and every look, one line each."""

from sqlalchemy import Connection, func, insert, select

from liftstream.platform.schema import LoggedEvent


def one_line(text: str, most: int) -> str:
    """A text of a person for a log: visible characters, single spaces, not too long."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(visible.split())[:most]


def log_event(connection: Connection, experiment: str, at_ms: int, kind: str, said: str) -> None:
    """Adds a line."""
    last = connection.execute(
        select(func.max(LoggedEvent.number)).where(LoggedEvent.experiment == experiment)
    ).scalar()
    row = {"experiment": experiment, "number": (last or 0) + 1, "at_ms": at_ms, "kind": kind, "said": said}
    connection.execute(insert(LoggedEvent), [row])
