"""The report on an experiment as text: the verdict first, then what it rests on."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from liftstream.experiment.metrics.kinds import P_LEAST
from liftstream.experiment.trial.analysis import CandidateReport, Report

MARKS = {"ok": "●", "warning": "▲", "alarm": "■"}
ROWS_MOST = 20
"""Of a table; whoever needs all of 300 arms reads the JSON."""


def print_report(report: Report, read_as: Sequence[str] = ()) -> None:
    """Everything, the verdict first."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{report.verdict.sentence}[/bold]")
    console.print(report.advice)
    console.print()
    arms = Table("arm", "clients", "$ per client", "sd", "$ in all", box=None, pad_edge=False)
    for arm in report.arms[:ROWS_MOST]:
        arms.add_row(arm.arm, f"{arm.n:,}", f"{arm.mean:.2f}", f"{arm.sd:.2f}", f"{arm.total:,.0f}")
    console.print(_right(arms))
    _more(console, len(report.arms), "arms")
    console.print()
    if report.candidates:
        console.print(_right(_differences(report)))
        _more(console, len(report.candidates), "candidates")
    for note in dict.fromkeys(one.relative_note for one in report.candidates if one.relative_note):
        console.print(f"of the original: {note}")
    if report.saving:
        console.print(
            f"covariate: correlation {report.saving.correlation:.2f} takes {100 * report.saving.reduction:.0f} % of the "
            f"variance, worth {report.saving.clients:.1f} times the clients"
        )
    if report.planned and report.ledger.looks:
        console.print()
        console.print(_right(_looks(report)))
    console.print()
    for check in report.checks:
        console.print(f"{MARKS[check.status]} {check.name}: {check.sentence}")
    if report.peeking:
        console.print(report.peeking)
    console.print(_small_print(report, read_as))


def _differences(report: Report) -> Any:
    table = Table(
        "difference", "$ per client", "interval", "p", "of the original", "better", box=None, pad_edge=False
    )
    for one in report.candidates[:ROWS_MOST]:
        found = one.numbers
        relative = _relative(one)
        table.add_row(
            found.candidate,
            "" if found.effect is None else f"{found.effect:+.3f}",
            ""
            if found.ci_low is None or found.ci_high is None
            else f"{found.ci_low:+.3f} to {found.ci_high:+.3f}",
            "" if found.pvalue is None else short_p(found.pvalue),
            relative,
            _percent(one.belief.better),
        )
    return table


def short_p(pvalue: float) -> str:
    """A p-value in a table."""
    return f"{pvalue:.3g}" if pvalue >= P_LEAST else f"<{P_LEAST:g}"


def _relative(one: CandidateReport) -> str:
    if one.relative is not None:
        return f"{100 * one.relative.effect:+.1f} %"
    return one.relative_note.partition(",")[0] if "%" in one.relative_note else ""


def _more(console: Console, count: int, what: str) -> None:
    if count > ROWS_MOST:
        console.print(f"... and {count - ROWS_MOST:,} {what} more; --json has all")


def _percent(share: float) -> str:
    """Never quite sure."""
    if share > 0.9995:
        return ">99.9 %"
    return "<0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def _looks(report: Report) -> Any:
    name = report.verdict.leading
    table = Table("look", "clients", "information", "alpha spent", "z", "bound", box=None, pad_edge=False)
    for look in report.ledger.looks:
        entry = look.candidates[name]
        table.add_row(
            str(look.number),
            f"{sum(look.clients.values()):,}",
            f"{entry.information:.3f}",
            f"{entry.alpha_spent:.3g}",
            f"{entry.z:.3f}",
            "none" if entry.bound is None else f"{entry.bound:.3f}",
        )
    return table


def _right(table: Any) -> Any:
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _small_print(report: Report, read_as: Sequence[str]) -> str:
    found = report.verdict
    level = 100 * (1 - found.alpha * (1 if found.alternative == "two-sided" else 2))
    after = f"; {report.after:,} clients came after the decision and are not counted" if report.after else ""
    dropped = f"; {report.dropped:,} of {report.rows:,} rows left out" if report.dropped else ""
    rows = f"; {report.rows:,} rows, {report.clients:,} clients" if report.rows != report.clients else ""
    read = f"; read as {', '.join(read_as)}" if read_as else ""
    plan = f"plan {report.plan.hash[:12]}" if report.planned else "no plan: as if looked at once"
    return (
        f"{found.method}; {found.alternative} alpha {found.alpha:g}, interval of {level:.3g} %; "
        f"'better' with a flat prior; {plan}{after}{rows}{dropped}{read}"
    )
