"""The effect of a batch of records on the experiments: plain Python on rows in memory, no database, no Kafka, no clock.

Every record is counted under one reason. A mistake in here cannot be half done: the caller drops the update together
with its transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import ClientId
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.platform.ingest.incoming import Money, OpenedSession
from liftstream.platform.ingest.rows import ClientRow, EarlyRecord, VisitRow
from liftstream.platform.ingest.rules.booking import book, take_money, watch
from liftstream.platform.ingest.rules.decisions import SessionDecisions
from liftstream.platform.ingest.rules.early import no_longer_early, place_of, wait
from liftstream.platform.ingest.rules.memory import NOBODY, BatchRows, Changes, Memory
from liftstream.platform.ingest.rules.predictions import PredictionUpdate
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.rollout import RollOutUpdate


@dataclass(slots=True)
class BatchUpdate:
    """One batch, applied to the memory and the rows; fills `changes`."""

    memory: Memory
    rows: BatchRows
    now_ms: int
    patience_ms: int
    changes: Changes = field(default_factory=Changes)
    everybody: RollOutUpdate = field(init=False)
    """The sessions that no experiment takes."""
    decisions: SessionDecisions = field(init=False)
    predictions: PredictionUpdate = field(init=False)

    def __post_init__(self) -> None:
        self.everybody = RollOutUpdate(
            self.memory.rollout, self.memory.batch, self.now_ms, self.patience_ms, self.changes.decisions
        )
        self.decisions = SessionDecisions(self.memory, self.rows, self.changes, self.now_ms)
        self.predictions = PredictionUpdate(
            self.memory,
            self.rows,
            self.changes,
            self.now_ms,
            self.patience_ms,
            self.decisions,
            self.everybody,
        )

    def open_session(self, record: OpenedSession, at_ms: int) -> bool:
        """Takes a session that the shop opened at `at_ms`; True if any experiment takes it."""
        at_ms = min(at_ms, self.now_ms) if at_ms > 0 else self.now_ms
        taken = [
            live
            for live in self.memory.lives.values()
            if not live.ended_ms and self._enter(live, record, at_ms)
        ]
        if all(live.aa for live in taken):
            self.everybody.open_session(record, at_ms, self.memory.original)
        for early in no_longer_early(self.memory, self.changes, record.uuid):
            self._release(early)
        return bool(taken)

    def decide_original(self, decisions: Mapping[ClientId, int]) -> None:
        """Takes the original system's decisions, by uuid, whatever the client's arm."""
        for uuid, value in decisions.items():
            for live in self.memory.lives.values():
                visit = self.memory.open.first(live.id, uuid)
                if visit is not None and visit.arm == ORIGINAL:
                    self.decisions.answer(live, visit, value)
        self.everybody.decide_original(decisions)
        self.memory.original.update(decisions)

    def pay(self, record: Money, raw: Raw) -> tuple[str, str]:
        """Takes the money of a session; returns the experiment and the reason under which it counts."""
        found = [
            (live, visit)
            for live in self.memory.lives.values()
            if (visit := self.rows.visits.get((live.id, record.session))) is not None
        ]
        if not found:
            return self._paid_early(record, raw)
        counted = (NOBODY, "")
        for live, visit in found:
            counted = self.changes.count(
                live.id, "revenue", take_money(self.rows, self.changes, live, visit, record)
            )
        return counted

    def take_outcome(self, live: Live, uuid: ClientId, name: str, value: float) -> str:
        """Takes an outcome of a client for an experiment that measures it; returns the reason under which it counts.

        A proportion asks whether it ever came, a count adds it up. One that was read before its client's session is
        `early`: it waits, and is counted when the session comes.
        """
        client = self.rows.clients.get((live.id, uuid))
        if client is None:
            return self._outcome_early(live, uuid, name, value)
        if live.ended_ms is not None:
            return "after_end"
        if value < 0:
            return "negative_value"
        if live.counts_outcomes and name == live.plan.outcome:
            before = client.revenue or 0.0
            book(
                self.rows,
                self.changes,
                live,
                client,
                value if live.plan.kind == "count" else max(before, float(value > 0)) - before,
            )
        watch(self.rows, self.changes, live, client, live.guards_of_outcome(name), value)
        return "counted"

    def expire(self) -> None:
        """Decides the sessions whose patience is over: their pages are shown without the category."""
        for visit in self.memory.open.due(self.now_ms):
            self.decisions.give_up(self.memory.lives[visit.experiment], visit)
        self.everybody.expire()

    def forget_early(self, sessions_read_to_ms: int) -> list[EarlyRecord]:
        """Removes and returns the records whose session should have been read by now: they belong to nobody."""
        forgotten = []
        while self.memory.has_early_before(sessions_read_to_ms):
            for early in no_longer_early(self.memory, self.changes, next(iter(self.memory.early))):
                self.changes.count(early.experiment, early.kind, early.otherwise)
                forgotten.append(early)
        return forgotten

    def _enter(self, live: Live, record: OpenedSession, at_ms: int) -> bool:
        key = live.id, record.session
        if key in self.rows.visits:
            self.changes.count(live.id, "session", "repeated")
            return True
        client = self.rows.clients.get((live.id, record.uuid)) or self._enroll(live, record.uuid, at_ms)
        if client is None:
            return False
        visit = VisitRow(live.id, record.session, record.uuid, client.arm, at_ms, 0 if live.aa else None)
        self.rows.visits[key] = self.rows.latest[live.id, record.uuid] = visit
        self.changes.new_visits[key] = visit
        live.arms[client.arm].sessions += 1
        self.changes.touched.add(live.id)
        if live.aa:
            return True
        self.memory.open.add(visit, at_ms + self.patience_ms)
        if at_ms + self.patience_ms < self.now_ms:
            self.decisions.give_up(live, visit)
        elif client.arm == ORIGINAL and (live.counts_outcomes or not self.memory.rule_decides):
            self.decisions.answer(live, visit, 0)  # the old system goes on; no rule of the shop decides
        elif client.arm == ORIGINAL and record.uuid in self.memory.original:
            self.decisions.answer(live, visit, self.memory.original[record.uuid])
        return True

    def _enroll(self, live: Live, uuid: ClientId, at_ms: int) -> ClientRow | None:
        if not live.enrolls:
            return None
        if at_ms < (live.started_ms or 0):
            self.changes.count(live.id, "session", "before_start")
            return None
        arm = live.draw(uuid)
        if arm is None:
            return None
        client = ClientRow(live.id, uuid, arm, live.clients + 1)
        self.rows.clients[live.id, uuid] = client
        self.changes.new_clients.append(client)
        live.arms[arm].clients += 1
        if live.counts_outcomes:
            book(self.rows, self.changes, live, client, 0.0)  # whoever does nothing is a client as well
        if client.number >= live.plan.n_total:
            live.closed_ms = self.now_ms
        return client

    def _paid_early(self, record: Money, raw: Raw) -> tuple[str, str]:
        expected = any(
            not live.ended_ms
            and ((live.id, record.uuid) in self.rows.clients or (live.enrolls and live.draw(record.uuid)))
            for live in self.memory.lives.values()
        )
        if not expected:
            return self.changes.count(NOBODY, "revenue", "outside")
        early = EarlyRecord(
            "revenue",
            record.uuid,
            self.now_ms,
            session=record.session,
            revenue=record.revenue,
            revision=record.revision,
            otherwise="unknown_session",
            **place_of(raw),
        )
        return wait(self.memory, self.changes, early) or self.changes.count(
            NOBODY, "revenue", "unknown_session"
        )

    def _outcome_early(self, live: Live, uuid: ClientId, name: str, value: float) -> str:
        if not live.enrolls or live.draw(uuid) is None:
            return "outside"
        early = EarlyRecord(
            "outcome", uuid, self.now_ms, live.id, amount=value, outcome=name, otherwise="outside"
        )
        return "outside" if wait(self.memory, self.changes, early) is None else "early"

    def _release(self, early: EarlyRecord) -> None:
        """Takes an early record whose client has opened a session."""
        if early.kind == "revenue":
            money = Money(early.uuid, early.session, early.revenue, early.revision)
            self.pay(money, Raw(early.topic, early.partition, early.offset, early.read_ms, None))
        elif early.kind == "outcome":
            self._release_outcome(early)
        else:
            self.predictions.release(early)

    def _release_outcome(self, early: EarlyRecord) -> None:
        live = self.memory.lives.get(early.experiment)
        if live is None or (live.id, early.uuid) not in self.rows.clients:
            reason = "outside"
        else:
            name = early.outcome or live.plan.outcome or ""
            reason = self.take_outcome(live, early.uuid, name, early.amount)
        self.changes.count(early.experiment, "outcome", reason)
