"""What a live bandit forgets when no more feedback can arrive for it, so that its size stays bounded for years.

A policy that forgets keeps its sums by quantum: those of old quanta are folded into the prior of the next, which
changes nothing that is believed. Arms that were removed are kept while feedback may come, and the newest of them for
longer, to be looked at. Both depend on how far the topics were read, not on the clock: a backlog is counted completely
before anything is forgotten.
"""

from typing import Final

from sqlalchemy import Connection

from liftstream.platform.bandits import store
from liftstream.platform.bandits.running.live import LiveBandit

SETTLE_QUANTA: Final = 60
"""Quanta that are forgotten together, at the same places whoever reads them and whenever."""
DELAYED_MS: Final = 3_600_000
"""How long after it was written a record may reach its topic, beyond the attribution time."""
KEEP_EVENTS_MS: Final = 86_400_000
"""How much longer than the attribution time event ids are kept: an event that is sent again counts once."""
REMOVED_SHOWN: Final = 200
"""Newest of the removed arms that are kept for people to see."""


def settle(connection: Connection, live: LiveBandit, read_to_ms: int) -> bool:
    """Forgets everything that no feedback can change any more; returns whether there was something."""
    before = settled_before(live, read_to_ms)
    if not before:
        return False
    live.learned.close(before - 1)
    _forget_arms(connection, live, before)
    store.forget_events(connection, live, _over_before(live, read_to_ms - KEEP_EVENTS_MS))
    live.settled = before
    return True


def settled_before(live: LiveBandit, read_to_ms: int) -> int:
    """The quantum before which no feedback can change anything any more, now for the first time; 0 for none."""
    before = _over_before(live, read_to_ms - DELAYED_MS) // SETTLE_QUANTA * SETTLE_QUANTA
    return before if live.settled < before <= live.learned.period else 0


def _over_before(live: LiveBandit, at_ms: int) -> int:
    """The quantum before which the attribution time of all was over at a time."""
    over_ms = at_ms - live.definition.attribution_ms - (live.started_ms or at_ms)
    return over_ms // live.definition.quantum_ms


def _forget_arms(connection: Connection, live: LiveBandit, before: int) -> None:
    removed = [arm for arm in live.arms.values() if arm.state != "active"][:-REMOVED_SHOWN]
    if not removed:
        return
    served = store.arms_served_since(connection, live.id, before)
    for arm in removed:
        if arm.number not in served:
            live.learned.forget_arm(arm.name)
            live.fold_sums(arm.number)
            del live.arms[arm.number]
