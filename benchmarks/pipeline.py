"""`python -m benchmarks.pipeline`: our worker beside the idiomatic Faust Table with pypmml, on one broker, in one run."""

import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import click

from benchmarks.contestants import FAUST_TABLE, WORKER
from benchmarks.options import model_option, setup_of
from benchmarks.tables import by_contestant, compare, say, show_throughput
from benchmarks.throughput import Backlogs, measure_throughput
from liftstream.broker import ApacheKafka

BAR = 300


@click.command()
@click.option("--pairs", default=200_000, show_default=True, help="backlog of our worker")
@click.option("--runs", default=3, show_default=True, help="of each, in turn; medians are shown")
@model_option
def main(pairs: int, runs: int, model: Path) -> None:
    """Joined pairs a second of `liftstream run` and of a Faust windowed Table with pypmml."""
    setup = setup_of(model)
    results = []
    with ApacheKafka(as_installed=True) as broker:
        backlogs = Backlogs(broker.bootstrap, setup)
        for run in range(runs):
            for contestant in (WORKER, FAUST_TABLE):
                say(f"run {run + 1} of {runs}: {contestant.name}")
                backlog = backlogs.get(contestant, pairs, "compact")
                results.append(measure_throughput(contestant, backlog, setup))
    show_throughput(results, "A backlog, answered")
    ratio = compare(results, WORKER, FAUST_TABLE)
    print(f"\nliftstream answers {ratio:,.0f} times as many pairs a second (bar: {BAR})")
    wrong = sum(result.wrong for result in results)
    answered = all(by_contestant(results, one)[0].answered for one in (WORKER, FAUST_TABLE))
    sys.exit(1 if wrong or not answered else 0)


if __name__ == "__main__":
    main()
