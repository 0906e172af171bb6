"""`liftstream analyze`: an experiment from a file of clients, the whole report."""

from pathlib import Path
from typing import Any

import click

from liftstream.cli.options import json_option, print_json
from liftstream.contracts.errors import UsageError
from liftstream.experiment.trial.analysis import Report
from liftstream.experiment.trial.analysis import analyze as analyze_clients

MARKS = {"ok": "●", "warning": "▲", "alarm": "■"}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--arm", default="arm", show_default=True, help="Column with the name of the arm.")
@click.option(
    "--revenue", default="revenue", show_default=True, help="Column with money in $; summed per client."
)
@click.option(
    "--client", help="Column that identifies the client; default 'client' or 'uuid' where there is one."
)
@click.option("--covariate", help="Column known before the arm was drawn (CUPED).")
@click.option(
    "--look", help="Column with the look that counted the client first; default 'look' where there is one."
)
@click.option("--original", default="original", show_default=True, help="Name of the original's arm.")
@click.option(
    "--plan", "plan_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PLAN.json."
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Without a plan.")
@click.option("--two-sided", is_flag=True, help="Without a plan.")
@click.option("--margin", type=float, default=0.0, help="Without a plan: the null is difference <= margin.")
@click.option("--cap", type=float, help="Without a plan: money above this counts as this.")
@click.option(
    "--weight", "weights", multiple=True, metavar="ARM=SHARE", help="Planned share, without a plan."
)
@click.option("--drop-missing", is_flag=True, help="Leave out rows without a number, and count them.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw it (.png or .svg).")
@json_option
def analyze(
    file: str,
    plan_file: Path | None,
    weights: tuple[str, ...],
    picture: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """The whole report on an experiment: arms, effect with interval, checks, verdict, what to do.

    FILE is a CSV or Parquet file with one row per client or purchase, in order of arrival; - is standard input.
    """
    from liftstream.cli.client_file import read_columns
    from liftstream.cli.experiment_options import read_plan
    from liftstream.experiment.trial.client_data import read_clients

    columns = read_columns(file)
    sealed = read_plan(plan_file) if plan_file else None
    names = {
        key: options.pop(key) for key in ("arm", "revenue", "covariate", "client", "look", "drop_missing")
    }
    names["client"] = names["client"] or next((name for name in ("client", "uuid") if name in columns), None)
    names["look"] = names["look"] or (sealed and "look" in columns and "look") or None
    names["covariate"] = names["covariate"] or (sealed and sealed.covariate)
    try:
        clients = read_clients(columns, **names)
        report = analyze_clients(
            clients, plan=sealed, weights=_shares(weights), covariate=names["covariate"], **options
        )
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from None
    if picture is not None:
        from liftstream.cli.experiment_pictures import draw_report

        draw_report(report, clients, picture)
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)


def _shares(weights: tuple[str, ...]) -> dict[str, float] | None:
    pairs = [weight.partition("=") for weight in weights]
    try:
        return {name: float(share) for name, _, share in pairs} or None
    except ValueError:
        raise UsageError(
            f"--weight: write ARM=SHARE, for example original=0.9; got {' '.join(weights)!r}"
        ) from None


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{report.verdict.sentence}[/bold]")
    console.print(report.advice)
    console.print()
    arms = Table("arm", "clients", "$ per client", "sd", "$ in all", box=None, pad_edge=False)
    for arm in report.arms:
        arms.add_row(arm.arm, f"{arm.n:,}", f"{arm.mean:.2f}", f"{arm.sd:.2f}", f"{arm.total:,.0f}")
    console.print(_right(arms))
    console.print()
    console.print(_right(_differences(report)))
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
    console.print(_small_print(report))


def _differences(report: Report) -> Any:
    from rich.table import Table

    table = Table(
        "difference", "$ per client", "interval", "p", "of the original", "better", box=None, pad_edge=False
    )
    for one in report.candidates:
        found = one.numbers
        relative = "" if one.relative is None else f"{100 * one.relative.effect:+.1f} %"
        table.add_row(
            found.candidate,
            "" if found.effect is None else f"{found.effect:+.3f}",
            ""
            if found.ci_low is None or found.ci_high is None
            else f"{found.ci_low:+.3f} to {found.ci_high:+.3f}",
            "" if found.pvalue is None else f"{found.pvalue:.3g}",
            relative,
            _percent(one.belief.better),
        )
    return table


def _percent(share: float) -> str:
    """Never quite sure."""
    if share > 0.9995:
        return ">99.9 %"
    return "<0.1 %" if share < 0.0005 else f"{100 * share:.1f} %"


def _looks(report: Report) -> Any:
    from rich.table import Table

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


def _small_print(report: Report) -> str:
    found = report.verdict
    level = 100 * (1 - found.alpha * (1 if found.alternative == "two-sided" else 2))
    after = f"; {report.after:,} clients came after the decision and are not counted" if report.after else ""
    dropped = f"; {report.dropped:,} of {report.rows:,} rows left out" if report.dropped else ""
    plan = f"plan {report.plan.hash[:12]}" if report.planned else "no plan: as if looked at once"
    return (
        f"{found.method}; {found.alternative} alpha {found.alpha:g}, interval of {level:.3g} %; "
        f"'better' with a flat prior; {plan}{after}{dropped}"
    )
