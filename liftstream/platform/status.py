"""The state of the Kafka loop, for pages and probes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final, Literal

State = Literal["off", "connecting", "catching up", "reading", "away"]
STILL_S: Final = 5.0
"""A turn of the loop that takes longer is not reading: it waits for the database."""


@dataclass(frozen=True, slots=True)
class KafkaStatus:
    """The state at a moment."""

    state: State = "off"
    reason: str = "nothing reads Kafka in this process"
    """What is wrong, in one line; empty while all is well."""
    last_record_ms: int | None = None
    """When the last record was read."""
    behind: int = 0
    """Records that were written and not yet read."""

    @property
    def is_ready(self) -> bool:
        """Whether every record is read as it comes."""
        return self.state == "reading"


class StatusBoard:
    """Holds the newest status; written by the reading thread, read by all others.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._now = KafkaStatus()
        self._turned_at: float | None = None

    @property
    def now(self) -> KafkaStatus:
        """The newest status; "away" also where the reading thread says nothing of itself any more."""
        turned_at, now = self._turned_at, self._now
        still_s = 0.0 if turned_at is None else self._clock() - turned_at
        if still_s <= STILL_S or now.state not in {"reading", "catching up"}:
            return now
        said = f"the database has not taken what was read for {still_s:.0f} s; see that it runs and nothing locks its tables"
        return replace(now, state="away", reason=said)

    def turn(self) -> None:
        """The reading thread begins a turn: it reads, writes to the database, and sends."""
        self._turned_at = self._clock()

    def say(self, state: State, reason: str = "", behind: int = 0) -> None:
        """Sets the state."""
        with self._lock:
            self._now = replace(self._now, state=state, reason=reason, behind=behind)

    def saw_record(self, at_ms: int) -> None:
        """Notes when a record was read."""
        with self._lock:
            self._now = replace(self._now, last_record_ms=at_ms)
