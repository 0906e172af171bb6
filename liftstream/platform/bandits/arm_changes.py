"""Arms that join and leave a live bandit, by hand or by a generation of its generator."""

import numpy as np
from sqlalchemy import Connection

from liftstream.platform.bandits import store
from liftstream.platform.bandits.running.generator import next_generation
from liftstream.platform.bandits.running.live import ArmRow, LiveBandit
from liftstream.platform.ingest.running.event_log import log_event


def join_arm(connection: Connection, live: LiveBandit, arm: ArmRow) -> ArmRow:
    """Adds an arm, which may be served from the next quantum on."""
    arm.since = live.quantum.number + 1 if live.quantum else 0
    live.learned.add_arm(arm.name)
    live.arms[arm.number] = arm
    live.next_arm = arm.number + 1
    store.insert_arm(connection, live.id, arm)
    return arm


def leave_arm(live: LiveBandit, arm: ArmRow, how: str) -> None:
    """Removes an arm, `retired` or `killed`: it gets no new quantum."""
    arm.state = "killed" if how == "killed" else "retired"
    live.learned.retire_arm(arm.name)


def breed(connection: Connection, live: LiveBandit, now_ms: int, rng: np.random.Generator) -> list[ArmRow]:
    """Adds the next generation; returns the arms that were removed for it."""
    number = live.quantum_at(now_ms) // (live.definition.generator or {})["every_quanta"]
    generation = next_generation(live, number, rng)
    left = []
    for name in generation.kept.dropped:
        arm = live.arm_named(name)
        if arm is not None and len(live.learned.arms) > 1:
            leave_arm(live, arm, "retired")
            left.append(arm)
    for child in generation.children:
        name = _unused(connection, live, child.name)
        row = ArmRow(live.next_arm, name, child.configuration, "active", child.origin, child.parents)
        join_arm(connection, live, row)
    said = f"generation {number}: {len(generation.kept.dropped)} retired, {len(generation.children)} joined"
    log_event(connection, live.id, now_ms, "generation", said)
    return left


def _unused(connection: Connection, live: LiveBandit, name: str) -> str:
    """A name for a child; people may have given its usual one to an arm of theirs."""
    while store.is_arm_name(connection, live.id, name):
        name = f"{name}-{live.next_arm}"
    return name
