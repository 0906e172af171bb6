"""The clients of an experiment as CSV, from which `liftstream analyze --look look` reaches the same verdict."""

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from liftstream.experiment.trial.guard import PlannedGuard
from liftstream.platform import registry
from liftstream.platform.ingest import loading
from liftstream.platform.schema import Client, GuardClient
from liftstream.platform.service import PlatformService

AT_ONCE = 5_000
IN_MEMORY: Final = 1_000_000
"""Bytes of a file up to which it needs no disk."""
PART: Final = 65_536
HEADER = ("client", "arm", "revenue", "look")


def client_lines(service: PlatformService, experiment: str) -> Iterator[str]:
    """The clients line by line, in the order of their first money; `look` is the look that counted a client first, 0
    for none.

    Each guard of the plan has a column of its name: what the client's records of it sum to, of a proportion 0 or 1.
    The file is one view of the database, and whole before its first part is read: however slowly that goes on, no
    connection is held meanwhile.

    Raises:
        Unknown: there is no such experiment.
        Busy: others fetch theirs.
    """
    file = SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed once it was read
    with service.file_queue.turn(), service.reading() as connection:
        file.writelines(_lines(connection, experiment))
    file.seek(0)
    return _parts(file)


def _parts(file: SpooledTemporaryFile[str]) -> Iterator[str]:
    with file:
        yield from iter(lambda: file.read(PART), "")


def _lines(connection: Connection, experiment: str) -> Iterator[str]:
    live = loading.live_of(registry.find(connection, experiment), {})
    counted = [sum(look.clients.values()) for look in live.ledger.looks]
    guards = live.plan.guards
    rows = connection.execution_options(stream_results=True, yield_per=AT_ONCE).execute(
        _clients(experiment, len(guards))
    )
    yield ",".join([*HEADER, *(_quoted(guard.name) for guard in guards)]) + "\n"
    for part in rows.partitions():
        yield "".join(
            f"{_quoted(str(uuid))},{_quoted(arm)},{revenue!r},{_look(counted, paid)}{_watched(guards, totals)}\n"
            for uuid, arm, revenue, paid, *totals in part
        )


def _clients(experiment: str, guards: int) -> Any:
    """Clients with their totals of every guard."""
    sums = [aliased(GuardClient) for _ in range(guards)]
    found: Any = select(Client.uuid, Client.arm, Client.revenue, Client.paid, *(one.total for one in sums))
    for number, one in enumerate(sums):
        same = (one.experiment == Client.experiment) & (one.uuid == Client.uuid) & (one.guard == number)
        found = found.outerjoin(one, same)
    return found.where(Client.experiment == experiment, Client.paid.is_not(None)).order_by(Client.paid)


def _watched(guards: Sequence[PlannedGuard], totals: Sequence[float | None]) -> str:
    return "".join(
        f",{int(total > 0) if guard.kind == 'proportion' else total!r}"
        for guard, total in zip(guards, (known or 0.0 for known in totals), strict=True)
    )


def _look(counted: list[int], paid: int | None) -> int:
    return next(
        (number for number, clients in enumerate(counted, start=1) if paid is not None and paid <= clients), 0
    )


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"' if escaped != text or "," in text else text
