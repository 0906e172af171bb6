"""Keeps records that were read before their session until it is read."""

from typing import Any

from liftstream.contracts.fetch import Raw
from liftstream.contracts.messages import ClientId
from liftstream.platform.ingest.rows import EarlyRecord
from liftstream.platform.ingest.rules.memory import Changes, Memory

EARLY_MOST = 20_000
"""Most records of a candidate, or of the shop, that wait for their session; more are not believed."""


def wait(memory: Memory, changes: Changes, early: EarlyRecord) -> tuple[str, str] | None:
    """Keeps a record until its session is read; None if its sender has too many of them."""
    if memory.waiting_early[early.sender] >= EARLY_MOST:
        return None
    memory.last_early += 1
    memory.waiting_early[early.sender] += 1
    early.id = memory.last_early
    memory.early.setdefault(early.uuid, []).append(early)
    changes.new_early.append(early)
    return early.experiment, "early"


def no_longer_early(memory: Memory, changes: Changes, uuid: ClientId) -> list[EarlyRecord]:
    """Removes and returns the waiting records of a client."""
    found = memory.early.pop(uuid, [])
    memory.waiting_early.subtract(early.sender for early in found)
    changes.done_early += [early.id for early in found]
    return found


def place_of(raw: Raw) -> dict[str, Any]:
    """Where a record was read, as an early record keeps it."""
    return {"topic": raw.topic, "partition": raw.partition, "offset": raw.offset}
