"""`python -m benchmarks.bandits`: the bandits, beside numpy's own draws in the same run; with a file, the replay of it.

Last result (2 shared cores under load, Python 3.11, CPU time; 10,000 steps of 400 runs of 3 arms, or one choice among 100):

                        simulated   choose    choose and learn   propensities
    numpy's beta draws     1.05 s   12.0 us
    epsilon-greedy         0.95 s   14.5 us            19.8 us        0.03 ms
    epsilon-decreasing     1.00 s   16.9 us            22.7 us        0.03 ms
    ucb1                   0.98 s   19.7 us            25.1 us        0.03 ms
    thompson               1.33 s   15.3 us            20.6 us       10.12 ms
    dynamic                1.07 s   10.3 us            15.0 us        7.91 ms
    reference-thompson              15.5 us            20.8 us        9.85 ms
    Ads CTR file: ucb1 2,178 (constant 1.5) and 2,053 (2), thompson 2,587 on average
"""

import argparse
import gc
import time
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from liftstream import bandits
from liftstream.bandits.policies.named import POLICIES
from liftstream.cli.bandit.columns import numbers
from liftstream.cli.files.client_file import read_columns

RUNS, STEPS, ARMS, CHOICES = 400, 10_000, 100, 3_000


def seconds(task: Callable[[], object]) -> float:
    """CPU time, the best of three: what others do on the machine counts less."""
    return min(timeit.repeat(task, gc.enable, time.process_time, repeat=3, number=1))


def line(what: str, figure: str) -> None:
    print(f"{what:<64}{figure}")


def measure_simulation() -> None:
    rng = np.random.default_rng(1)
    shape = np.ones((RUNS, 3))
    draws = seconds(lambda: [rng.beta(shape, shape) for _ in range(STEPS)])
    line(f"numpy: {STEPS:,} times {RUNS} x 3 beta draws", f"{draws:8.2f} s")
    for text in ("epsilon-greedy", "epsilon-decreasing", "ucb1", "thompson", "dynamic"):
        start = time.process_time()
        bandits.simulate(bandits.parse_policy(text), bandits.Stationary(steps=STEPS), runs=RUNS)
        taken = time.process_time() - start
        line(f"{text}: {RUNS} runs of {STEPS:,} choices", f"{taken:8.2f} s   bar 10 s")


def told(name: str) -> bandits.Bandit:
    """A hundred arms with some feedback each."""
    rng = np.random.default_rng(2)
    bandit = bandits.Bandit(bandits.parse_policy(name), [f"arm {i}" for i in range(ARMS)])
    for arm in bandit.arms:
        bandit.take_counts(arm, trials=500, reward=int(rng.integers(20, 80)), reference=50)
    return bandit


def _choose(bandit: bandits.Bandit, rng: np.random.Generator) -> None:
    for _ in range(CHOICES):
        bandit.choose(rng)


def _choose_and_learn(bandit: bandits.Bandit, rng: np.random.Generator) -> None:
    for _ in range(CHOICES):
        bandit.take_reward(bandit.choose(rng), 1)


def measure_choices() -> None:
    rng = np.random.default_rng(3)
    shape = np.full(ARMS, 50.0)
    draws = seconds(lambda: [rng.beta(shape, 450.0) for _ in range(CHOICES)]) / CHOICES
    line(f"numpy: {ARMS} beta draws", f"{1e6 * draws:8.1f} us")
    for name in POLICIES:
        bandit = told(name)
        alone = seconds(partial(_choose, bandit, rng)) / CHOICES
        learning = seconds(partial(_choose_and_learn, bandit, rng)) / CHOICES
        line(
            f"{name}: choose among {ARMS} arms; choose and learn",
            f"{1e6 * alone:8.1f} us  {1e6 * learning:8.1f} us   bar 50 us",
        )
        fresh = told(name)
        line(
            f"{name}: propensities of {ARMS} arms",
            f"{1e3 * seconds(partial(fresh.policy.propensities, fresh._active())):8.2f} ms",
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
