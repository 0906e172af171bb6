"""Clients of an experiment that watches guards."""

from typing import Any

import numpy as np

from liftstream.contracts.messages import Revenue, Session
from liftstream.experiment import draw_arm
from testbed.platform_stage import Stage

RETURNED = {"outcome": "returned", "kind": "proportion", "margin": 0.02, "direction": "less"}
WITHIN_MS = 1_800_001


class Shop:
    """Clients of one experiment: who comes, pays, and does what."""

    def __init__(self, stage: Stage, **fields: Any) -> None:
        self.stage = stage
        self.id, _ = stage.create(**{"effect": 2, "sd": 10, "n_per_arm": 400, **fields})
        stage.service.start(self.id)
        self.plan = self.shown.plan
        self.events = 0

    @property
    def shown(self) -> Any:
        return self.stage.service.experiment(self.id)

    def arm(self, uuid: int) -> str:
        return draw_arm(uuid, self.plan.salt, self.plan.shares) or ""

    def come(self, uuids: range) -> None:
        self.stage.take(
            *(self.stage.raw("session", Session(uuid, f"s{uuid}", self.stage.ms)) for uuid in uuids),
            wait_ms=2_000,
        )

    def pay(self, money: dict[int, float], revision: int = 0) -> None:
        self.stage.take(
            *(
                self.stage.raw("revenue", Revenue(uuid, f"s{uuid}", usd, revision))
                for uuid, usd in money.items()
            )
        )

    def do(self, name: str, uuids: Any, value: float = 1) -> None:
        records = []
        for uuid in uuids:
            self.events += 1
            event = {
                "event": f"e{self.events}",
                "decision": "",
                "unit": str(uuid),
                "name": name,
                "value": value,
            }
            records.append(self.stage.raw("outcome", event))
        self.stage.take(*records)

    def guard(self, name: str) -> Any:
        return next(guard for guard in self.shown.guards if guard.guard == name)


def whole(stage: Stage, rates: tuple[float, float], gain: float = 4.0, **fields: Any) -> Shop:
    """An experiment played to its end: money in both arms, returns at these rates."""
    shop = Shop(
        stage,
        looks=2,
        n_per_arm=420,
        guards=[RETURNED, {"outcome": "page", "kind": "count", "margin": 0.5}],
        **fields,
    )
    rng = np.random.default_rng(5)
    for start in range(1, 1_001, 100):
        if shop.shown.state != "running" or shop.shown.closed:
            break
        here = range(start, start + 100)
        shop.come(here)
        candidate = [shop.arm(uuid) == "candidate" for uuid in here]
        shop.do("returned", [u for u, c in zip(here, candidate, strict=True) if rng.random() < rates[c]])
        shop.do("page", [u for u in here if rng.random() < 0.7], value=2)
        shop.pay(
            {u: float(rng.gamma(2, 7)) + gain * c for u, c in zip(here, candidate, strict=True) if u % 10}
        )
    stage.take(wait_ms=WITHIN_MS)
    return shop
