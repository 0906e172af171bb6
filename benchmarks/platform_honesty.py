"""Whether A/A loops claim nothing and leaks are found: whole experiments through the platform's own code, without Kafka."""

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from benchmarks.platform_stack import CLIENTS, MISSION
from liftstream.experiment import draw_arm
from liftstream.experiment.numerics.binomial import acceptance_band
from liftstream.simulation.shop.population import ShopClients
from testbed.platform_stage import Stage, men


def honest(loops: int = 200) -> None:
    """Follows loops in processes of their own, as many as there are cores."""
    with ProcessPoolExecutor() as pool:
        clean = followed(pool.map(honest_loop, range(loops)), "A/A", "improves")
        leaking = followed(pool.map(leaking_loop, range(loops)), "with a leak", "alarm")
    improved = sum(verdict == "improves" for verdict, _ in clean)
    expected = acceptance_band(loops, MISSION["alpha"], 0.999)
    print(
        f"A/A loops of {CLIENTS:,} clients: {improved} of {loops} claim an improvement (99.9 % band {expected.min_rejections} to {expected.max_rejections})"
    )
    print(
        f"    sample-ratio alarms on honest traffic: {sum(s == 'alarm' for _, s in clean)} of {loops} (at most 2)"
    )
    alarms = sum(status == "alarm" for _, status in leaking)
    print(f"    on a 52/48 leak: {alarms} of {loops}, {100 * alarms / loops:.0f} % (at least 75 %)")


def followed(found: Iterator[tuple[str, str]], what: str, word: str) -> list[tuple[str, str]]:
    """Says how far it is, as this takes minutes."""
    listed = []
    for one in found:
        listed.append(one)
        if len(listed) % 20 == 0:
            count = sum(word in answer for answer in listed)
            print(f"    {len(listed)} loops {what}: {count} times {word!r}", file=sys.stderr, flush=True)
    return listed


def honest_loop(seed: int) -> tuple[str, str]:
    return played(seed, leak=0.0)


def leaking_loop(seed: int) -> tuple[str, str]:
    return played(seed + 10_000, leak=0.04 / 0.52)


def played(seed: int, leak: float) -> tuple[str, str]:
    """Verdict and checks of one loop, without Kafka; `leak` of the candidate's sessions never reach the platform."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(f"sqlite:///{folder}/platform.db")
        name, tokens = stage.create(name=f"A/A {seed}")
        stage.service.start(name)
        plan, rng = stage.service.experiment(name).plan, np.random.default_rng(seed)

        def lost(people: ShopClients) -> NDArray[np.bool_]:
            if not leak:
                return np.zeros(len(people), dtype=bool)
            arms = [draw_arm(uuid, plan.salt, plan.shares) for uuid in people.uuid.tolist()]
            return np.array([arm == "candidate" for arm in arms]) & (rng.random(len(people)) < leak)

        count = round(CLIENTS * (1 + 0.6 * leak))
        stage.play(tokens, {"candidate": men}, count, seed, lost=lost, first_uuid=1_000_000 * (seed + 1))
        found = stage.service.experiment(name)
        stage.service.close()
        return found.verdict, found.status
