"""The wall clock, in whole milliseconds since 1970, UTC."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Now."""
    return time.time_ns() // 1_000_000


def as_text(at_ms: int | None) -> str | None:
    """ISO 8601, to the second."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
