"""Experiments in every state, for pages and their pictures.

`python -m tests.platform.stage [PORT]` serves them, for working on the pages.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.simulation.shop.population import ShopClients
from testbed.platform_stage import Rule, Stage, everybody, likely_buyers, men

PROPORTION: dict[str, Any] = {
    "name": "Contacts",
    "metric": {"kind": "proportion", "outcome": "contact"},
    "base_rate": 0.10,
    "effect": 0.05,
    "alpha": 0.05,
    "power": 0.8,
    "n_per_arm": 800,
}


def all_states(stage: Stage) -> dict[str, str]:
    """Experiments in every state, by what they show: for pages and their pictures."""
    found: dict[str, str] = {}

    def run(word: str, rule: Rule, clients: int, **fields: Any) -> None:
        options = {name: fields.pop(name) for name in ("unanswered", "lost", "seed") if name in fields}
        found[word], tokens = stage.create(**fields)
        stage.service.start(found[word])
        names = list(tokens)
        stage.play(tokens, dict.fromkeys(names, rule), clients, first_uuid=1_000_000 * len(found), **options)

    run("improves", likely_buyers, 12_000, name="New category, LR at 0.65", looks=5, n_per_arm=5877, seed=3)
    run(
        "harms",
        everybody,
        12_000,
        name="New category to everybody",
        effect=1.0,
        n_per_arm=3000,
        looks=5,
        seed=4,
    )
    run("no improvement", men, 4_000, name="The original as candidate", effect=1.5, n_per_arm=1300, seed=5)
    run("stopped", likely_buyers, 2_000, name="Second try")
    stage.service.stop(found["stopped"], "the model was trained on the wrong month")

    def leak(people: ShopClients) -> NDArray[np.bool_]:
        return np.random.default_rng(8).random(len(people)) < 0.5 * (people.interest > 0.5)

    def leaking(people: ShopClients) -> NDArray[np.bool_]:
        row = stage.service.experiment(found["alarm"])
        from liftstream.experiment import draw_arm

        arms = [draw_arm(uuid, row.plan.salt, row.plan.shares) for uuid in people.uuid.tolist()]
        return leak(people) & np.array([arm == "candidate" for arm in arms])

    run("alarm", likely_buyers, 5_000, name="A leak in the candidate's arm", lost=leaking)
    stage.service.stop(found["alarm"], "the split is broken")
    run(
        "running",
        likely_buyers,
        6_790,
        name="New category, boosting",
        looks=5,
        n_per_arm=5877,
        unanswered=0.002,
        seed=7,
    )
    found["waiting"], _ = stage.create(
        name="Two candidates", candidates=["boosting", "mlp"], n_per_arm=8000, looks=1
    )
    stage.service.start(found["waiting"])
    stage.service.roll_out(found["no improvement"], "original")
    found["draft"], _ = stage.create(name="Christmas", n_per_arm=7000)
    return found


def main() -> None:
    """Serves all states."""
    import uvicorn

    from liftstream.platform.app import create_app

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(f"sqlite:///{Path(folder) / 'stage.db'}")
        for word, name in all_states(stage).items():
            print(f"{word:<16} http://127.0.0.1:{port}/experiments/{name}")
        uvicorn.run(create_app(stage.service), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
