"""`python -m benchmarks.checkouts OTHER`: the worker of this checkout beside that of another one, by turns on one broker.

A machine's speed changes from minute to minute: a change of a few percent is seen only so.
"""

import os
import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from dataclasses import replace

import click

from benchmarks.contestants import WORKER
from benchmarks.options import model_option, setup_of
from benchmarks.tables import say, show_throughput
from benchmarks.throughput import Backlogs, measure_throughput
from liftstream.broker import ApacheKafka


@click.command()
@click.argument("other", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--pairs", default=600_000, show_default=True, help="that wait when a worker starts")
@click.option("--runs", default=8, show_default=True, help="of each, in turn")
@model_option
def main(other: Path, pairs: int, runs: int, model: Path) -> None:
    """Pairs a second of both; OTHER is the folder of another checkout, as `git worktree add` makes it."""
    setup, results = setup_of(model), []
    checkouts = {"this checkout": Path(__file__).resolve().parents[1], str(other): other.resolve()}
    with ApacheKafka(as_installed=True) as broker:
        backlogs = Backlogs(broker.bootstrap, setup)
        for run in range(runs):
            for name, folder in sorted(checkouts.items(), reverse=bool(run % 2)):
                say(f"run {run + 1} of {runs}: {name}")
                os.environ["PYTHONPATH"] = str(folder)  # which code the worker's process imports
                found = measure_throughput(WORKER, backlogs.get(WORKER, pairs, "compact"), setup)
                results.append(replace(found, contestant=name))
    show_throughput(results, "A backlog, answered")
    sys.exit(1 if any(one.wrong for one in results) else 0)


if __name__ == "__main__":
    main()
