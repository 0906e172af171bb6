"""Pages and till of the shop: which session waits for its decision, what was shown, and when it pays. No clock,
no Kafka."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from liftstream.simulation.shop.customers import Customers
from liftstream.simulation.shop.sessions import Sessions


class Receipt(NamedTuple):
    """The result of a session."""

    uuid: int
    session: str
    revenue: float
    shown: bool


@dataclass
class Counts:
    """What the shop saw."""

    opened: int = 0
    decided: int = 0
    """Sessions whose decision came in time."""
    undecided: int = 0
    """Pages shown without the category: nobody decided in time, or the platform said at once that nobody will."""
    shown: int = 0
    late: int = 0
    """Decisions that came after their page was shown."""
    paid: int = 0
    revenue: float = 0.0
    unwritten: int = 0
    """Records that no broker took."""
    arms: dict[str, int] = field(default_factory=dict)
    """Decided sessions by the arm that the platform named."""


class Till:
    """The sessions of one wave of clients.

    Args:
        names: of the sessions, by row.
        wait_s: how long a page waits for its decision.
        stay_s: from the page to the payment.
    """

    def __init__(
        self,
        clients: Customers,
        sessions: Sessions,
        names: Sequence[str],
        counts: Counts,
        wait_s: float,
        stay_s: float,
    ) -> None:
        self._names, self._wait_s, self._stay_s, self.counts = names, wait_s, stay_s, counts
        self._rows = {name: row for row, name in enumerate(names)}
        self._uuids = clients.uuid[sessions.client].tolist()
        self._clients, self._who, self._luck = clients, sessions.client, sessions.luck
        self._shown = np.zeros(len(sessions), dtype=bool)
        self._waiting: dict[int, float] = {}
        self._staying: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._staying)

    @property
    def waiting(self) -> int:
        """Pages that wait for their decision."""
        return len(self._waiting)

    def open(self, rows: Iterable[int], now_s: float) -> None:
        """Opens sessions."""
        for row in rows:
            self._waiting[row] = now_s + self._wait_s
            self.counts.opened += 1

    def decide(self, session: str, value: int, arm: str, now_s: float) -> None:
        """Takes the platform's decision; only the first one in time counts."""
        row = self._rows.get(session)
        if row is None:
            return
        if self._waiting.pop(row, None) is None:
            self.counts.late += 1
            return
        self._staying.append((now_s + self._stay_s, row))
        if not arm:  # the platform decides nothing for this client
            self.counts.undecided += 1
            return
        self._shown[row] = value == 1
        self.counts.decided += 1
        self.counts.arms[arm] = self.counts.arms.get(arm, 0) + 1

    def pay(self, now_s: float) -> list[Receipt]:
        """Shows the pages that waited long enough, and returns the payments that are due."""
        for row in list(self._impatient(now_s)):
            del self._waiting[row]
            self.counts.undecided += 1
            self._staying.append((now_s + self._stay_s, row))
        rows = []
        while self._staying and self._staying[0][0] <= now_s:
            rows.append(self._staying.popleft()[1])
        return self._receipts(rows)

    def _impatient(self, now_s: float) -> Iterator[int]:
        for row, until_s in self._waiting.items():  # in the order of their opening
            if until_s > now_s:
                return
            yield row

    def _receipts(self, rows: list[int]) -> list[Receipt]:
        if not rows:
            return []
        shown = self._shown[rows]
        amounts = self._clients.spend(self._who[rows], shown, self._luck[rows]).tolist()
        self.counts.paid += len(rows)
        self.counts.shown += int(shown.sum())
        self.counts.revenue += sum(amounts)
        return [
            Receipt(self._uuids[row], self._names[row], amount, bool(self._shown[row]))
            for row, amount in zip(rows, amounts, strict=True)
        ]
