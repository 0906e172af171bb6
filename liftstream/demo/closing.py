"""The final terminal output: the verdict, money per arm, the account of records, and where the pictures are."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from liftstream.demo.live_view import arms_table, aside_said, latency_said
from liftstream.demo.outcome import Outcome
from liftstream.experiment.amounts import money

SAME = 1e-9
"""Largest difference, $, of equal sums that were added in another order."""
STYLES = {"improves": "green", "harms": "red"}


def print_outcome(outcome: Outcome, files: Iterable[Path]) -> None:
    """Prints the outcome on stdout."""
    console = Console(highlight=False)
    report = outcome.report
    style = STYLES.get(report.verdict, "yellow")
    console.print(
        Panel(Text(report.sentence), title=Text(report.verdict, f"bold {style}"), border_style=style)
    )
    console.print(Padding(arms_table(report), (0, 2)))
    console.print(Padding(_numbers(outcome), (0, 2)))
    console.print()
    for file in files:
        console.print(f"  {file}", markup=False, soft_wrap=True)


def _numbers(outcome: Outcome) -> Table:
    report, last, plan = outcome.report, outcome.played.last, outcome.request.plan
    table = Table.grid(padding=(0, 3))
    ends = report.ci_low, report.ci_high
    level = f"{100 * (1 - 2 * report.alpha):.0f} % interval"
    table.add_row(level, _interval(ends, report.effect))
    table.add_row(
        "one-sided p", "-" if report.pvalue is None else f"{report.pvalue:.2g} (alpha {report.alpha:g})"
    )
    table.add_row("method", report.method)
    table.add_row(
        "plan",
        f"{money(plan.effect)} $ found with power {plan.achieved_power:.2f} by {plan.n_per_arm:,} clients per arm",
    )
    table.add_row("without Kafka", _rehearsed(outcome))
    table.add_row(
        "true effect",
        f"{money(outcome.truth.gain, sign=True)} $ for these clients (known, because the shop is simulated)",
    )
    table.add_row()
    table.add_row(
        "decisions",
        f"{last.pipeline.predictions:,}, {outcome.per_second:,.0f} a second; {latency_said(last.pipeline)}",
    )
    table.add_row(
        "", Text("the embedded broker hands out one batch at a time; for a real Kafka see the README", "dim")
    )
    table.add_row("unanswered", f"{report.unanswered:,}")
    table.add_row("side output", f"{last.pipeline.aside:,} ({aside_said(last.pipeline)})")
    table.add_row(
        "lost", f"{outcome.lost:,} of {sum(step.given for step in outcome.steps):,} records handed on"
    )
    for step in outcome.steps:
        if step.lost:
            table.add_row("", Text(f"{step.what}: {step.given:,} became {step.taken:,}", "red"))
    table.add_row("seconds", f"{outcome.played.seconds:.0f}")
    return table


def _rehearsed(outcome: Outcome) -> str:
    effect, unanswered = outcome.rehearsed.verdict.effect or 0.0, outcome.report.unanswered
    same = abs(effect - (outcome.report.effect or 0.0)) < SAME
    said = "identical" if same else f"{unanswered:,} pages were shown before they were decided"
    return f"{money(effect, sign=True)} $ for the same run computed without Kafka ({said})"


def _interval(ends: tuple[float | None, float | None], effect: float | None) -> str:
    if None in ends:
        return "-"
    low, high = (money(end or 0.0, sign=True, beside=(*ends, effect)) for end in ends)
    return f"{low} to {high} $ per client"
