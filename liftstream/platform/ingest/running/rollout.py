"""An arm that was rolled out decides for everybody whom no running experiment takes: no database, no Kafka, no clock.

Nothing in here touches the numbers of the experiment that the arm won.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from liftstream.contracts.messages import ClientId, Decision
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.platform.ingest.incoming import OpenedSession
from liftstream.platform.ingest.rows import OpenVisits, VisitRow


@dataclass(slots=True)
class RollOut:
    """The arm of an ended experiment that decides for everybody.

    Attributes:
        old_system: nobody is asked, and the page is as it was before: the original of an experiment about outcomes.
        sessions, answered, shown: since the roll-out.
    """

    experiment: str
    arm: str
    since_ms: int
    old_system: bool = False
    sessions: int = 0
    answered: int = 0
    shown: int = 0


@dataclass(slots=True)
class RollOutMemory:
    """The state between batches: what is rolled out, and the pages that wait for its answer."""

    active: RollOut | None = None
    open: OpenVisits = field(default_factory=OpenVisits)

    def asks(self, experiment: str, arm: str) -> bool:
        """Whether an answer of this arm may decide a session."""
        active = self.active
        return active is not None and (active.experiment, active.arm) == (experiment, arm)


@dataclass(slots=True)
class RollOutChanges:
    """What must be written to the database."""

    new: dict[str, VisitRow] = field(default_factory=dict)
    decided: dict[str, VisitRow] = field(default_factory=dict)


@dataclass(slots=True)
class RollOutUpdate:
    """One batch, applied to the memory; fills `changes` and `decisions`."""

    memory: RollOutMemory
    batch: int
    now_ms: int
    patience_ms: int
    decisions: list[Decision]
    changes: RollOutChanges = field(default_factory=RollOutChanges)

    def open_session(self, record: OpenedSession, at_ms: int, ahead: Mapping[ClientId, int]) -> None:
        """Takes a session that no experiment takes: the rolled-out arm decides it, or the shop is told that nobody
        does.

        Args:
            ahead: decisions of the original system that came before their session, by uuid.
        """
        active = self.memory.active
        if active is None:
            if at_ms + self.patience_ms >= self.now_ms:  # nobody waits for an older one
                self.decisions.append(Decision(record.uuid, record.session, "", "", 0, False))
            return
        if (active.experiment, record.session) in self.memory.open.by_session:
            return  # written twice
        visit = VisitRow(active.experiment, record.session, record.uuid, active.arm, at_ms)
        self.changes.new[visit.session] = visit
        active.sessions += 1
        self.memory.open.add(visit, at_ms + self.patience_ms)
        if at_ms + self.patience_ms < self.now_ms:
            self._decide(visit, 0, answered=False)
        elif active.arm == ORIGINAL and active.old_system:
            self._decide(visit, 0, answered=True)
        elif active.arm == ORIGINAL and record.uuid in ahead:
            self._decide(visit, ahead[record.uuid], answered=True)

    def decide_original(self, decisions: Mapping[ClientId, int]) -> None:
        """Takes the original system's decisions, by uuid."""
        active = self.memory.active
        if active is None or active.arm != ORIGINAL:
            return
        for uuid, value in decisions.items():
            visit = self.memory.open.first(active.experiment, uuid)
            if visit is not None:
                self._decide(visit, value, answered=True)

    def answer(self, experiment: str, arm: str, uuid: ClientId, value: int) -> bool:
        """Takes an answer; returns whether a page waited for it."""
        visit = self.memory.open.first(experiment, uuid)
        if visit is None or visit.arm != arm:
            return False
        in_time = visit.opened_ms + self.patience_ms >= self.now_ms
        self._decide(visit, value if in_time else 0, answered=in_time)
        return in_time

    def expire(self) -> None:
        """Decides the sessions whose patience is over: their pages are shown without the category."""
        for visit in self.memory.open.due(self.now_ms):
            self._decide(visit, 0, answered=False)

    def _decide(self, visit: VisitRow, value: int, *, answered: bool) -> None:
        visit.value, visit.answered, visit.batch = value, answered, self.batch
        self.memory.open.close(visit)
        self.changes.decided[visit.session] = visit
        self.decisions.append(
            Decision(visit.uuid, visit.session, visit.experiment, visit.arm, value, answered)
        )
        active = self.memory.active
        if active is not None and active.experiment == visit.experiment:
            active.answered += answered
            active.shown += value
