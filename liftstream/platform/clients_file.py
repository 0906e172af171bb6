"""The clients of an experiment as CSV, from which `liftstream analyze --look look` reaches the same verdict."""

from collections.abc import Iterator

from sqlalchemy import select

from liftstream.platform import registry
from liftstream.platform.ingest import loading
from liftstream.platform.schema import Client
from liftstream.platform.service import PlatformService

AT_ONCE = 5_000
HEADER = "client,arm,revenue,look\n"


def client_lines(service: PlatformService, experiment: str) -> Iterator[str]:
    """Line by line, in the order in which their money came; `look` is the look that counted a client first, 0 for none."""
    with service.reading() as connection:
        live = loading.live_of(registry.find(connection, experiment), {})
        counted = [sum(look.clients.values()) for look in live.ledger.looks]
        rows = connection.execution_options(stream_results=True, yield_per=AT_ONCE).execute(
            select(Client.uuid, Client.arm, Client.revenue, Client.paid)
            .where(Client.experiment == experiment, Client.paid.is_not(None))
            .order_by(Client.paid)
        )
        yield HEADER
        for part in rows.partitions():
            yield "".join(
                f"{_quoted(str(uuid))},{_quoted(arm)},{revenue!r},{_look(counted, paid)}\n"
                for uuid, arm, revenue, paid in part
            )


def _look(counted: list[int], paid: int | None) -> int:
    return next(
        (number for number, clients in enumerate(counted, start=1) if paid is not None and paid <= clients), 0
    )


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"' if escaped != text or "," in text else text
