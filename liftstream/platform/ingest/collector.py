"""Takes batches of records into the database: one batch, one transaction, and the decisions that follow from it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Engine

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import ClientId, Decision
from liftstream.platform.ingest import loading, saving
from liftstream.platform.ingest.client_outcomes import count_outcomes
from liftstream.platform.ingest.feedback_sink import FeedbackSink
from liftstream.platform.ingest.incoming import IncomingReader, Known
from liftstream.platform.ingest.original import Original
from liftstream.platform.ingest.parsed_batch import ParsedBatch, parse_batch, rows_of_batch
from liftstream.platform.ingest.refused_records import Refusals
from liftstream.platform.ingest.rollout_rows import save_rollout
from liftstream.platform.ingest.rows import decision_of
from liftstream.platform.ingest.rules.batch_update import BatchUpdate
from liftstream.platform.ingest.rules.memory import NOBODY, Memory, keep_newest
from liftstream.platform.ingest.running.effect_history import EffectHistory
from liftstream.platform.ingest.running.event_log import log_event
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.looks import is_complete, is_due, look
from liftstream.platform.tokens import hash_secret
from liftstream.service.database import writing
from liftstream.streams.definition import IdType

DECIDED_AHEAD = 50_000
"""Decisions of the original system that are kept for sessions to come."""

Places = Mapping[tuple[str, int], int]


@dataclass(frozen=True)
class Taken:
    """The result of a batch.

    Attributes:
        decisions: to be sent to the shop; afterwards `Collector.delivered(batch)` is called.
        changed: experiments of which a page shows something else now.
    """

    decisions: list[Decision]
    batch: int
    changed: set[str]


class Collector:
    """The only writer of clients, sessions and sums; used by one thread at a time.

    Args:
        topics: the kind of record (`incoming.KINDS`) of each topic.
        feedback: takes impressions and outcomes in.
        patience_ms: how long a page waits for its decision.
        money_within_ms: how long after the last planned client money may take.
        id_type: of the clients.
    """

    def __init__(
        self,
        engine: Engine,
        original: Original | None,
        topics: Mapping[str, str],
        feedback: FeedbackSink,
        patience_ms: int = 1_000,
        money_within_ms: int = 1_800_000,
        id_type: IdType = "integer",
    ) -> None:
        self._engine, self._original, self._topics = engine, original, dict(topics)
        self._feedback = feedback
        self._id_type, self._reader = id_type, IncomingReader(id_type)
        self._patience_ms, self._money_within_ms = patience_ms, money_within_ms
        self._lock = threading.Lock()
        self._memory: Memory | None = None
        self._ahead: dict[ClientId, int] = {}
        self._delivered = self._saved_delivered = 0
        self._turn = 0
        self._places: dict[tuple[str, int], int] = {}
        self._refusals, self._points = Refusals(), EffectHistory()
        self.batch = 0
        """The newest batch when reading began."""
        self.born_ms = 0
        """When the database was made: what was written to Kafka before is none of its business."""

    def start(self, now_ms: int) -> list[Decision]:
        """Loads the memory; returns decisions that may not have been sent before a crash."""
        with self._lock, writing(self._engine) as connection:
            self.batch = self._load(connection).batch
            self.born_ms = loading.load_mark(connection, "born")
            if not self.born_ms:
                self.born_ms = now_ms
                saving.save_mark(connection, "born", now_ms)
            self._places = loading.load_places(connection)
            self._turn = loading.load_mark(connection, "turn") + 1
            saving.save_mark(connection, "turn", self._turn)
            self._delivered = self._saved_delivered = loading.load_mark(connection, "delivered")
            return [decision_of(visit) for visit in loading.load_undelivered(connection)]

    @property
    def places(self) -> Places:
        """The positions from which reading continues."""
        return dict(self._places)

    def delivered(self, batch: int) -> None:
        """Told that the shop's broker has all decisions up to this batch; stored with the next batch."""
        self._delivered = max(self._delivered, batch)

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction for other changes of experiments or tokens, between two batches.

        It takes a turn: a platform that reads into the same database gives its next batch up, and reads the change.
        """
        with self._lock:
            with writing(self._engine) as connection:
                turn = saving.count_change(connection, "turn")
                yield connection
            self._memory = None
            self._turn = turn if turn == self._turn + 1 else self._turn

    def is_waiting(self, now_ms: int, sessions_read_to_ms: int | None) -> bool:
        """Whether something must be done even without a new record."""
        with self._lock:
            memory = self._memory
            if memory is None:
                return True
            deadlines = memory.open.next_deadline_ms(), memory.rollout.open.next_deadline_ms()
            if any(deadline is not None and deadline < now_ms for deadline in deadlines):
                return True
            if memory.has_early_before(self._forget_before(sessions_read_to_ms)):
                return True
            return any(is_due(live, now_ms, self._money_within_ms) for live in memory.lives.values())

    def take(
        self,
        batch: list[Raw],
        now_ms: int,
        sessions_read_to_ms: int | None = None,
        feedback_read_to_ms: int | None = None,
    ) -> Taken:
        """Applies a batch and writes everything that follows from it.

        Args:
            batch: records in any order of topics, in order within a partition.
            now_ms: wall clock, after the records were read.
            sessions_read_to_ms: until when every session that was written has been read; None while there is a backlog.
            feedback_read_to_ms: likewise of impressions and outcomes.

        Raises:
            SomebodyElse: another platform reads into the same database.
        """
        with self._lock, self._feedback.lock:
            after = self._after(batch)
            try:
                with writing(self._engine) as connection:
                    saving.save_turn(connection, self._turn, self._turn + 1)
                    taken = self._take(connection, batch, now_ms, sessions_read_to_ms)
                    if feedback_read_to_ms is not None:
                        self._feedback.settle(connection, feedback_read_to_ms)
                    moved = {key: place for key, place in after.items() if self._places.get(key) != place}
                    saving.save_places(connection, moved)
            except BaseException:
                self._memory = None
                self._feedback.forget()
                raise
            self._places, self._turn = after, self._turn + 1
            return taken

    def _take(
        self, connection: Connection, batch: list[Raw], now_ms: int, sessions_read_to_ms: int | None
    ) -> Taken:
        memory = self._memory or self._load(connection)
        memory.batch += 1
        parsed = parse_batch(batch, self._topics, self._reader)
        rows = rows_of_batch(connection, memory, parsed)
        update = BatchUpdate(memory, rows, now_ms, self._patience_ms)
        self._apply(update, parsed)
        if parsed.feedback:
            self._take_feedback(connection, parsed.feedback, update)
        update.expire()
        for early in update.forget_early(self._forget_before(sessions_read_to_ms)):
            raw = Raw(early.topic, early.partition, early.offset, early.read_ms, early.shown())
            self._refusals.add(early.experiment, early.kind, early.otherwise, "", raw, now_ms)
        keep_newest(memory.original, DECIDED_AHEAD)
        self._save(connection, memory, update)
        changed = self._look(connection, memory, update)
        self._forget_ended(memory)
        if parsed.sessions:
            saving.save_traffic(connection, now_ms, len(parsed.sessions))
        self._refusals.save(connection)
        return Taken(update.changes.decisions, memory.batch, changed)

    def _load(self, connection: Connection) -> Memory:
        self._memory = loading.load_memory(connection, self._patience_ms)
        self._memory.original, self._memory.rule_decides = self._ahead, self.has_rule
        self._refusals.load(connection)
        return self._memory

    def _apply(self, update: BatchUpdate, parsed: ParsedBatch) -> None:
        for kind, raw, why in parsed.malformed:
            update.changes.count(NOBODY, kind, "malformed")
            self._refusals.add(NOBODY, kind, "malformed", why, raw, update.now_ms)
        for session, raw in parsed.sessions:
            update.open_session(session, raw.timestamp_ms)
        if parsed.clients:
            update.decide_original(self._decide_original(parsed.clients))
        for answer, raw in parsed.answers:
            experiment, reason = update.predictions.answer(answer, hash_secret(answer.token), raw)
            self._refusals.add(experiment, "prediction", reason, "", raw, update.now_ms)
        for money, raw in parsed.money:
            experiment, reason = update.pay(money, raw)
            self._refusals.add(experiment, "revenue", reason, "", raw, update.now_ms)

    def _take_feedback(
        self, connection: Connection, records: list[tuple[str, Raw]], update: BatchUpdate
    ) -> None:
        taken = self._feedback.take(connection, records)
        update.changes.tally += taken.tally
        count_outcomes(connection, update, taken.outcomes, self._id_type)
        for one in taken.refused:
            self._refusals.add(one.bandit, one.kind, one.reason, one.detail, one.raw, update.now_ms)

    @property
    def has_rule(self) -> bool:
        """Whether a rule decides for the original's arm."""
        return self._original is not None

    def _decide_original(self, clients: list[Known]) -> dict[ClientId, int]:
        if self._original is None:
            return {}
        columns = {
            name: np.array([getattr(client, name) for client in clients], dtype=np.float64)
            for name in ("age", "man", "woman")
        }
        return dict(zip((client.uuid for client in clients), self._original(columns), strict=True))

    def _look(self, connection: Connection, memory: Memory, update: BatchUpdate) -> set[str]:
        for live in memory.lives.values():
            if is_due(live, update.now_ms, self._money_within_ms):
                self._take_look(connection, live, update)
            elif live.closed_ms == update.now_ms:
                saving.save_live(connection, live)
                said = f"all {live.clients:,} planned clients came; waiting for their money"
                log_event(connection, live.id, update.now_ms, "closed", said)
        self._points.save(connection, [memory.lives[name] for name in update.changes.paid], update.now_ms)
        return {*update.changes.touched, *(name for name, _, _ in update.changes.tally if name)}

    def _take_look(self, connection: Connection, live: Live, update: BatchUpdate) -> None:
        if is_complete(live, update.now_ms, self._money_within_ms) and live.paid < live.clients:
            count = saving.save_no_money(connection, live)
            said = f"{count:,} clients brought no money in time: they count with 0 $"
            log_event(connection, live.id, update.now_ms, "no money", said)
        for happened in look(live, update.now_ms, self._money_within_ms):
            log_event(connection, live.id, update.now_ms, happened.kind, happened.said)
        saving.save_live(connection, live)
        update.changes.touched.add(live.id)

    def _save(self, connection: Connection, memory: Memory, update: BatchUpdate) -> None:
        saving.save_changes(connection, update.changes, memory.lives)
        saving.save_guards(connection, update.rows.guards, memory.lives)
        for name in update.changes.recount:
            saving.recount(connection, memory.lives[name])
        delivered = self._delivered
        save_rollout(connection, memory.rollout, update.everybody.changes, delivered)
        if update.changes.decisions or delivered != self._saved_delivered:
            saving.save_mark(connection, "batch", memory.batch)
            saving.save_mark(connection, "delivered", delivered)
            self._saved_delivered = delivered

    def _forget_ended(self, memory: Memory) -> None:
        for live in list(memory.lives.values()):
            if live.ended_ms and not self._has_open(memory, live.id):
                del memory.lives[live.id]

    def _forget_before(self, sessions_read_to_ms: int | None) -> int:
        """The time before which a record's session should have been read by now."""
        return 0 if sessions_read_to_ms is None else sessions_read_to_ms - self._patience_ms

    def _after(self, batch: list[Raw]) -> dict[tuple[str, int], int]:
        read = {(raw.topic, raw.partition): raw.offset + 1 for raw in batch}  # of a new topic from 0 on again
        return self._places | read

    @staticmethod
    def _has_open(memory: Memory, experiment: str) -> bool:
        return any(name == experiment for name, _ in memory.open.by_session)
