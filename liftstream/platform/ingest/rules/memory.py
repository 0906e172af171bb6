"""What a batch of records is applied to: the memory from batch to batch, the rows that it names, and its changes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from liftstream.contracts.messages import ClientId, Decision
from liftstream.platform.ingest.rows import ClientRow, EarlyRecord, OpenVisits, VisitRow
from liftstream.platform.ingest.rules.guard_totals import GuardTotals
from liftstream.platform.ingest.running.live import Live
from liftstream.platform.ingest.running.rollout import RollOutMemory
from liftstream.platform.tokens import Candidate

NOBODY = ""
"""Stands for the experiment where a record belongs to none."""


@dataclass(slots=True)
class Memory:
    """The state between batches; read again from the database after an error."""

    lives: dict[str, Live] = field(default_factory=dict)
    open: OpenVisits = field(default_factory=OpenVisits)
    early: dict[ClientId, list[EarlyRecord]] = field(default_factory=dict)
    tokens: dict[bytes, Candidate] = field(default_factory=dict)
    original: dict[ClientId, int] = field(default_factory=dict)
    """Decisions of the original system that were made ahead of their session, the oldest first."""
    rule_decides: bool = True
    """Whether a rule decides for the original's arm of an experiment about money."""
    rollout: RollOutMemory = field(default_factory=RollOutMemory)
    batch: int = 0
    last_early: int = 0
    waiting_early: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Waiting records by sender: a flood of one leaves room for the others."""

    def has_early_before(self, at_ms: int) -> bool:
        """Whether a record has waited for its session since before this time."""
        oldest = next(iter(self.early.values()), None)
        return oldest is not None and oldest[0].read_ms < at_ms


@dataclass(slots=True)
class BatchRows:
    """Rows that the batch may touch, by key; `latest` is a client's newest session."""

    clients: dict[tuple[str, ClientId], ClientRow] = field(default_factory=dict)
    visits: dict[tuple[str, str], VisitRow] = field(default_factory=dict)
    latest: dict[tuple[str, ClientId], VisitRow] = field(default_factory=dict)
    guards: GuardTotals = field(default_factory=GuardTotals)


@dataclass(slots=True)
class Changes:
    """What a batch must write to the database, and the decisions that must be sent."""

    new_clients: list[ClientRow] = field(default_factory=list)
    paid_clients: dict[tuple[str, ClientId], ClientRow] = field(default_factory=dict)
    new_visits: dict[tuple[str, str], VisitRow] = field(default_factory=dict)
    decided: dict[tuple[str, str], VisitRow] = field(default_factory=dict)
    paid_visits: dict[tuple[str, str], VisitRow] = field(default_factory=dict)
    new_early: list[EarlyRecord] = field(default_factory=list)
    done_early: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    tally: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    delays: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)
    """Experiments whose sums changed."""
    paid: set[str] = field(default_factory=set)
    """Experiments whose money changed."""
    recount: set[str] = field(default_factory=set)
    """Experiments whose sums lost digits, and are taken from their clients again."""

    def count(self, experiment: str, kind: str, reason: str) -> tuple[str, str]:
        """Counts a record under a reason; returns the experiment and the reason."""
        self.tally[experiment, kind, reason] += 1
        return experiment, reason


def keep_newest(decisions: dict[ClientId, int], most: int) -> None:
    """Drops the oldest decisions made ahead."""
    for uuid in list(_first(decisions, len(decisions) - most)):
        del decisions[uuid]


def _first(items: Iterable[ClientId], count: int) -> Iterable[ClientId]:
    return (item for item, _ in zip(items, range(max(0, count)), strict=False))
