"""The decision for a session of an experiment: an answer, or none within the patience."""

from dataclasses import dataclass

from liftstream.platform.ingest.rows import VisitRow, decision_of
from liftstream.platform.ingest.rules.memory import BatchRows, Changes, Memory
from liftstream.platform.ingest.running.latency_buckets import bucket_of
from liftstream.platform.ingest.running.live import Live


@dataclass(slots=True)
class SessionDecisions:
    """Decides sessions, each once."""

    memory: Memory
    rows: BatchRows
    changes: Changes
    now_ms: int

    def answer(self, live: Live, visit: VisitRow, value: int) -> None:
        """Decides a session by an answer that came in time."""
        arm = live.arms[visit.arm]
        arm.answered += 1
        arm.shown += value
        self.changes.delays[live.id, visit.arm, bucket_of(self.now_ms - visit.opened_ms)] += 1
        self._decide(visit, value, answered=True)

    def give_up(self, live: Live, visit: VisitRow) -> None:
        """Decides a session without an answer: the category is not shown."""
        live.arms[visit.arm].unanswered += 1
        self._decide(visit, 0, answered=False)

    def _decide(self, visit: VisitRow, value: int, *, answered: bool) -> None:
        visit.value, visit.answered, visit.batch = value, answered, self.memory.batch
        self.memory.open.close(visit)
        self.rows.latest[visit.experiment, visit.uuid] = visit
        self.changes.decided[visit.experiment, visit.session] = visit
        self.changes.touched.add(visit.experiment)
        self.changes.decisions.append(decision_of(visit))
