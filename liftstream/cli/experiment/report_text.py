"""The report on an experiment as text: the verdict first, then what it rests on."""

from collections.abc import Sequence

from rich.table import Table

from liftstream.cli.tables import plain_table, say_more, wide_console
from liftstream.experiment.amounts import HUGE, P_LEAST, money
from liftstream.experiment.metrics.kinds import kind_of
from liftstream.experiment.report.report import CandidateReport, Report

MARKS = {"ok": "●", "warning": "▲", "alarm": "■"}
ROWS_MOST = 20
"""Rows of a table; `--json` has all."""


def print_report(report: Report, read_as: Sequence[str]) -> None:
    """Everything, the verdict first."""
    console = wide_console(soft_wrap=True)
    console.print(report.verdict.sentence, style="bold")
    console.print(report.advice)
    console.print()
    console.print(_arms(report))
    say_more(console, len(report.arms), ROWS_MOST, "arms ")
    console.print()
    if report.candidates:
        console.print(_differences(report))
        say_more(console, len(report.candidates), ROWS_MOST, "candidates ")
    if report.verdict.guards:
        console.print()
        console.print(_guards(report))
    for note in dict.fromkeys(one.relative_note for one in report.candidates if one.relative_note):
        console.print(f"of the original: {note}")
    if report.saving:
        console.print(
            f"covariate: correlation {report.saving.correlation:.2f} takes {100 * report.saving.reduction:.0f} % of the "
            f"variance, worth {report.saving.clients:.1f} times the clients"
        )
    if report.planned and report.ledger.looks:
        console.print()
        console.print(_looks(report))
    console.print()
    for check in report.checks:
        console.print(f"{MARKS[check.status]} {check.name}: {check.sentence}")
    if report.peeking:
        console.print(report.peeking)
    console.print(_small_print(report, read_as))


def _arms(report: Report) -> Table:
    """A row for each arm, in the unit of what is measured."""
    kind = report.plan.metric
    of_money = kind.name == "money"
    table = plain_table("arm", "clients", kind.level_unit, "sd", "$ in all" if of_money else "in all")
    for arm in report.arms[:ROWS_MOST]:
        numbers = [_cell(value, 2) if of_money else kind.number(value) for value in (arm.mean, arm.sd)]
        table.add_row(arm.arm, f"{arm.n:,}", *numbers, _cell(arm.total, 0))
    return table


def _cell(amount: float, decimals: int) -> str:
    """An amount with so many decimals; as elsewhere where they would not show it."""
    shown = amount == 0 or 10.0**-decimals <= abs(amount) < HUGE
    return f"{amount:,.{decimals}f}" if shown else money(amount)


def _differences(report: Report) -> Table:
    kind = report.plan.metric
    unit = kind.level_unit if kind.name == "money" else kind.change_unit
    table = plain_table("difference", unit, "interval", "p", "of the original", "better")
    for one in report.candidates[:ROWS_MOST]:
        found = one.numbers
        effect, interval = difference_in_table(kind.name, found.effect, found.ci_low, found.ci_high)
        table.add_row(
            found.candidate,
            effect.removesuffix(" pts"),
            interval,
            "" if found.pvalue is None else short_p(found.pvalue),
            _relative(one),
            _percent(one.belief.better),
        )
    return table


def _guards(report: Report) -> Table:
    """A row for each guard of each candidate."""
    table = plain_table("guard", "candidate", "original", "candidate's", "interval", "margin", "p", "")
    margins = {guard.name: guard.margin_in_words for guard in report.plan.guards}
    for one in report.verdict.guards[:ROWS_MOST]:
        levels = levels_in_table(one.kind, one.original_value, one.candidate_value)
        _, interval = difference_in_table(one.kind, one.effect, one.ci_low, one.ci_high)
        p = "" if one.pvalue is None else short_p(one.pvalue)
        table.add_row(one.guard, one.candidate, *levels, interval, margins[one.guard], p, one.verdict)
    return table


def levels_in_table(kind: str, *means: float | None) -> list[str]:
    """The means of a row, written alike; nothing where one is not known."""
    unit = " %" if kind == "proportion" else ""
    return ["" if one is None else f"{kind_of(kind).number(one, beside=means)}{unit}" for one in means]


def difference_in_table(
    kind: str, effect: float | None, low: float | None, high: float | None
) -> tuple[str, str]:
    """A difference and its interval, written alike; nothing where they are not known."""
    unit = " pts" if kind == "proportion" else ""
    all_three = effect, low, high
    said, *ends = (
        "" if one is None else kind_of(kind).number(one, sign=True, beside=all_three) for one in all_three
    )
    return f"{said}{unit}" if said else "", " to ".join(ends) if all(ends) else ""


def short_p(pvalue: float) -> str:
    """A p-value in a table."""
    return f"{pvalue:.3g}" if pvalue >= P_LEAST else f"<{P_LEAST:g}"


def _relative(one: CandidateReport) -> str:
    if one.relative is not None:
        return f"{100 * one.relative.effect:+.1f} %"
    return one.relative_note.partition(",")[0] if "%" in one.relative_note else ""


def _percent(share: float) -> str:
    """Never quite sure."""
    if share > 0.9995:
        return ">99.9 %"
    return "<0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def _looks(report: Report) -> Table:
    name = report.verdict.leading
    table = plain_table("look", "clients", "information", "alpha spent", "z", "bound")
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
