"""Outcomes of clients for experiments that are about an outcome, or watch over one."""

from collections.abc import Sequence

from sqlalchemy import Connection

from liftstream.platform.ingest import loading
from liftstream.platform.ingest.feedback_events import EventKey, event_key, known_events, save_events
from liftstream.platform.ingest.feedback_sink import OutcomeSeen
from liftstream.platform.ingest.incoming import read_id
from liftstream.platform.ingest.rules.batch_update import BatchUpdate
from liftstream.platform.ingest.running.live import Live
from liftstream.streams.definition import IdType


def count_outcomes(
    connection: Connection, update: BatchUpdate, outcomes: Sequence[OutcomeSeen], id_type: IdType
) -> None:
    """Adds each outcome to its client in every experiment that measures it; the same event again changes nothing."""
    lives = [live for live in update.memory.lives.values() if live.outcomes_may_come]
    found = [(live, one) for live in lives for one in outcomes if live.measures_outcome(one.name)]
    if not found:
        return
    _load_clients(connection, update, lives, found, id_type)
    known = known_events(connection, {event_key(live.id, one.event) for live, one in found})
    new: dict[EventKey, int] = {}
    for live, one in found:
        key, uuid = event_key(live.id, one.event), read_id(one.unit, id_type)
        if uuid is None:
            reason = "unit_is_no_uuid"
        elif key in known or key in new:
            reason = "repeated"
        else:
            reason = update.take_outcome(live, uuid, one.name, one.value)
            if reason in ("counted", "early"):
                new[key] = 0
        if reason != "early":  # it is counted with its session, or when that should have come
            update.changes.tally[live.id, "outcome", reason] += 1
    save_events(connection, new)


def _load_clients(
    connection: Connection,
    update: BatchUpdate,
    lives: Sequence[Live],
    found: Sequence[tuple[Live, OutcomeSeen]],
    id_type: IdType,
) -> None:
    """Adds the clients that the outcomes name to the rows; those that the batch has changed already stay."""
    uuids = {uuid for _, one in found if (uuid := read_id(one.unit, id_type)) is not None}
    loaded = loading.load_rows(connection, lives, uuids, [])
    for key, client in loaded.clients.items():
        if key not in update.rows.clients:
            update.rows.clients[key] = client
            update.rows.guards.of_client[key] = loaded.guards.of_client.get(key, {})
