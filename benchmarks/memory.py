"""`python -m benchmarks.memory`: the memory of a worker under steady traffic for a long time."""

import os
import subprocess
import sys
import time
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import click
import psutil

from benchmarks.contestants import WORKER, Running, running
from benchmarks.options import model_option, setup_of
from benchmarks.outcomes import Topics
from benchmarks.tables import say
from benchmarks.throughput import make_topics
from liftstream.broker import ApacheKafka
from liftstream.contracts.connection import kafka_environment

ROUND_S = 30
"""Clients are made and written so many seconds at a time."""
SETTLED = 0.2
"""Share of the time after which caches and buffers have their size."""
ANSWERED_WITHIN_S = 30.0
FLAT_WITHIN = 0.05


@click.command()
@click.option("--pairs-per-second", default=2_000, show_default=True)
@click.option("--minutes", default=20.0, show_default=True)
@model_option
def main(pairs_per_second: int, minutes: float, model: Path) -> None:
    """Memory of one worker, round after round; exit code 1 where it grows by more than 5 % or a pair has no answer."""
    rounds = max(2, round(60 * minutes / ROUND_S))
    memory_mb: list[float] = []
    with ApacheKafka(as_installed=True) as broker:
        kafka = make_topics(broker.bootstrap)
        topics = Topics(kafka)
        with running(WORKER, kafka, setup_of(model)) as system:
            pairs = pairs_per_second * ROUND_S
            environment = os.environ | kafka_environment(kafka)
            for number in range(rounds):
                feed = [sys.executable, "-m", "benchmarks.feed"]
                fed = [*feed, *map(str, (pairs, pairs_per_second, number, 100_000 + number * pairs))]
                subprocess.run(fed, env=environment, stdout=subprocess.DEVNULL, check=True)
                system.check()
                memory_mb.append(_memory_mb(system))
                say(f"{(number + 1) * ROUND_S / 60:.1f} min: {memory_mb[-1]:.1f} MB")
            answered = _answered(topics, system, rounds * pairs)
            put_aside = _put_aside(system.folder)
    settled, last = memory_mb[int(SETTLED * rounds)], memory_mb[-1]
    print(
        f"answers: {answered:,} to {rounds * pairs:,} pairs at {pairs_per_second:,} pairs/s, {put_aside:,} records put aside"
    )
    print(
        f"memory: {settled:.1f} MB after a fifth of the time, {last:.1f} MB at the end ({last / settled:.3f})"
    )
    sys.exit(1 if answered != rounds * pairs or last > (1 + FLAT_WITHIN) * settled else 0)


def _memory_mb(system: Running) -> float:
    return float(sum(psutil.Process(one.pid).memory_info().rss for one in system.processes)) / 2**20


def _answered(topics: Topics, system: Running, wanted: int) -> int:
    """How many answers there are, as soon as there are enough of them, and nothing more comes."""
    deadline = time.monotonic() + ANSWERED_WITHIN_S
    while topics.answered() < wanted and time.monotonic() < deadline:
        system.check()
        time.sleep(1)
    return topics.answered()


def _put_aside(folder: Path) -> int:
    """Records in the side output: without an answer, and not lost."""
    return sum(file.read_bytes().count(b"\n") for file in folder.glob("*/side-output/*.jsonl"))


if __name__ == "__main__":
    main()
