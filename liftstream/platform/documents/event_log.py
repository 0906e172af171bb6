"""What happened to an experiment or a bandit, line by line."""

from sqlalchemy import Connection, select

from liftstream.platform.documents.document import Document
from liftstream.platform.schema import LoggedEvent
from liftstream.service.clock import as_text


class LogLine(Document):
    """A line of the event log."""

    number: int
    at: str
    kind: str
    """`created`, `started`, `look`, `guard`, `closed`, `finished`, `stopped`, `rolled out`, `taken back`, `token`."""
    said: str


def log_of(connection: Connection, experiment: str) -> list[LogLine]:
    """The event log, the newest line first."""
    rows = connection.execute(
        select(LoggedEvent).where(LoggedEvent.experiment == experiment).order_by(LoggedEvent.number.desc())
    )
    return [
        LogLine(number=row.number, at=as_text(row.at_ms) or "", kind=row.kind, said=row.said) for row in rows
    ]
