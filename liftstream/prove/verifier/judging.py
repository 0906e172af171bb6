"""The verifier's judgement: which invariants held, from the manifest and the evidence alone.

Nothing here knows how the pipeline works. What must hold follows from the records: two halves of one client whose event
times differ by at most the window are a pair and get an answer; every other record is put aside with its reason.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from liftstream.prove.traffic.manifest import Gone, Sent
from liftstream.prove.verifier.evidence import AsideLine, Observations, RecordPlace, SeenAnswer
from liftstream.prove.verifier.history import APART, IN_DOUBT, ClientHistory, by_client, place_of, where

EXAMPLES = 3


@dataclass
class Invariant:
    """One invariant: how often it was broken, with examples, and what was counted on the way."""

    name: str
    broken: int = 0
    said: str = ""
    examples: list[str] = field(default_factory=list)

    def breaks(self, example: str, count: int = 1) -> None:
        """Notes a violation."""
        self.broken += count
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)

    def to_dict(self) -> dict[str, Any]:
        """The invariant for `--json`."""
        return {"invariant": self.name, "broken": self.broken, "said": self.said, "examples": self.examples}


class Judge:
    """Judges one scenario.

    Args:
        sent: all input records.
        gone: what retention took.
        evidence: what the pipeline did.
        window_ms: of the join.
    """

    def __init__(
        self, sent: Sequence[Sent], gone: Iterable[Gone], evidence: Observations, window_ms: int
    ) -> None:
        self.evidence = evidence
        self.gone: dict[tuple[int, int], int] = {}
        for one in gone:
            self.gone[one.side, one.partition] = max(one.before, self.gone.get((one.side, one.partition), 0))
        self.places = {RecordPlace(one.side, one.partition, one.offset): one for one in sent}
        self.clients = by_client(sent, window_ms)
        self.answers: dict[int, list[SeenAnswer]] = defaultdict(list)
        for answer in evidence.answers:
            if answer.uuid is not None:
                self.answers[answer.uuid].append(answer)
        self.aside: dict[RecordPlace, list[AsideLine]] = defaultdict(list)
        for line in evidence.aside:
            self.aside[line.place].append(line)

    def checks(self) -> list[Invariant]:
        """Every invariant that can be checked from records."""
        return [
            self.every_pair_is_answered(),
            self.answers_are_right(),
            self.no_answer_without_both_halves(),
            self.every_other_record_is_put_aside(),
            self.reasons_are_right(),
            self.nothing_unresolved_was_committed(),
            self.repeats_are_covered_by_rereading(),
        ]

    def unanswered(self) -> int:
        """How many answers are still owed."""
        return sum(self._missing(client) for client in self.clients.values())

    def unaccounted(self) -> int:
        """How many records are neither answered nor put aside."""
        return sum(1 for _ in self._without_trace())

    def repeated(self) -> int:
        """How many answers there are beyond one per pair."""
        return sum(
            max(0, len(answers) - len(client.pairs))
            for uuid, answers in self.answers.items()
            if (client := self.clients.get(uuid))
        )

    def every_pair_is_answered(self) -> Invariant:
        """Every client with both halves inside the window has a prediction, one for every visit."""
        check = Invariant("every pair has an answer")
        for client in self.clients.values():
            if missing := self._missing(client):
                check.breaks(f"client {client.uuid}: {where(client.records)}", missing)
        displaced = sum(client.answerable and client.displaced for client in self.clients.values())
        check.said = f"{sum(client.owed for client in self.clients.values()):,} pairs"
        if displaced:
            check.said += f"; {displaced:,} clients came too far out of order to be owed one"
        return check

    def answers_are_right(self) -> Invariant:
        """All predictions of a pair are equal, right, and in the agreed form."""
        check = Invariant("all answers to a pair are equal and right")
        for answer in self.evidence.answers:
            if answer.uuid is None:
                check.breaks(f"prediction {answer.partition}@{answer.offset} does not have the agreed form")
        for uuid, answers in self.answers.items():
            client, values = self.clients.get(uuid), {answer.value for answer in answers}
            if client is None or not client.pairs:
                continue  # the next check's business
            if not values <= client.values or (len(client.pairs) == 1 and len(values) > 1):
                check.breaks(f"client {uuid}: {sorted(map(str, values))}, right is {sorted(client.values)}")
        check.said = f"{len(self.evidence.answers):,} answers"
        return check

    def no_answer_without_both_halves(self) -> Invariant:
        """Only clients with both halves inside the window are answered."""
        check = Invariant("no answer without both halves")
        for uuid in self.answers:
            client = self.clients.get(uuid)
            if client is None or not client.answerable:
                check.breaks(f"client {uuid}: {where(client.records) if client else 'never sent'}")
        return check

    def every_other_record_is_put_aside(self) -> Invariant:
        """Every record is answered, put aside, or was taken by retention."""
        check = Invariant("every other record is put aside")
        for record in self._without_trace():
            check.breaks(where([record]))
        if self.evidence.torn_lines:
            check.breaks(f"{self.evidence.torn_lines} lines of the side output are no records")
        check.said = f"{len(self.aside):,} records"
        return check

    def reasons_are_right(self) -> Invariant:
        """The reason of every record put aside is one that its client's records allow."""
        check, found = Invariant("with the right reason"), Counter[str]()
        for place, lines in self.aside.items():
            record = self.places.get(place)
            found.update(line.reason for line in lines)
            allowed = self._reasons(record)
            for line in lines:
                if line.reason not in allowed:
                    told = where([record]) if record else f"{place} was never sent"
                    check.breaks(f"{line.reason}: {told}, right is {sorted(allowed)}")
        check.said = ", ".join(f"{count:,} {reason}" for reason, count in sorted(found.items())) or "none"
        return check

    def nothing_unresolved_was_committed(self) -> Invariant:
        """No commit that was seen reached beyond a record that was not resolved."""
        check = Invariant("nothing committed beyond an unresolved half")
        ahead: dict[tuple[int, int], deque[Sent]] = defaultdict(deque)
        for record in sorted(self.places.values(), key=lambda one: one.offset):
            ahead[record.side, record.partition].append(record)
        for sample in self.evidence.samples:
            for name, committed in sample.committed.items():
                while ahead[name] and ahead[name][0].offset < committed:
                    record = ahead[name].popleft()
                    if not self._resolved(record, sample):
                        check.breaks(f"{where([record])}, committed was {committed}")
        check.said = f"{len(self.evidence.samples):,} looks"
        return check

    def repeats_are_covered_by_rereading(self) -> Invariant:
        """A pair is answered again only where a worker read it again, or wrote a refused batch again."""
        check = Invariant("answers repeated only for what was read again")
        for uuid, answers in self.answers.items():
            client = self.clients.get(uuid)
            if client is None or len(answers) <= max(1, len(client.pairs)):
                continue
            readings = min(self._readings(record) for record in client.records)
            if len(answers) > len(client.pairs) * (readings + self.evidence.rewrites):
                check.breaks(f"client {uuid}: {len(answers)} answers, read {readings} times")
        check.said = f"{self.repeated():,} repeats"
        return check

    def _missing(self, client: ClientHistory) -> int:
        if not client.owed or self._lost_to_retention(client):
            return 0
        answers = self.answers.get(client.uuid, [])
        given = {answer.value for answer in answers}
        wanted = {pair[0].values for pair in client.pairs if len(pair[0].values) == 1}
        absent = (
            sum(1 for (value,) in wanted if value not in given) if client.owed == len(client.pairs) else 0
        )
        return max(absent, client.owed - len(answers))

    def _without_trace(self) -> Iterable[Sent]:
        for place, record in self.places.items():
            if place not in self.aside and not self._answered(record) and not self._is_gone(record):
                yield record

    def _answered(self, record: Sent) -> bool:
        """Whether answers account for this record: as many of its side are left as its client got answers."""
        if record.uuid is None or record.kind != "half":
            return False
        client = self.clients[record.uuid]
        if not client.pairs or record.uuid not in self.answers:
            return False
        left = [
            one
            for one in client.records
            if one.side == record.side and place_of(one) not in self.aside and not self._is_gone(one)
        ]
        return len(left) <= len(client.pairs)

    def _reasons(self, record: Sent | None) -> frozenset[str]:
        if record is None:
            return frozenset()
        if record.kind == "invalid" or record.uuid is None:
            return frozenset({"invalid"})
        client = self.clients[record.uuid]
        if self._lost_to_retention(client):
            return client.reasons() | APART | {IN_DOUBT}
        return client.reasons() | {IN_DOUBT}

    def _is_gone(self, record: Sent) -> bool:
        return record.offset < self.gone.get((record.side, record.partition), 0)

    def _lost_to_retention(self, client: ClientHistory) -> bool:
        return any(self._is_gone(record) for record in client.records)

    def _resolved(self, record: Sent, sample: Any) -> bool:
        if self._is_gone(record):
            return True
        lines = self.aside.get(place_of(record), ())
        if any(line.end <= sample.aside.get(line.file, 0) for line in lines):
            return True
        answers = self.answers.get(record.uuid, ()) if record.uuid is not None else ()
        return any(
            (answer.epoch, answer.offset) < (sample.epoch, sample.answered.get(answer.partition, 0))
            for answer in answers
        )

    def _readings(self, record: Sent) -> int:
        name = record.side, record.partition
        return sum(
            one.positions.get(name, record.offset + 1) <= record.offset for one in self.evidence.assignments
        )


def first_new_answers(evidence: Observations, over_ms: int) -> dict[int, int]:
    """The time of the first new answer after a moment by partition, in ms since 1970."""
    found: dict[int, int] = {}
    for answer in _first_answers(evidence):
        if answer.stamp_ms >= over_ms:
            found.setdefault(answer.partition, answer.stamp_ms)
    return found


def newly_answered(evidence: Observations, begin_ms: int) -> list[int]:
    """How many clients got their first answer in every second from a time on."""
    counts = Counter((answer.stamp_ms - begin_ms) // 1000 for answer in _first_answers(evidence))
    return [counts[second] for second in range(max(counts, default=-1) + 1)]


def _first_answers(evidence: Observations) -> Iterable[SeenAnswer]:
    known: set[int | None] = set()
    for answer in sorted(evidence.answers, key=lambda one: one.stamp_ms):
        if answer.uuid not in known:
            known.add(answer.uuid)
            yield answer
