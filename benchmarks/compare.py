"""`python -m benchmarks.compare`: our worker beside the alternatives, on one broker, same messages, same model, in one run.

Throughput (answers to a backlog), latency (live traffic), a million waiting pairs, and what an idle worker uses. Turns
alternate and medians are shown, because other programs use the machine too: ratios hold, absolute figures do not.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: its folder must not hide the package `pipeline`
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import TypeVar

import click

from benchmarks.contestants import (
    BARE_LOOP,
    FAUST_TABLE,
    QUIX,
    TWO_WORKERS,
    WORKER,
    Contestant,
    ContestantSilent,
    Setup,
)
from benchmarks.floor import Floor, measure_floor
from benchmarks.latency import Idle, LatencyRun, measure_idle, measure_latency
from benchmarks.options import model_option, setup_of
from benchmarks.outcomes import Unanswered
from benchmarks.results import Results, save
from benchmarks.tables import (
    by_contestant,
    compare,
    say,
    show_floor,
    show_idle,
    show_latency,
    show_throughput,
)
from benchmarks.throughput import Backlogs, Throughput, measure_throughput
from liftstream.broker import ApacheKafka

FLOOR = "floor"
SHORT = {"worker": WORKER, "two-workers": TWO_WORKERS, "bare": BARE_LOOP, "quix": QUIX, "faust": FAUST_TABLE}
LIVE_RATE = 500
HALF_S = 5
"""Seconds of traffic at half of a contestant's maximum."""
FASTEST_FEED = 20_000
"""Pairs a second that the feeder manages beside a contestant and a broker on two cores."""
BARS = ((WORKER, BARE_LOOP, 0.9), (WORKER, QUIX, 10), (WORKER, FAUST_TABLE, 700), (TWO_WORKERS, WORKER, 1.6))

T = TypeVar("T")


@click.command()
@click.option(
    "--pairs", default=2_000_000, show_default=True, help="backlog of the fast ones; slow ones get fewer"
)
@click.option("--runs", default=3, show_default=True, help="of each, in turn")
@click.option(
    "--systems",
    default=",".join([*SHORT, FLOOR]),
    show_default=True,
    help="which, separated by commas; floor: Kafka's own consumer, which reads both topics and does nothing",
)
@click.option("--seconds", default=12, show_default=True, help="of live traffic; 0: no latency")
@click.option(
    "--waiting", default=1_000_000, show_default=True, help="pairs to drain for the memory; 0: none"
)
@click.option("--save", "saved", is_flag=True, help="write benchmarks/results/compare.json and its picture")
@model_option
def main(pairs: int, runs: int, systems: str, seconds: int, waiting: int, saved: bool, model: Path) -> None:
    """The worker beside the alternatives."""
    unknown = [name for name in systems.split(",") if name not in (*SHORT, FLOOR)]
    if unknown:
        known = ", ".join([*SHORT, FLOOR])
        raise click.BadParameter(f"{unknown[0]!r} is none of {known}", param_hint="--systems")
    chosen = [SHORT[name] for name in systems.split(",") if name != FLOOR]
    setup = setup_of(model)
    delay_ms = 3000 if TWO_WORKERS in chosen else 0  # or the worker that joins late makes the first replay
    with ApacheKafka(as_installed=True, rebalance_delay_ms=delay_ms) as broker:
        rates, silent = _parted(list(_throughput(chosen, broker.bootstrap, setup, pairs, runs)))
        show_throughput(rates, "A backlog, answered", silent)
        _show_bars(rates, chosen)
        if FLOOR in systems.split(","):
            say("the floor: Kafka's own consumer reads both topics and does nothing")
            show_floor(_floor(broker.bootstrap, setup, pairs, runs), rates)
        latencies, without = _parted(list(_latency(chosen, broker.bootstrap, setup, rates, seconds, runs)))
        if latencies or without:
            show_latency(latencies, without)
        drained, undrained = _parted(_drain(broker.bootstrap, setup, waiting))
        if drained or undrained:
            show_throughput(drained, "So many waiting, drained", undrained)
        idle, dead = _parted([_idle(broker.bootstrap, setup)])
        show_idle(idle, dead)
    unanswered = [*silent, *without, *undrained, *dead]
    if saved:
        results = Results(rates, latencies, drained, idle[0] if idle else None, unanswered)
        print(f"\nwritten: {', '.join(str(file) for file in save(results))}")
    sys.exit(1 if unanswered or sum(one.wrong for one in rates) + sum(one.wrong for one in latencies) else 0)


