"""What a batch of records does to the experiments: plain Python on rows in memory, no database, no Kafka, no clock.

For a prediction the order of the questions is: whose token, whose client, in time, which value. Every record is counted
under one reason. A mistake in here cannot be half done: the caller drops the update together with its transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import ClientId
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.platform.ingest.incoming import CandidateAnswer, Money, OpenedSession
from liftstream.platform.ingest.rows import ClientRow, EarlyRecord, VisitRow, decision_of
from liftstream.platform.ingest.rules.booking import book, take_money, watch
from liftstream.platform.ingest.rules.early import no_longer_early, wait
from liftstream.platform.ingest.rules.memory import NOBODY, BatchRows, Changes, Memory
from liftstream.platform.ingest.running.latency_buckets import bucket_of
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.rollout import RollOutUpdate
from liftstream.platform.tokens import Candidate


@dataclass(slots=True)
class BatchUpdate:
    """One batch, applied to the memory and the rows; fills `changes`."""

    memory: Memory
    rows: BatchRows
    now_ms: int
    patience_ms: int
    changes: Changes = field(default_factory=Changes)
    everybody: RollOutUpdate = field(init=False)
    """Whom no experiment takes."""

    def __post_init__(self) -> None:
        self.everybody = RollOutUpdate(
            self.memory.rollout, self.memory.batch, self.now_ms, self.patience_ms, self.changes.decisions
        )

    def open_session(self, record: OpenedSession, at_ms: int) -> bool:
        """The shop opened a session `at_ms`; True if any experiment takes it."""
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
        """The original system decided for these clients, by uuid, whatever their arm."""
        for uuid, value in decisions.items():
            for live in self.memory.lives.values():
                visit = self.memory.open.first(live.id, uuid)
                if visit is not None and visit.arm == ORIGINAL:
                    self._answer(live, visit, value)
        self.everybody.decide_original(decisions)
        self.memory.original.update(decisions)

    def answer(self, record: CandidateAnswer, token: bytes, raw: Raw) -> tuple[str, str]:
        """A prediction came; returns the experiment and the reason under which it counts."""
        candidate = self.memory.tokens.get(token)
        if candidate is None:
            return self.changes.count(NOBODY, "prediction", "unknown_token")
        if candidate.revoked:
            return self.changes.count(candidate.experiment, "prediction", "revoked_token")
        value = record.value if type(record.value) is int and record.value in (0, 1) else None
        live = self.memory.lives.get(candidate.experiment)
        if live is None or (live.ended_ms and self.memory.open.first(live.id, record.uuid) is None):
            return self._answer_everybody(candidate, record, value, raw)
        key = live.id, record.uuid
        early = EarlyRecord(
            "prediction",
            record.uuid,
            self.now_ms,
            live.id,
            candidate.name,
            -1 if value is None else value,
            **_place(raw),
        )
        if self.memory.open.first(*key) is None and key not in self.rows.clients:
            return self._answered_early(live, early)
        reason = self._judge(live, candidate.name, record.uuid, value)
        if reason in {"late", "repeated"} and self._may_be_of_next_session(
            live, record.uuid, raw.timestamp_ms
        ):
            early.otherwise = reason
            return wait(self.memory, self.changes, early) or self.changes.count(live.id, "prediction", reason)
        return self.changes.count(live.id, "prediction", reason)

    def pay(self, record: Money, raw: Raw) -> tuple[str, str]:
        """Money of a session came; returns the experiment and the reason under which it counts."""
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
        """An outcome of a client came, for an experiment that measures it; returns the reason under which it counts.

        A proportion asks whether it ever came, a count adds it up. One that was read before its client's session is `early`:
        it waits, and is counted when the session comes.
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
        """Pages whose patience is over are shown without the category."""
        for visit in self.memory.open.due(self.now_ms):
            self._give_up(self.memory.lives[visit.experiment], visit)
        self.everybody.expire()

    def forget_early(self, sessions_read_to_ms: int) -> list[EarlyRecord]:
        """Records whose session should have been read by now belong to nobody; returns them."""
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
            self._give_up(live, visit)
        elif client.arm == ORIGINAL and live.counts_outcomes:
            self._answer(live, visit, 0)  # the old system goes on; no rule of the shop decides
        elif client.arm == ORIGINAL and record.uuid in self.memory.original:
            self._answer(live, visit, self.memory.original[record.uuid])
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

    def _judge(self, live: Live, candidate: str, uuid: ClientId, value: int | None) -> str:
        """The reason of a prediction for a client who is known."""
        visit = self.memory.open.first(live.id, uuid)
        arm = visit.arm if visit is not None else self.rows.clients[live.id, uuid].arm
        if arm != candidate:
            return "not_in_arm"
        if value is None:
            return "wrong_value"
        if visit is None:
            latest = self.rows.latest.get((live.id, uuid))
            return "repeated" if latest is not None and latest.answered else "late"
        if visit.opened_ms + self.patience_ms < self.now_ms:
            self._give_up(live, visit)
            return "late"
        self._answer(live, visit, value)
        return "accepted"

    def _may_be_of_next_session(self, live: Live, uuid: ClientId, at_ms: int) -> bool:
        """Whether an answer to a decided session may belong to one that was not read yet: it was written too long after."""
        latest = self.rows.latest.get((live.id, uuid))
        return latest is not None and at_ms > latest.opened_ms + self.patience_ms

    def _answer_everybody(
        self, candidate: Candidate, record: CandidateAnswer, value: int | None, raw: Raw
    ) -> tuple[str, str]:
        """An answer after the end: it decides a session if its candidate was rolled out."""
        owner = candidate.experiment
        if value is not None and self.everybody.answer(owner, candidate.name, record.uuid, value):
            return self.changes.count(owner, "prediction", "rolled_out")
        if not self.memory.rollout.asks(owner, candidate.name):
            return self.changes.count(owner, "prediction", "not_running")
        if value is None:
            return self.changes.count(owner, "prediction", "wrong_value")
        if self._is_taken(record.uuid):
            return self.changes.count(owner, "prediction", "outside")
        early = EarlyRecord(
            "prediction",
            record.uuid,
            self.now_ms,
            owner,
            candidate.name,
            value,
            otherwise="late",
            **_place(raw),
        )
        return wait(self.memory, self.changes, early) or self.changes.count(owner, "prediction", "late")

    def _is_taken(self, uuid: ClientId) -> bool:
        """Whether a running experiment decides for this client."""
        return any(
            not live.aa
            and not live.ended_ms
            and ((live.id, uuid) in self.rows.clients or (live.enrolls and live.draw(uuid) is not None))
            for live in self.memory.lives.values()
        )

    def _answered_early(self, live: Live, early: EarlyRecord) -> tuple[str, str]:
        if not live.enrolls or live.draw(early.uuid) is None:
            return self.changes.count(live.id, "prediction", "outside")
        early.otherwise = "unknown_client"
        return wait(self.memory, self.changes, early) or self.changes.count(
            live.id, "prediction", "unknown_client"
        )

    def _paid_early(self, record: Money, raw: Raw) -> tuple[str, str]:
        expected = any(live.enrolls and live.draw(record.uuid) for live in self.memory.lives.values())
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
            **_place(raw),
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
        """The client of an early record has opened a session."""
        if early.kind == "revenue":
            money = Money(early.uuid, early.session, early.revenue, early.revision)
            self.pay(money, Raw(early.topic, early.partition, early.offset, early.read_ms, None))
            return
        if self.everybody.answer(early.experiment, early.candidate, early.uuid, early.value):
            self.changes.count(early.experiment, "prediction", "rolled_out")
            return
        live = self.memory.lives.get(early.experiment)
        if early.kind == "outcome":
            client = self.rows.clients.get((early.experiment, early.uuid))
            reason = (
                "outside"
                if live is None or client is None
                else self.take_outcome(
                    live, early.uuid, early.outcome or live.plan.outcome or "", early.amount
                )
            )
            self.changes.count(early.experiment, "outcome", reason)
            return
        known = live is not None and (
            self.memory.open.first(live.id, early.uuid) or (live.id, early.uuid) in self.rows.clients
        )
        if live is None or not known:
            rolled_out = self.memory.rollout.asks(early.experiment, early.candidate)
            self.changes.count(early.experiment, "prediction", "outside" if rolled_out else "unknown_client")
            return
        value = early.value if early.value in (0, 1) else None
        self.changes.count(live.id, "prediction", self._judge(live, early.candidate, early.uuid, value))

    def _answer(self, live: Live, visit: VisitRow, value: int) -> None:
        arm = live.arms[visit.arm]
        arm.answered += 1
        arm.shown += value
        self.changes.delays[live.id, visit.arm, bucket_of(self.now_ms - visit.opened_ms)] += 1
        self._decide(visit, value, answered=True)

    def _give_up(self, live: Live, visit: VisitRow) -> None:
        live.arms[visit.arm].unanswered += 1
        self._decide(visit, 0, answered=False)

    def _decide(self, visit: VisitRow, value: int, *, answered: bool) -> None:
        visit.value, visit.answered, visit.batch = value, answered, self.memory.batch
        self.memory.open.close(visit)
        self.rows.latest[visit.experiment, visit.uuid] = visit
        self.changes.decided[visit.experiment, visit.session] = visit
        self.changes.touched.add(visit.experiment)
        self.changes.decisions.append(decision_of(visit))


def _place(raw: Raw) -> dict[str, Any]:
    """Where a record was read, as an early record keeps it."""
    return {"topic": raw.topic, "partition": raw.partition, "offset": raw.offset}
