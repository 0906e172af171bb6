"""`python benchmarks/experiment.py`: the statistics, beside what they are measured against, in one run.

Last result (2 cores, shared, Python 3.11; the better of two runs, so memory is warm: a first run of the moments took
0.05 to 0.18 s):

    liftstream --version                                    0.08 s
    liftstream sample-size --method z                       0.13 s   bar 0.5 s
    liftstream sample-size --method t                       0.13 s   bar 0.5 s
    moments of 10 million observations                      0.02 s   bar 1 s; numpy mean and var 0.02 s
    liftstream analyze, a million clients, less start-up    2.12 s   bar 3 s
    10,000 experiments of 11,754 clients, 5 looks           2.24 s
"""

import gc
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np

from liftstream import experiment
from liftstream.experiment import Moments

CLIENTS = 1_000_000
LIFTSTREAM = [sys.executable, "-m", "liftstream.cli"]


def seconds(task: Callable[[], object]) -> float:
    """The better of two runs."""
    return min(timeit.repeat(task, gc.enable, repeat=2, number=1))


def command(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([*LIFTSTREAM, *arguments], check=True, capture_output=True)


def write_clients(path: Path) -> None:
    rng = np.random.default_rng(1)
    arms = np.where(rng.random(CLIENTS) < 0.5, "original", "candidate")
    money = rng.gamma(1.86, 10.75, CLIENTS)
    with path.open("w") as file:
        file.write("client,arm,revenue\n")
        file.writelines(
            f"{i},{arm},{usd:.2f}\n" for i, (arm, usd) in enumerate(zip(arms, money, strict=True))
        )


def main() -> None:
    start_up = seconds(command("--version"))
    print(f"{'liftstream --version':<52}{start_up:8.2f} s")
    usual = ("--effect", "0.7", "--sd", "15")
    for method in ("z", "t"):
        taken = seconds(command("sample-size", *usual, "--method", method))
        print(f"{'liftstream sample-size --method ' + method:<52}{taken:8.2f} s   bar 0.5 s")
    values = np.random.default_rng(2).gamma(1.86, 10.75, 10_000_000)
    taken, numpys = seconds(lambda: Moments.of(values)), seconds(lambda: (values.mean(), values.var(ddof=1)))
    print(
        f"{'moments of 10 million observations':<52}{taken:8.2f} s   bar 1 s; numpy mean and var {numpys:.2f} s"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clients.csv"
        write_clients(file)
        taken = seconds(command("analyze", str(file))) - start_up
        print(f"{'liftstream analyze, a million clients, less start-up':<52}{taken:8.2f} s   bar 3 s")
    plan = experiment.plan(effect=0.7, sd=15, looks=5)
    taken = seconds(lambda: experiment.simulate(plan, runs=10_000))
    print(f"{'10,000 experiments of 11,754 clients, 5 looks':<52}{taken:8.2f} s")


if __name__ == "__main__":
    main()
