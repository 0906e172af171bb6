"""Whether the worker is ready, and if not why: what `/ready` and the watchdog ask."""

import time
from collections import deque
from typing import Any, Final

from pipeline.join import Partition
from pipeline.worker import Worker

CAUGHT_UP_S: Final = 5.0
"""Ready means that nothing older than this is unread."""


class Health:
    """A view of the worker from other threads: it only reads, and copies what may change while it reads.

    Args:
        worker: what is looked at.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.raw: Any = None
        self.waiting_for: str | None = "starting"
        self._ends: deque[tuple[float, dict[Partition, int]]] = deque()

    def lag(self) -> dict[Partition, int]:
        """Records on the broker that were not taken in yet, by partition, as of the last fetch answer."""
        return {
            name: max(0, end - (self.worker.join.next_of(name) or 0))
            for name, end in self._highwaters().items()
        }

    def look(self) -> None:
        """Notes how long the partitions are; to be called about once a second."""
        now = time.monotonic()
        self._ends.append((now, self._highwaters()))
        while len(self._ends) > 1 and self._ends[1][0] <= now - CAUGHT_UP_S:
            self._ends.popleft()

    def reasons(self) -> list[str]:
        """Why the worker is not ready; empty when it is."""
        worker = self.worker
        found = [self.waiting_for, worker.writer.trouble, worker.output.trouble]
        if self.waiting_for is None and not worker.join.lanes:
            found.append("no partitions are assigned")
        found.append(self._behind())
        return [reason for reason in found if reason]

    def notes(self) -> list[str]:
        """What is wrong without being a reason to send nothing here."""
        return [self.worker.model.trouble] if self.worker.model.trouble else []

    def _behind(self) -> str | None:
        if not self._ends:
            return None
        then, ends = self._ends[0]
        behind = sum(max(0, end - (self.worker.join.next_of(name) or 0)) for name, end in ends.items())
        seconds = time.monotonic() - then
        return (
            f"catching up: {behind} records from more than {seconds:.0f} s ago are unread" if behind else None
        )

    def _highwaters(self) -> dict[Partition, int]:
        raw, found = self.raw, {}
        if raw is None:
            return {}
        for names in list(self.worker.join.partitions):
            for name in names:
                high = raw.highwater(name) if name in raw.assignment() else None
                if high is not None:
                    found[name] = int(high)
        return found
