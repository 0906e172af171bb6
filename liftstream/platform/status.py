"""The state of the Kafka loop, for pages and probes."""

import threading
from dataclasses import dataclass, replace
from typing import Literal

State = Literal["off", "connecting", "catching up", "reading", "away"]


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
    """Holds the newest status; written by the reading thread, read by all others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = KafkaStatus()

    @property
    def now(self) -> KafkaStatus:
        """The newest status."""
        return self._now

    def say(self, state: State, reason: str = "", behind: int = 0) -> None:
        """Sets the state."""
        with self._lock:
            self._now = replace(self._now, state=state, reason=reason, behind=behind)

    def saw_record(self, at_ms: int) -> None:
        """Notes when a record was read."""
        with self._lock:
            self._now = replace(self._now, last_record_ms=at_ms)
