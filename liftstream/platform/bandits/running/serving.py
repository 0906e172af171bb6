"""What is served now, ready to be sent: a snapshot that the deciding route reads without a lock or a database."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from liftstream.platform.bandits.running.definition import REFERENCE_ARM, Definition, Group
from liftstream.platform.bandits.running.live import LiveBandit


@dataclass(frozen=True)
class Served:
    """One bandit in one quantum: the answer of each group, the same for all its units."""

    definition: Definition
    until_ms: int
    answers: Mapping[Group, bytes]

    def answer(self, unit: str) -> bytes:
        """The JSON document for a unit."""
        return self.answers[self.definition.group_of(unit)]


def serve(live: LiveBandit) -> Served | None:
    """The snapshot of a bandit; None while it serves nothing."""
    quantum = live.quantum
    if live.state != "running" or quantum is None:
        return None
    arm, definition = live.arms[quantum.arm], live.definition
    shared = {"quantum": quantum.number, "until_ms": quantum.until_ms}
    target = {
        "decision": live.decision("target"),
        "group": "target",
        "arm": arm.name,
        "configuration": arm.configuration,
        "propensity": quantum.propensity,
        **shared,
    }
    reference = {
        "decision": live.decision("reference"),
        "group": "reference",
        "arm": REFERENCE_ARM,
        "configuration": definition.reference_configuration,
        "propensity": 1.0,
        **shared,
    }
    answers: dict[Group, bytes] = {
        "target": msgspec.json.encode(target),
        "reference": msgspec.json.encode(reference),
    }
    return Served(definition, quantum.until_ms, answers)
