"""`python -m benchmarks.streams`: the worker on a stream that is not the shop's, beside the bare loop with the same decoder.

40 features of every type (ten texts, two dates), ids that are UUIDs, a logistic regression. Every answer is checked
against the model scored outside of any pipeline. Turns alternate: ratios hold, absolute figures do not.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory

import click

from benchmarks.contestants import BARE_LOOP, WORKER, Contestant, ContestantSilent, Setup
from benchmarks.feed import feed_backlog
from benchmarks.outcomes import Unanswered
from benchmarks.tables import compare, say, show_throughput
from benchmarks.throughput import Backlog, Throughput, make_topics, measure_throughput, with_fresh_answers
from liftstream.broker import ApacheKafka
from testbed.mixed_stream import THRESHOLD, make_mixed, write_definition, write_model

BAR = 0.8


@click.command()
@click.option("--pairs", default=100_000, show_default=True, help="that wait when a system starts")
@click.option("--runs", default=3, show_default=True, help="of each, in turn")
def main(pairs: int, runs: int) -> None:
    """The worker and the bare loop on 40 mixed features and UUIDs."""
    with (
        TemporaryDirectory(prefix="liftstream-bench-") as folder,
        ApacheKafka(as_installed=True) as broker,
    ):
        setup = Setup(write_model(Path(folder) / "mixed.pmml"), THRESHOLD)
        stream = {"STREAM": str(write_definition(Path(folder) / "mixed.yaml"))}
        contestants = [replace(one, settings=stream) for one in (WORKER, BARE_LOOP)]
        results = list(_turns(contestants, broker.bootstrap, setup, pairs, runs))
    rates = [one for one in results if isinstance(one, Throughput)]
    silent = [one for one in results if isinstance(one, Unanswered)]
    show_throughput(rates, "40 mixed features, UUIDs: a backlog, answered", silent)
    if not silent:
        print(f"{WORKER.name} / {BARE_LOOP.name}: {compare(rates, WORKER, BARE_LOOP):,.2f} (bar: {BAR:g})")
    sys.exit(1 if silent or any(one.wrong for one in rates) else 0)


def _turns(
    contestants: list[Contestant], bootstrap: str, setup: Setup, pairs: int, runs: int
) -> Iterator[Throughput | Unanswered]:
    messages = make_mixed(pairs)
    expected = messages.values(setup.model, setup.threshold)
    kafka = make_topics(bootstrap)
    feed_backlog(kafka, messages)
    for run in range(runs):
        for contestant in contestants if run % 2 == 0 else reversed(contestants):
            say(f"throughput {run + 1}/{runs}: {contestant.name}")
            backlog = Backlog(with_fresh_answers(kafka), messages, expected)
            try:
                yield measure_throughput(contestant, backlog, setup)
            except ContestantSilent as error:
                say(str(error))
                yield Unanswered(contestant.name, f"{pairs:,} waiting", error.why)


if __name__ == "__main__":
    main()
