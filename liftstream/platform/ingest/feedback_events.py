"""Remembers which impressions and outcomes were counted, by the hash of their sender's id."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from liftstream.platform.ingest.tables import FeedbackEvent

AT_ONCE: Final = 500
"""Keys in one query."""

EventKey = tuple[str, bytes]
"""A bandit or an experiment, and the hash of an event's id."""


def event_key(owner: str, event: str) -> EventKey:
    """How an event is remembered."""
    return owner, hashlib.blake2b(event.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def known_events(connection: Connection, keys: Iterable[EventKey]) -> set[EventKey]:
    """The keys that were counted before."""
    return known_keys(connection, FeedbackEvent.owner, FeedbackEvent.event, keys)


def save_events(connection: Connection, events: Mapping[EventKey, int]) -> None:
    """Remembers events, each with its quantum."""
    rows = [
        {"owner": owner, "event": event, "quantum": quantum} for (owner, event), quantum in events.items()
    ]
    if rows:
        connection.execute(insert(FeedbackEvent), rows)


def known_keys(connection: Connection, owner: Any, value: Any, keys: Iterable[EventKey]) -> set[EventKey]:
    """The keys that are in two columns of a table."""
    by_owner: dict[str, list[bytes]] = {}
    for one, hashed in keys:
        by_owner.setdefault(one, []).append(hashed)
    found = set()
    for one, hashes in by_owner.items():
        for start in range(0, len(hashes), AT_ONCE):
            part = hashes[start : start + AT_ONCE]
            rows = connection.execute(select(value).where(owner == one, value.in_(part)))
            found |= {(one, bytes(row[0])) for row in rows}
    return found
