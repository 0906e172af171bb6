"""Whether the worker is ready, and if not why: what `/ready` and the watchdog ask."""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from liftstream.contracts.fetch import Partition
from liftstream.service.clock import now_ms
from liftstream.service.watchdog import Vitals
from pipeline.application import Application
from pipeline.worker import Worker

CAUGHT_UP_S: Final = 5.0
"""Age of the oldest unread record up to which the worker is ready."""
AWAY_S: Final = 5.0
CLOCKS_APART_S: Final = 300


class Health:
    """A view of the worker from other threads: it only reads, and copies what may change while it reads.

    Args:
        worker: what is looked at.

    Attributes:
        application: once there is one.
        waiting_for: what must happen before.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.application: Application | None = None
        self.waiting_for: str | None = "starting"
        self._ends: deque[tuple[float, dict[Partition, int]]] = deque()

    def lag(self) -> dict[Partition, int]:
        """Records on the broker that can be read and were not taken in yet, by partition, as of the last fetch
        answer."""
        return self._unread(self._ends_now())

    def look(self) -> None:
        """Notes how long the partitions are; to be called about once a second."""
        now = time.monotonic()
        self._ends.append((now, self._ends_now()))
        while len(self._ends) > 1 and self._ends[1][0] <= now - CAUGHT_UP_S:
            self._ends.popleft()

    def reasons(self) -> list[str]:
        """Why the worker is not ready; empty when it is."""
        worker = self.worker
        found = [
            self.waiting_for,
            worker.writer.trouble,
            worker.output.trouble,
            worker.schemas.trouble,
            self._refusal() or self._unassigned(),
        ]
        if not any(found):
            found += [self._away(), self._behind()]
        return [reason for reason in found if reason]

    def vitals(self) -> Vitals:
        """What the watchdog judges by."""
        worker, counts = self.worker, self.worker.counts
        progress = (
            counts.read,
            counts.passed_over,
            worker.measures.answers,
            worker.measures.commits,
            worker.epoch,
        )
        return Vitals(worker.ticks, progress, self._idle_for())

    def notes(self) -> list[str]:
        """What is wrong, but no reason to send nothing to this worker."""
        found = [self.worker.model.trouble, self._clocks(), *self._future(), *self._open_transactions()]
        return [note for note in found if note]

    def _unassigned(self) -> str | None:
        if self.application is None or self.worker.join.partitions:
            return None
        standing_by = self.application.standing_by()
        if standing_by:
            return f"standing by: {standing_by}"
        decision = self.application.assignor.decision
        if decision is None or decision.owner is not None:
            return "the group has not given us partitions yet"
        if not decision.co_partitioning.holds:
            return f"nothing can be read: {decision.co_partitioning.why}"
        if (raw := self._raw()) is not None and raw.assignment():
            return "waiting to hear what is committed"
        return "no partitions are ours: there are more workers than partitions"

    def _refusal(self) -> str | None:
        return None if self.application is None else self.application.refusal

    def _idle_for(self) -> str | None:
        """Why nothing needs to move now; None if something must."""
        worker, application = self.worker, self.application
        if application is None:
            return self.waiting_for
        if trouble := worker.writer.trouble or worker.output.trouble or worker.schemas.trouble:
            return trouble
        if refusal := self._refusal():
            return refusal
        if application.assignor.decision is None:
            return None  # a group that never gives us partitions is no place to stay
        if not worker.join.partitions:
            return self._unassigned()
        return self._away() or (None if sum(self.lag().values()) else "nothing to read")

    def _away(self) -> str | None:
        """Whether no broker has answered for a while."""
        raw = self._raw()
        if raw is None:
            return None
        polled = [raw.last_poll_timestamp(name) for name in raw.assignment()]
        newest = max((at for at in polled if at is not None), default=None)
        silent_s = 0.0 if newest is None else (now_ms() - newest) / 1000
        return None if silent_s < AWAY_S else f"no answer from Kafka for {silent_s:.0f} s"

    def _behind(self) -> str | None:
        if not self._ends:
            return None
        then, ends = self._ends[0]
        behind = sum(self._unread(ends).values())
        seconds = time.monotonic() - then
        return (
            f"catching up: {behind} records from more than {seconds:.0f} s ago are unread" if behind else None
        )

    def _unread(self, ends: Mapping[Partition, int]) -> dict[Partition, int]:
        next_of = self.worker.join.positions.next_of
        return {name: max(0, end - at) for name, end in ends.items() if (at := next_of(name)) is not None}

    def _clocks(self) -> str | None:
        """Whether the event times of the topics are so far apart that a clock must be off."""
        known = [(self.worker.join.newest_ms(side), topic) for side, topic in enumerate(self.worker.topics)]
        times = [(newest, topic) for newest, topic in known if newest is not None]
        if len(times) < len(known):
            return None
        (oldest, behind), (newest, ahead) = min(times), max(times)
        if newest - oldest < 1000 * CLOCKS_APART_S or any(self.lag().values()):
            return None
        return (
            f"event times of {behind} are {(newest - oldest) // 1000:,} s behind those of {ahead}: nobody writes to it, a"
            " clock is off, or it has seconds where milliseconds are meant"
        )

    def _future(self) -> list[str]:
        """Topics whose event times lie ahead of this machine's clock."""
        return [
            f"event times of {topic} are {ahead_ms // 1000:,} s ahead of this machine's clock: one of the clocks is off"
            for topic, ahead_ms in dict(self.worker.measures.ahead_ms).items()
            if ahead_ms > 1000 * CLOCKS_APART_S
        ]

    def _open_transactions(self) -> list[str]:
        """Records that cannot be read because a transaction has been open for a while."""
        if not self._ends:
            return []
        (_, then), raw = self._ends[0], self._raw()
        return [
            f"{name.topic}/{name.partition}: {hidden} records cannot be read yet: a producer's transaction is open"
            for name, end in self._ends_now().items()
            if then.get(name) == end and (hidden := int(raw.highwater(name) or end) - end) > 0
        ]

    def _ends_now(self) -> dict[Partition, int]:
        """The offset up to which each partition can be read: its end, or the beginning of an open transaction."""
        raw, found = self._raw(), {}
        if raw is None:
            return {}
        for name in list(self.worker.join.partitions):
            if name not in raw.assignment() or (high := raw.highwater(name)) is None:
                continue
            stable = raw.last_stable_offset(name) if self.worker.isolation_level == "read_committed" else None
            found[name] = int(high if stable is None or stable < 0 else min(high, stable))
        return found

    def _raw(self) -> Any:
        return None if self.application is None else self.application.raw
