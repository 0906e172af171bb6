"""The effect of a batch of feedback on the bandits: plain Python on data in memory, no database, no Kafka, no clock.

Feedback belongs to the quantum of its decision, not to the time at which it comes. Every record is counted under one
reason; all but `counted` change nothing else. Lateness is judged by the record's own time, so reading a topic again
gives the same.
"""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from liftstream.platform.bandits.records import ImpressionRecord, OutcomeRecord
from liftstream.platform.bandits.running.decision_id import Decided, bandit_of, read_decision
from liftstream.platform.bandits.running.live import IMPRESSION, NO_ARM, UNIT, LiveBandit, SumKey
from liftstream.platform.ingest.feedback_events import EventKey, event_key

NOBODY: Final = ""
QuantumKey = tuple[str, int]
"""A bandit and one of its quanta."""


@dataclass
class FeedbackBatch:
    """One batch, applied to the bandits in memory.

    Args:
        bandits: by id.
        known: events that were counted before, of those that this batch names.
        known_units: units that were seen before, likewise.
    """

    bandits: Mapping[str, LiveBandit]
    known: Set[EventKey]
    known_units: Set[EventKey] = frozenset()
    tally: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Counts by bandit, kind and reason."""
    sums: Counter[tuple[str, SumKey]] = field(default_factory=Counter)
    """Sums to add, by bandit."""
    quanta: Counter[tuple[QuantumKey, str]] = field(default_factory=Counter)
    """Sums to add to the row of a quantum, by column."""
    events: dict[EventKey, int] = field(default_factory=dict)
    """New events with their quantum."""
    units: set[EventKey] = field(default_factory=set)
    """New units, as hashes."""

    def take(self, record: ImpressionRecord | OutcomeRecord, at_ms: int) -> tuple[str, str]:
        """Counts a record written at `at_ms`; returns its bandit and the reason."""
        kind = IMPRESSION if isinstance(record, ImpressionRecord) else "outcome"
        bandit, reason = self._judge(record, at_ms)
        self.tally[bandit, kind, reason] += 1
        return bandit, reason

    @property
    def touched(self) -> set[str]:
        """Bandits whose page has changed."""
        return {bandit for bandit, _, _ in self.tally if bandit}

    def _judge(self, record: ImpressionRecord | OutcomeRecord, at_ms: int) -> tuple[str, str]:
        live = self.bandits.get(bandit_of(record.decision))
        if live is None:
            return NOBODY, "unknown" if record.decision else "no_decision"
        decided = read_decision(record.decision, live.definition.secret)
        if decided is None or decided.arm >= live.next_arm:
            return live.id, "forged"
        if live.definition.group_of(str(record.unit)) != decided.group:
            return live.id, "foreign"
        if at_ms > live.ends_ms(decided.quantum) + live.definition.attribution_ms or not _is_open(
            live, decided
        ):
            return live.id, "late"
        if isinstance(record, OutcomeRecord):
            if record.name not in live.definition.outcomes:
                return live.id, "other_outcome"
            if problem := _value_problem(live, record):
                return live.id, problem
        if not self._is_new(live.id, record.event, decided.quantum):
            return live.id, "repeated"
        self._see_unit(live, decided, str(record.unit))
        self._count(live, decided, record)
        return live.id, "counted"

    def _is_new(self, bandit: str, event: str, quantum: int) -> bool:
        key = event_key(bandit, event)
        if key in self.known or key in self.events:
            return False
        self.events[key] = quantum
        return True

    def _see_unit(self, live: LiveBandit, decided: Decided, unit: str) -> None:
        key = event_key(live.id, unit)
        if key in self.known_units or key in self.units or not live.has_room_for_units:
            return
        self.units.add(key)
        self._add(live, (NO_ARM, decided.group, UNIT), 1.0)

    def _add(self, live: LiveBandit, key: SumKey, amount: float) -> None:
        live.sums[key] += amount  # type: ignore[assignment]  # Counter is typed for whole numbers
        self.sums[live.id, key] += amount  # type: ignore[assignment]

    def _count(self, live: LiveBandit, decided: Decided, record: ImpressionRecord | OutcomeRecord) -> None:
        if isinstance(record, ImpressionRecord):
            name, amount = IMPRESSION, float(record.count)
        else:
            name, amount = record.name, record.value
        self._add(live, (decided.arm, decided.group, name), amount)
        if name in (IMPRESSION, live.definition.objective):
            column = f"{decided.group}_{'impressions' if name == IMPRESSION else 'objective'}"
            self.quanta[(live.id, decided.quantum), column] += amount  # type: ignore[assignment]
        learn(live, decided, name, amount)


def _is_open(live: LiveBandit, decided: Decided) -> bool:
    """Whether the bandit still learns from feedback of this quantum; see `settling`."""
    arm = live.arms.get(decided.arm)
    return arm is not None and live.learned.takes(arm.name, decided.quantum)


def learn(live: LiveBandit, decided: Decided, name: str, amount: float) -> None:
    """Lets the bandit learn from an amount.

    With a reference group the season of the trials is the reference's: a dynamic policy counts its outcomes, scaled to
    the size of the target group, as trials.
    """
    arm, period = live.arms[decided.arm].name, decided.quantum
    by_reference = live.definition.policy == "dynamic" and live.definition.reference_share > 0
    if name == IMPRESSION:
        if decided.group == "target" and not by_reference:
            live.learned.take_counts(arm, trials=amount, period=period)
    elif name == live.definition.objective:
        if decided.group == "target":
            live.learned.take_counts(arm, reward=amount, period=period)
        elif by_reference:
            live.learned.take_counts(arm, trials=amount * live.definition.target_per_reference, period=period)
        else:
            live.learned.take_counts(arm, reference=amount, period=period)


def _value_problem(live: LiveBandit, record: OutcomeRecord) -> str | None:
    if record.value < 0:
        return "negative_value"
    if record.name == live.definition.objective and live.learned.policy.unit_reward and record.value > 1:
        return "reward_above_1"
    return None
