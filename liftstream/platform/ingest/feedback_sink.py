"""The receiver of impressions and outcomes: the collector passes them on, in its own transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Protocol

from sqlalchemy import Connection

from liftstream.contracts.fetch import Raw


@dataclass(frozen=True)
class RefusedFeedback:
    """A record that was counted and not taken."""

    bandit: str
    kind: str
    reason: str
    detail: str
    raw: Raw


@dataclass(frozen=True)
class OutcomeSeen:
    """An outcome, for experiments that are about it."""

    event: str
    unit: str
    name: str
    value: float


@dataclass
class FeedbackTaken:
    """The outcome of a batch of feedback.

    Attributes:
        tally: by bandit, kind of record and reason.
    """

    tally: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refused: list[RefusedFeedback] = field(default_factory=list)
    outcomes: list[OutcomeSeen] = field(default_factory=list)


class FeedbackSink(Protocol):
    """Live bandits, as the collector sees them."""

    lock: "RLock"
    """Held by the collector from before the batch until its transaction has ended."""

    def take(self, connection: Connection, records: Sequence[tuple[str, Raw]]) -> FeedbackTaken:
        """Counts records, each with its kind (`impression` or `outcome`), and writes what follows."""

    def settle(self, connection: Connection, read_to_ms: int) -> None:
        """Told that both topics are read up to this time, so nothing older comes."""

    def forget(self) -> None:
        """Told that the transaction was given up."""
