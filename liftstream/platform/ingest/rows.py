"""Rows of clients and sessions in memory, while a batch is applied to them."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

import msgspec

from liftstream.contracts.messages import ClientId, Decision


@dataclass(slots=True, eq=False)
class ClientRow:
    """A client in an experiment, as in the table."""

    experiment: str
    uuid: ClientId
    arm: str
    number: int
    revenue: float | None = None
    paid: int | None = None


@dataclass(slots=True, eq=False)
class VisitRow:
    """A session of a client in an experiment, as in the table."""

    experiment: str
    session: str
    uuid: ClientId
    arm: str
    opened_ms: int
    value: int | None = None
    answered: bool | None = None
    batch: int = 0
    revenue: float | None = None
    revision: int | None = None


def decision_of(visit: VisitRow) -> Decision:
    """The decision of a session, for the shop."""
    return Decision(
        visit.uuid, visit.session, visit.experiment, visit.arm, visit.value or 0, bool(visit.answered)
    )


class EarlyRecord(msgspec.Struct):
    """A prediction, money or an outcome that came before its session; for a prediction `candidate` stands for its token.

    `otherwise` is the reason under which it counts if no session comes.
    """

    kind: str
    uuid: ClientId
    read_ms: int
    experiment: str = ""
    candidate: str = ""
    value: int = 0
    session: str = ""
    revenue: float = 0.0
    revision: int = 0
    amount: float = 0.0
    """The value of an outcome."""
    outcome: str = ""
    """The name of the outcome."""
    otherwise: str = ""
    topic: str = ""
    partition: int = 0
    offset: int = 0
    id: int = 0

    def shown(self) -> bytes:
        """What was read of it, as it is kept for inspection."""
        names = {"prediction": ("uuid", "value"), "outcome": ("uuid", "amount")}
        shown = names.get(self.kind, ("uuid", "session", "revenue", "revision"))
        return msgspec.json.encode({name: getattr(self, name) for name in shown})

    @property
    def sender(self) -> tuple[str, str]:
        """Who sent it; each sender has a limit of its own."""
        return self.experiment, self.candidate


@dataclass(slots=True)
class OpenVisits:
    """Sessions that wait for their answer, found by name, client and deadline; as many as come in a page's patience."""

    by_session: dict[tuple[str, str], VisitRow] = field(default_factory=dict)
    by_client: dict[tuple[str, ClientId], list[VisitRow]] = field(default_factory=dict)
    by_deadline: list[tuple[int, int, VisitRow]] = field(default_factory=list)
    _count: int = 0

    def __len__(self) -> int:
        return len(self.by_session)

    def add(self, visit: VisitRow, deadline_ms: int) -> None:
        """Adds a session that waits until its deadline."""
        self.by_session[visit.experiment, visit.session] = visit
        self.by_client.setdefault((visit.experiment, visit.uuid), []).append(visit)
        self._count += 1
        heappush(self.by_deadline, (deadline_ms, self._count, visit))

    def first(self, experiment: str, uuid: ClientId) -> VisitRow | None:
        """The oldest open session of a client."""
        visits = self.by_client.get((experiment, uuid))
        return visits[0] if visits else None

    def close(self, visit: VisitRow) -> None:
        """Removes a session that is decided."""
        del self.by_session[visit.experiment, visit.session]
        key = visit.experiment, visit.uuid
        visits = self.by_client[key]
        visits.remove(visit)
        if not visits:
            del self.by_client[key]

    def due(self, now_ms: int) -> list[VisitRow]:
        """The open sessions whose deadline has passed; they stay open until they are closed."""
        found = []
        while self.by_deadline and self.by_deadline[0][0] < now_ms:
            visit = heappop(self.by_deadline)[2]
            if visit.value is None:
                found.append(visit)
        return found

    def next_deadline_ms(self) -> int | None:
        """When the next page's patience ends."""
        while self.by_deadline and self.by_deadline[0][2].value is not None:
            heappop(self.by_deadline)
        return self.by_deadline[0][0] if self.by_deadline else None
