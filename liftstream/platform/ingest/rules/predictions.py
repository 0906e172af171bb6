"""The effect of a prediction. The order of the checks is: token, client, time, value."""

from dataclasses import dataclass

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import ClientId
from liftstream.platform.ingest.incoming import CandidateAnswer
from liftstream.platform.ingest.rows import EarlyRecord
from liftstream.platform.ingest.rules.decisions import SessionDecisions
from liftstream.platform.ingest.rules.early import place_of, wait
from liftstream.platform.ingest.rules.memory import NOBODY, BatchRows, Changes, Memory
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.rollout import RollOutUpdate
from liftstream.platform.tokens import Candidate


@dataclass(slots=True)
class PredictionUpdate:
    """Takes the predictions of a batch; `everybody` are those whom no experiment takes."""

    memory: Memory
    rows: BatchRows
    changes: Changes
    now_ms: int
    patience_ms: int
    decisions: SessionDecisions
    everybody: RollOutUpdate

    def answer(self, record: CandidateAnswer, token: bytes, raw: Raw) -> tuple[str, str]:
        """Takes a prediction; returns the experiment and the reason under which it counts."""
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
            **place_of(raw),
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

    def release(self, early: EarlyRecord) -> None:
        """Takes an early prediction whose client has opened a session."""
        key = early.experiment, early.uuid
        if self.everybody.answer(early.experiment, early.candidate, early.uuid, early.value):
            reason = "rolled_out"
        elif (live := self.memory.lives.get(early.experiment)) is not None and (
            self.memory.open.first(*key) or key in self.rows.clients
        ):
            value = early.value if early.value in (0, 1) else None
            reason = self._judge(live, early.candidate, early.uuid, value)
        else:
            rolled_out = self.memory.rollout.asks(early.experiment, early.candidate)
            reason = "outside" if rolled_out else "unknown_client"
        self.changes.count(early.experiment, "prediction", reason)

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
            self.decisions.give_up(live, visit)
            return "late"
        self.decisions.answer(live, visit, value)
        return "accepted"

    def _may_be_of_next_session(self, live: Live, uuid: ClientId, at_ms: int) -> bool:
        """Whether an answer to a decided session may belong to a later one that was not read yet: it was written too
        long after."""
        latest = self.rows.latest.get((live.id, uuid))
        return latest is not None and at_ms > latest.opened_ms + self.patience_ms

    def _answer_everybody(
        self, candidate: Candidate, record: CandidateAnswer, value: int | None, raw: Raw
    ) -> tuple[str, str]:
        """Takes an answer after the experiment's end: it decides a session if its candidate was rolled out."""
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
            **place_of(raw),
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
