"""A recommendation block that is served by a bandit: units come, are shown what was chosen, and send feedback."""

import json
from itertools import count
from typing import Any

import numpy as np

from liftstream.contracts.fetch import Raw
from testbed.platform_stage import Stage

BANDIT: dict[str, Any] = {
    "name": "Similar ads",
    "arms": [
        {"name": "price", "configuration": {"price": 5, "words": 10}},
        {"name": "words", "configuration": {"price": 0, "words": 20}},
        {"name": "new", "configuration": {"price": 1, "words": 1}},
    ],
    "reference": {"share": 0.2, "configuration": {"price": 1, "words": 10}},
    "policy": "reference-thompson",
    "objective": "contact",
    "guards": ["deal"],
    "attribution_s": 60,
}


class Block:
    """Plays a site against a stage's bandit; every record has an id of its own."""

    def __init__(self, stage: Stage, **fields: Any) -> None:
        self.stage, self._ids = stage, count()
        self.id = stage.service.bandits.create({**BANDIT, **fields})

    def start(self) -> None:
        """Begins with the first quantum."""
        self.stage.service.bandits.start(self.id)

    def choose(self, unit: str) -> dict[str, Any]:
        """What the unit is served now."""
        body, _ = self.stage.service.bandits.choice(self.id, unit)
        found: dict[str, Any] = json.loads(body)
        return found

    def impression(self, decision: str, unit: str, **fields: Any) -> Raw:
        """A record of `topic_impression`."""
        record = {"event": f"i{next(self._ids)}", "decision": decision, "unit": unit, "count": 1}
        return self.stage.raw("impression", {**record, **fields})

    def outcome(self, decision: str, unit: str, **fields: Any) -> Raw:
        """A record of `topic_outcome`."""
        record = {"event": f"o{next(self._ids)}", "decision": decision, "unit": unit, "name": "contact"}
        return self.stage.raw("outcome", {**record, "value": 1, **fields})

    def next_quantum(self) -> None:
        """Lets the quantum clock tick."""
        self.stage.ms += 10_000
        self.stage.service.bandits.draw_due()

    def play(self, quanta: int, rates: dict[str, float], units: int = 50, seed: int = 1) -> list[Raw]:
        """Serves quanta to units that contact at the rate of their arm; returns all records."""
        rng, every = np.random.default_rng(seed), []
        for _ in range(quanta):
            batch = []
            for unit in map(str, rng.integers(0, 5_000, units)):
                chosen = self.choose(unit)
                batch.append(self.impression(chosen["decision"], unit))
                if rng.random() < rates[chosen["arm"]]:
                    batch.append(self.outcome(chosen["decision"], unit))
            self.stage.take(*batch)
            every += batch
            self.next_quantum()
        return every
