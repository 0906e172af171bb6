"""Refused records, kept for inspection: a few of each reason a minute, a thousand in all.

All of them are counted; a flood of one kind must not fill the disk, nor displace other kinds.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from liftstream.contracts.fetch import Raw
from liftstream.platform.ingest.incoming import shown
from liftstream.platform.ingest.tables import Refused

KEPT: Final = frozenset(
    {
        "malformed",
        "unknown_token",
        "revoked_token",
        "unknown_client",
        "wrong_value",
        "late",
        "wrong_client",
        "unknown_session",
        "unknown",
        "forged",
        "foreign",
        "negative_value",
        "reward_above_1",
    }
)
"""Reasons that are kept; records under the others are normal in a healthy system."""
A_MINUTE: Final = 20
MOST: Final = 1_000
DETAIL: Final = 300


@dataclass
class Refusals:
    """Collects what the next transaction keeps."""

    _last: int = 0
    _new: list[dict[str, Any]] = field(default_factory=list)
    _seen: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)
    """The minute, and how many were kept in it, by experiment, kind and reason."""

    def load(self, connection: Connection) -> None:
        """Continues after the newest record that is kept."""
        self._new.clear()
        self._last = int(connection.execute(select(func.max(Refused.id))).scalar() or 0)

    def add(self, experiment: str, kind: str, reason: str, detail: str, raw: Raw, now_ms: int) -> None:
        """Keeps a record, if its reason is worth it and has not come too often this minute."""
        if reason not in KEPT:
            return
        key, minute = (experiment, kind, reason), now_ms // 60_000
        since, count = self._seen.get(key, (minute, 0))
        count = count if since == minute else 0
        self._seen[key] = minute, count + 1
        if count >= A_MINUTE:
            return
        self._last += 1
        self._new.append(
            {
                "id": self._last,
                "experiment": experiment,
                "kind": kind,
                "reason": reason,
                "detail": detail[:DETAIL],
                "topic": raw.topic,
                "partition": raw.partition,
                "offset": raw.offset,
                "read_ms": now_ms,
                "value": shown(kind, raw.value),
            }
        )

    def save(self, connection: Connection) -> None:
        """Writes the collected records, and drops the oldest."""
        if self._new:
            connection.execute(insert(Refused), self._new)
            connection.execute(delete(Refused).where(Refused.id <= self._last - MOST))
            self._new.clear()
