"""`python -m benchmarks.compare`: our worker beside the alternatives, on one broker, same messages, same model, in one run.

Throughput (answers to a backlog), latency (live traffic), a million waiting pairs, and what an idle worker uses. Turns
alternate and medians are shown, because other programs use the machine too: ratios hold, absolute figures do not.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from collections.abc import Iterator, Sequence
from statistics import median

import click

from benchmarks.contestants import (
    BARE_LOOP,
    FAUST_TABLE,
    QUIX,
    TWO_WORKERS,
    WORKER,
    Contestant,
    Setup,
)
from benchmarks.latency import Idle, Latency, measure_idle, measure_latency
from benchmarks.options import model_option, setup_of
from benchmarks.results import Results, save
from benchmarks.tables import by_contestant, compare, say, show_idle, show_latency, show_throughput
from benchmarks.throughput import Backlogs, Throughput, measure_throughput
from liftstream.broker import ApacheKafka

SHORT = {"worker": WORKER, "two-workers": TWO_WORKERS, "bare": BARE_LOOP, "quix": QUIX, "faust": FAUST_TABLE}
LIVE_RATE = 500
HALF_S = 5
"""Seconds of traffic at half of a contestant's maximum."""
FASTEST_FEED = 20_000
"""Pairs a second that the feeder manages beside a contestant and a broker on two cores."""
BARS = ((WORKER, BARE_LOOP, 0.7), (WORKER, QUIX, 10), (WORKER, FAUST_TABLE, 700), (TWO_WORKERS, WORKER, 1.6))


@click.command()
@click.option(
    "--pairs", default=400_000, show_default=True, help="backlog of the fast ones; slow ones get fewer"
)
@click.option("--runs", default=3, show_default=True, help="of each, in turn")
@click.option("--systems", default=",".join(SHORT), show_default=True, help="which, separated by commas")
@click.option("--seconds", default=12, show_default=True, help="of live traffic; 0: no latency")
@click.option(
    "--waiting", default=1_000_000, show_default=True, help="pairs to drain for the memory; 0: none"
)
@click.option("--save", "saved", is_flag=True, help="write benchmarks/results/compare.json and its picture")
@model_option
def main(pairs: int, runs: int, systems: str, seconds: int, waiting: int, saved: bool, model: Path) -> None:
    """The worker beside the alternatives."""
    unknown = [name for name in systems.split(",") if name not in SHORT]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(SHORT)}", param_hint="--systems")
    chosen = [SHORT[name] for name in systems.split(",")]
    setup = setup_of(model)
    delay_ms = 3000 if TWO_WORKERS in chosen else 0  # or the worker that joins late makes the first replay
    with ApacheKafka(heap_mb=512, rebalance_delay_ms=delay_ms) as broker:
        rates = list(_throughput(chosen, broker.bootstrap, setup, pairs, runs))
        show_throughput(rates, "A backlog, answered")
        _show_bars(rates, chosen)
        latencies = list(_latency(chosen, broker.bootstrap, setup, rates, seconds, runs)) if seconds else []
        if latencies:
            show_latency(latencies)
        drained = _drain(broker.bootstrap, setup, waiting) if waiting else []
        if drained:
            show_throughput(drained, "So many waiting, drained")
        idle = _idle(broker.bootstrap, setup)
    if saved:
        print(f"\nwritten: {', '.join(str(file) for file in save(Results(rates, latencies, drained, idle)))}")
    sys.exit(1 if any(one.wrong for one in (*rates, *latencies)) else 0)


def _throughput(
    chosen: Sequence[Contestant], bootstrap: str, setup: Setup, pairs: int, runs: int
) -> Iterator[Throughput]:
    backlogs = Backlogs(bootstrap, setup)
    for run in range(runs):
        for contestant in chosen if run % 2 == 0 else reversed(chosen):
            say(f"throughput {run + 1}/{runs}: {contestant.name}")
            yield measure_throughput(contestant, backlogs.get(contestant, pairs, "compact"), setup)
    backlogs.clear()


def _latency(
    chosen: Sequence[Contestant],
    bootstrap: str,
    setup: Setup,
    rates: Sequence[Throughput],
    seconds: int,
    runs: int,
) -> Iterator[Latency]:
    single = [contestant for contestant in chosen if contestant.processes == 1]
    for run in range(runs):
        for contestant in single if run % 2 == 0 else reversed(single):
            maximum = median(one.pairs_per_s for one in by_contestant(rates, contestant))
            half = min(maximum / 2, FASTEST_FEED)
            plan = [(half, HALF_S)] if maximum < LIVE_RATE else [(LIVE_RATE, seconds), (half, HALF_S)]
            for rate, duration in plan:
                say(f"latency {run + 1}/{runs}: {contestant.name}, {rate:,.0f} pairs/s")
                yield measure_latency(contestant, bootstrap, setup, rate, duration)


def _drain(bootstrap: str, setup: Setup, waiting: int) -> list[Throughput]:
    say(f"a worker drains {waiting:,} pairs")
    backlogs = Backlogs(bootstrap, setup)
    drained = measure_throughput(WORKER, backlogs.get(WORKER, waiting, "compact"), setup)
    backlogs.clear()
    return [drained]


def _idle(bootstrap: str, setup: Setup) -> Idle:
    say("a worker without traffic")
    idle = measure_idle(WORKER, bootstrap, setup)
    show_idle(idle)
    return idle


def _show_bars(rates: Sequence[Throughput], chosen: Sequence[Contestant]) -> None:
    for one, other, bar in BARS:
        if one in chosen and other in chosen:
            print(f"{one.name} / {other.name}: {compare(rates, one, other):,.2f} (bar: {bar:g})")


if __name__ == "__main__":
    main()
