"""The clients of an experiment as CSV, from which `liftstream analyze --look look` reaches the same verdict."""

from collections.abc import Iterator

from sqlalchemy import select

from liftstream.platform import registry
from liftstream.platform.ingest import loading
from liftstream.platform.schema import TABLES
from liftstream.platform.service import House

CLIENT = TABLES["client"]
AT_ONCE = 5_000
HEADER = "client,arm,revenue,look\n"


def client_lines(house: House, experiment: str) -> Iterator[str]:
    """Line by line, in the order in which their money came; `look` is the look that counted a client first, 0 for none."""
    with house.reading() as connection:
        live = loading.live_of(registry.find(connection, experiment), {})
        counted = [sum(look.clients.values()) for look in live.ledger.looks]
        rows = connection.execution_options(stream_results=True, yield_per=AT_ONCE).execute(
            select(CLIENT.c.uuid, CLIENT.c.arm, CLIENT.c.revenue, CLIENT.c.paid)
            .where(CLIENT.c.experiment == experiment, CLIENT.c.paid.is_not(None))
            .order_by(CLIENT.c.paid)
        )
        yield HEADER
        for part in rows.partitions():
            yield "".join(
                f"{uuid},{_quoted(arm)},{revenue!r},{_look(counted, paid)}\n"
                for uuid, arm, revenue, paid in part
            )


def _look(counted: list[int], paid: int) -> int:
    return next((number for number, clients in enumerate(counted, start=1) if paid <= clients), 0)


def _quoted(arm: str) -> str:
    escaped = arm.replace('"', '""')
    return f'"{escaped}"' if escaped != arm or "," in arm else arm