def _attempt(contestant: Contestant, asked: str, measure: Callable[[], T]) -> T | Unanswered:
    """What a measurement gives, or that there was no answer to measure."""
    try:
        return measure()
    except ContestantSilent as error:
        say(str(error))
        return Unanswered(contestant.name, asked, error.why)


def _parted(runs: Sequence[T | Unanswered]) -> tuple[list[T], list[Unanswered]]:
    """Runs with figures, and those without."""
    return (
        [run for run in runs if not isinstance(run, Unanswered)],
        [run for run in runs if isinstance(run, Unanswered)],
    )


def _throughput(
    chosen: Sequence[Contestant], bootstrap: str, setup: Setup, pairs: int, runs: int
) -> Iterator[Throughput | Unanswered]:
    backlogs = Backlogs(bootstrap, setup)
    say("the broker warms up: those of users have run for days")
    _attempt(
        WORKER, "warm-up", partial(measure_throughput, WORKER, backlogs.get(WORKER, pairs, "compact"), setup)
    )
    for run in range(runs):
        for contestant in chosen if run % 2 == 0 else reversed(chosen):
            say(f"throughput {run + 1}/{runs}: {contestant.name}")
            backlog = backlogs.get(contestant, pairs, "compact")
            yield _attempt(
                contestant,
                f"{len(backlog.messages):,} waiting",
                partial(measure_throughput, contestant, backlog, setup),
            )
    backlogs.clear()


def _latency(
    chosen: Sequence[Contestant],
    bootstrap: str,
    setup: Setup,
    rates: Sequence[Throughput],
    seconds: int,
    runs: int,
) -> Iterator[LatencyRun | Unanswered]:
    answering = {one.contestant for one in rates} if seconds else {}
    single = [one for one in chosen if one.processes == 1 and one.name in answering]
    for run in range(runs):
        for contestant in single if run % 2 == 0 else reversed(single):
            maximum = median(one.pairs_per_s for one in by_contestant(rates, contestant))
            half = min(maximum / 2, FASTEST_FEED)
            plan = [(half, HALF_S)] if maximum < LIVE_RATE else [(LIVE_RATE, seconds), (half, HALF_S)]
            for rate, duration in plan:
                say(f"latency {run + 1}/{runs}: {contestant.name}, {rate:,.0f} pairs/s")
                yield _attempt(
                    contestant,
                    f"{rate:,.0f} pairs/s",
                    partial(measure_latency, contestant, bootstrap, setup, rate, duration),
                )


def _floor(bootstrap: str, setup: Setup, pairs: int, runs: int) -> list[Floor]:
    backlogs = Backlogs(bootstrap, setup)
    found = [measure_floor(backlogs.get(WORKER, pairs, "compact")) for _ in range(runs)]
    backlogs.clear()
    return found


def _drain(bootstrap: str, setup: Setup, waiting: int) -> list[Throughput | Unanswered]:
    if not waiting:
        return []
    say(f"a worker drains {waiting:,} pairs")
    backlogs = Backlogs(bootstrap, setup)
    backlog = backlogs.get(WORKER, waiting, "compact")
    drained = _attempt(WORKER, f"{waiting:,} waiting", partial(measure_throughput, WORKER, backlog, setup))
    backlogs.clear()
    return [drained]


def _idle(bootstrap: str, setup: Setup) -> Idle | Unanswered:
    say("a worker without traffic")
    return _attempt(WORKER, "idle", partial(measure_idle, WORKER, bootstrap, setup))


def _show_bars(rates: Sequence[Throughput], chosen: Sequence[Contestant]) -> None:
    for one, other, bar in BARS:
        if one not in chosen or other not in chosen:
            continue
        turns = {len(by_contestant(rates, each)) for each in (one, other)}
        if len(turns) > 1 or 0 in turns:
            print(f"{one.name} / {other.name}: not compared, a turn is missing (bar: {bar:g})")
        else:
            print(f"{one.name} / {other.name}: {compare(rates, one, other):,.2f} (bar: {bar:g})")


if __name__ == "__main__":
    main()
