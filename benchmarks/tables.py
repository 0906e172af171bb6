"""Results as tables."""

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.contestants import Contestant
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


def show_throughput(results: Sequence[Throughput]) -> None:
    """Medians by contestant."""
    table = Table(title="A backlog, answered", title_justify="left")
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
    _console.print(table)
