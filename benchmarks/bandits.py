"""`python -m benchmarks.bandits`: the bandits, beside numpy's own draws in the same run; with a file, the replay of it."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from liftstream import bandits
from liftstream.bandits.policies.named import POLICIES
from liftstream.cli.bandit.columns import numbers
from liftstream.cli.client_file import read_columns

RUNS, STEPS, ARMS, CHOICES = 400, 10_000, 100, 3_000


def seconds(task: Callable[[], object]) -> float:
    """The better of two runs."""
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        task()
        taken.append(time.perf_counter() - start)
    return min(taken)


def line(what: str, figure: str) -> None:
    print(f"{what:<64}{figure}")


def measure_simulation() -> None:
    rng = np.random.default_rng(1)
    shape = np.ones((RUNS, 3))
    draws = seconds(lambda: [rng.beta(shape, shape) for _ in range(STEPS)])
    line(f"numpy: {STEPS:,} times {RUNS} x 3 beta draws", f"{draws:8.2f} s")
    for text in ("epsilon-greedy", "epsilon-decreasing", "ucb1", "thompson", "dynamic"):
        start = time.perf_counter()
        bandits.simulate(bandits.parse_policy(text), bandits.Stationary(steps=STEPS), runs=RUNS)
        taken = time.perf_counter() - start
        line(f"{text}: {RUNS} runs of {STEPS:,} choices", f"{taken:8.2f} s   bar 10 s")


def told(name: str) -> bandits.Bandit:
    """A hundred arms with some feedback each."""
    rng = np.random.default_rng(2)
    bandit = bandits.Bandit(bandits.parse_policy(name), [f"arm {i}" for i in range(ARMS)])
    for arm in bandit.arms:
        bandit.take_counts(arm, trials=500, reward=int(rng.integers(20, 80)), reference=50)
    return bandit


def measure_choices() -> None:
    rng = np.random.default_rng(3)
    for name in POLICIES:
        bandit = told(name)
        alone = seconds(lambda bandit=bandit: [bandit.choose(rng) for _ in range(CHOICES)]) / CHOICES
        learning = (
            seconds(lambda bandit=bandit: [bandit.take_reward(bandit.choose(rng), 1) for _ in range(CHOICES)])
            / CHOICES
        )
        line(
            f"{name}: choose among {ARMS} arms; choose and learn",
            f"{1e6 * alone:8.1f} us  {1e6 * learning:8.1f} us   bar 50 us",
        )
        fresh = told(name)
        line(
            f"{name}: propensities of {ARMS} arms",
            f"{1e3 * seconds(lambda fresh=fresh: fresh.policy.propensities(fresh._active())):8.2f} ms",
        )


def replay(path: Path) -> None:
    columns = read_columns(str(path))
    world = bandits.Replay.of(path.name, [(name, numbers(columns, name, str(path))) for name in columns])
    for text, known in (
        ("ucb1:constant=1.5", "2,178"),
        ("ucb1:constant=2", "2,053"),
        ("thompson", "at least 2,550"),
    ):
        found = bandits.simulate(bandits.parse_policy(text), world, runs=20)
        line(f"{path.name}: {text}, reward", f"{found.total_reward:8,.1f}   Ads CTR: {known}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", type=Path, help="A full-information log, such as the Ads CTR one.")
    options = parser.parse_args()
    measure_simulation()
    measure_choices()
    if options.file:
        replay(options.file)


if __name__ == "__main__":
    main()
