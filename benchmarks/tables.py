"""Results as tables."""

from collections.abc import Iterable, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.contestants import Contestant
from benchmarks.floor import Floor
from benchmarks.latency import Idle, LatencyRun
from benchmarks.outcomes import Unanswered
from benchmarks.throughput import Throughput

_errors = Console(stderr=True)
_console = Console(width=130)


def say(step: str) -> None:
    """What is being done now, on stderr."""
    _errors.print(step, highlight=False)


def by_contestant(results: Sequence[Throughput], contestant: Contestant) -> list[Throughput]:
    """The runs of one contestant."""
    return [result for result in results if result.contestant == contestant.name]


def compare(results: Sequence[Throughput], one: Contestant, other: Contestant) -> float:
    """The median over runs of how many times faster `one` was than `other` in the same turn."""
    pairs = zip(by_contestant(results, one), by_contestant(results, other), strict=True)
    return median(mine.pairs_per_s / theirs.pairs_per_s for mine, theirs in pairs)


def show_floor(floors: Sequence[Floor], results: Sequence[Throughput]) -> None:
    """What reading alone allows, and each contestant's share of it."""
    floor = median(one.pairs_per_s for one in floors)
    print(f"\nthe floor of physics, Kafka's own consumer without any work: {floor:,.0f} pairs/s")
    for name in dict.fromkeys(result.contestant for result in results):
        rate = median(one.pairs_per_s for one in results if one.contestant == name)
        print(f"{name} / floor: {rate / floor:.2f}")


def show_throughput(results: Sequence[Throughput], title: str, unanswered: Iterable[Unanswered] = ()) -> None:
    """Medians by contestant, and who did not answer."""
    table = Table(title=title, title_justify="left")
    table.add_column("system")
    for heading in (
        "pairs/s",
        "lowest",
        "highest",
        "pairs",
        "answered",
        "wrong",
        "CPU s/1000",
        "MB, most",
        "start s",
    ):
        table.add_column(heading, justify="right")
    for name in dict.fromkeys(result.contestant for result in results):
        runs = [result for result in results if result.contestant == name]
        rates = [run.pairs_per_s for run in runs]
        table.add_row(
            name,
            *(f"{rate:,.0f}" for rate in (median(rates), min(rates), max(rates))),
            f"{runs[0].pairs:,}",
            f"{min(run.answered for run in runs):,}",
            str(sum(run.wrong for run in runs)),
            f"{median(run.cpu_s_per_1000 for run in runs):.3g}",
            f"{max(run.peak_each_mb for run in runs):,.0f}",
            f"{median(run.first_answer_s for run in runs):.1f}",
        )
    _add_unanswered(table, unanswered)
    _console.print(table)


def show_latency(results: Sequence[LatencyRun], unanswered: Iterable[Unanswered] = ()) -> None:
    """Medians by contestant and rate, and who did not answer."""
    table = Table(
        title="Live traffic: from a pair's later half to its answer, on the broker", title_justify="left"
    )
    table.add_column("system")
    for heading in (
        "pairs/s",
        "median ms",
        "p99 ms",
        "worst ms",
        "answered",
        "wrong",
        "cores",
        "feeder late ms",
    ):
        table.add_column(heading, justify="right")
    for name in dict.fromkeys(result.contestant for result in results):
        for at_rate in _by_rate([result for result in results if result.contestant == name]):
            table.add_row(
                name,
                f"{median(run.rate for run in at_rate):,.0f}",
                f"{median(run.median_ms for run in at_rate):,.0f}",
                f"{median(run.p99_ms for run in at_rate):,.0f}",
                f"{median(run.worst_ms for run in at_rate):,.0f}",
                f"{min(run.answered / run.pairs for run in at_rate):.1%}",
                str(sum(run.wrong for run in at_rate)),
                f"{median(run.cores for run in at_rate):.2f}",
                f"{median(run.late_ms for run in at_rate):,.0f}",
            )
    _add_unanswered(table, unanswered)
    _console.print(table)


def _add_unanswered(table: Table, unanswered: Iterable[Unanswered]) -> None:
    for one in unanswered:
        table.add_row(f"{one.contestant}, {one.asked}: {one.why}")


def _by_rate(results: Sequence[LatencyRun]) -> list[list[LatencyRun]]:
    rates = dict.fromkeys(result.rate for result in results)
    return [[result for result in results if result.rate == rate] for rate in rates]


def show_idle(results: Iterable[Idle], unanswered: Iterable[Unanswered]) -> None:
    """A line each."""
    for one in results:
        print(
            f"{one.contestant}, idle: {one.core_percent:.1f} % of a core, {one.memory_mb:.0f} MB (bar: 3 %)"
        )
    for silent in unanswered:
        print(f"{silent.contestant}, {silent.asked}: {silent.why}")
