"""The platform judges itself: seeded A/A loops through its own code, and a leak that its checks must see.

A small version of `benchmarks/platform.py honest`, which plays 200 loops of each.
"""

from pathlib import Path

import numpy as np
import pytest

from liftstream.experiment import draw_arm
from liftstream.simulation.shop.population import ShopClients
from testbed.platform_stage import Stage, likely_buyers, men

SMALL = {"effect": 3.4, "n_per_arm": 250}


def play_loop(stage: Stage, seed: int, leak: float = 0.0) -> tuple[str, str]:
    """Verdict and status of the checks of one loop with a candidate that decides as the original."""
    name, tokens = stage.create(name=f"loop {seed}", **SMALL)
    stage.service.start(name)
    plan = stage.service.experiment(name).plan
    rng = np.random.default_rng(seed)

    def lost(people: ShopClients) -> np.ndarray:
        arms = [draw_arm(uuid, plan.salt, plan.shares) for uuid in people.uuid.tolist()]
        return np.array([arm == "candidate" for arm in arms]) & (rng.random(len(people)) < leak)

    stage.play(tokens, {"candidate": men}, 500 + int(500 * leak), seed, lost=lost, first_uuid=10**6 * seed)
    found = stage.service.experiment(name)
    return found.verdict, found.status


@pytest.mark.slow
def test_a_a_loops_through_the_platform_claim_as_many_improvements_as_planned(tmp_path: Path) -> None:
    stage = Stage(f"sqlite:///{tmp_path / 'aa.db'}")
    found = [play_loop(stage, seed) for seed in range(1, 21)]
    stage.service.close()
    assert {verdict for verdict, _ in found} <= {"improves", "no improvement", "harms"}
    # 20 loops at 5 %: more than 5 happen once in 3,000 (binomial)
    assert sum(verdict == "improves" for verdict, _ in found) <= 5
    assert [status for _, status in found].count("alarm") == 0


def test_a_leak_in_one_arm_raises_the_alarm(tmp_path: Path) -> None:
    stage = Stage(f"sqlite:///{tmp_path / 'leak.db'}")
    verdicts = [play_loop(stage, seed, leak=0.4) for seed in range(1, 4)]
    stage.service.close()
    assert [status for _, status in verdicts] == ["alarm"] * 3


@pytest.mark.slow
def test_the_default_plan_is_proved_through_the_platform(tmp_path: Path) -> None:
    stage = Stage(f"sqlite:///{tmp_path / 'plan.db'}")
    name, tokens = stage.create()
    stage.service.start(name)
    stage.play(tokens, {"candidate": likely_buyers}, 11_356, seed=3)
    found = stage.service.experiment(name)
    stage.service.close()
    assert found.n_total == 11_356
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.ci_low < 0.844 < found.ci_high
