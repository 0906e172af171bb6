"""`liftstream analyze`: an experiment from a file of clients, the whole report."""

import re
from pathlib import Path
from typing import Any

import click

from liftstream.cli.experiment.metric_report import Asked, report_metrics
from liftstream.cli.experiment.wording import BLANKS, in_options, shares_of
from liftstream.cli.files.client_file import Table, decimal_mark, read_table
from liftstream.cli.options import EXISTING_FILE, TABLE, json_option, print_json
from liftstream.contracts.errors import UsageError

METHODS = (
    "holm",
    "bonferroni",
    "sidak",
    "holm-sidak",
    "hochberg",
    "hochberg-sidak",
    "hommel",
    "benjamini-hochberg",
    "benjamini-yekutieli",
)
SEALED = {
    "alpha": "--alpha",
    "two_sided": "--two-sided",
    "margin": "--margin",
    "cap": "--cap",
    "weights": "--weight",
}
"""Options that a plan has already."""
MEANT = {
    "--variant": "--arm", "--variation": "--arm", "--group": "--arm", "--treatment": "--arm", "--segment": "--by",
    "--control": "--original", "--baseline": "--original", "--value": "--revenue", "--outcome": "--metric",
    "--user": "--client", "--user-id": "--client", "--id": "--client", "--unit": "--client", "--sep": "--delimiter",
}  # fmt: skip
"""What others call our options."""


class Hinted(click.Command):
    """A command that knows what its options are called elsewhere."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            ours = MEANT.get(error.option_name)
            if ours is None:
                raise
            raise click.UsageError(f"no option {error.option_name}; it is called {ours} here", ctx) from None


@click.command(cls=Hinted)
@click.argument("file", type=TABLE)
@click.option("--arm", default="arm", help="Column with the name of the arm.")
@click.option("--revenue", default="revenue", help="Column with money in $; summed per client.")
@click.option(
    "--client", help="Column that identifies the client; default 'client' or 'uuid', if there is one."
)
@click.option(
    "--metric",
    "metric_texts",
    multiple=True,
    metavar="NAME[=COLUMN][:KIND][,KEY=VALUE...]",
    help="Any outcome instead of --revenue, several times; docs/experiment.md has kinds and keys.",
)
@click.option("--metrics", "metrics_file", type=EXISTING_FILE, help="The same in YAML.")
@click.option("--by", multiple=True, help="Column of segments; several times.")
@click.option("--strata", help="Column known before the assignment, for post-stratification.")
@click.option("--correction", type=click.Choice(METHODS), default="holm", help="Over decision metrics.")
@click.option("--covariate", multiple=True, help="Column known before the assignment (CUPED); several times.")
@click.option(
    "--look", help="Column with the look that counted the client first; default 'look', if there is one."
)
@click.option("--original", default="original", help="Name of the original's arm.")
@click.option("--plan", "plan_file", type=EXISTING_FILE, help="PLAN.json.")
@click.option("--alpha", type=float, help="Without a plan; default 0.05.")
@click.option("--two-sided", is_flag=True, default=None, help="Without a plan.")
@click.option("--margin", type=float, help="Without a plan: the null is difference <= margin; default 0.")
@click.option("--cap", type=float, help="Without a plan: larger amounts of a client count as this.")
@click.option(
    "--weight", "weights", multiple=True, metavar="ARM=SHARE", help="Planned share, without a plan."
)
@click.option("--drop-missing", is_flag=True, help="Leave out rows with a blank, and count them.")
@click.option(
    "--blank-clients",
    type=click.Choice(["drop", "own"]),
    help="Rows without a client: drop them, or count each as a client of its own.",
)
@click.option(
    "--blank-revenue",
    type=click.Choice(["drop", "zero"]),
    help="Rows without a number: drop them, or read them as 0 (as after a LEFT JOIN).",
)
@click.option(
    "--crossed", type=click.Choice(["drop", "first"]), default="drop",
    help="Clients seen in several arms: drop them, or count them in their first arm.",
)  # fmt: skip
@click.option("--wide", is_flag=True, help="The file has one column per arm; each cell is a client.")
@click.option("--delimiter", help="Delimiter of cells: , ; | or tab; default: detected.")
@click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark; default: detected.")
@click.option("--encoding", help="Encoding of the file: utf-8, utf-16, latin-1, ...; default: detected.")
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw the result (.png or .svg)."
)
@json_option
def analyze(
    file: str,
    plan_file: Path | None,
    weights: tuple[str, ...],
    picture: Path | None,
    as_json: bool,
    wide: bool,
    delimiter: str | None,
    decimal: str | None,
    encoding: str | None,
    metric_texts: tuple[str, ...],
    metrics_file: Path | None,
    by: tuple[str, ...],
    strata: str | None,
    correction: str,
    **options: Any,
) -> None:
    """Evaluate an experiment: arms, effect with interval, checks, verdict, advice.

    FILE is a CSV or Parquet file with one row per client or purchase, in order of arrival; - is standard input.
    """
    covariates = options.pop("covariate")
    if metric_texts or metrics_file or by or strata or len(covariates) > 1:
        _refuse_single(plan_file, picture, wide, options)
        asked = Asked(metric_texts, metrics_file, covariates, by, strata, correction)
        report_metrics(file, asked, options, weights, (delimiter, decimal, encoding), as_json)
        return
    options["covariate"] = covariates[0] if covariates else None
    from liftstream.cli.experiment.options import read_plan
    from liftstream.experiment.data.client_data import read_clients
    from liftstream.experiment.data.wide import from_wide
    from liftstream.experiment.report.analysis import analyze as analyze_clients
    from liftstream.experiment.report.analysis import renamed

    _refuse_sealed(plan_file, {**options, "weights": weights or None})
    sealed = read_plan(plan_file) if plan_file else None
    table = read_table(file, delimiter=delimiter, encoding=encoding)
    guards = [guard.name for guard in sealed.guards] if sealed else []
    mark = decimal or decimal_mark(table, [*number_columns(table, wide, options), *guards], file)
    names = {key: options.pop(key) for key in ("arm", "revenue", "covariate", "client", "look", *BLANKS)}
    names["look"] = names["look"] or (sealed and "look" in table.columns and "look") or None
    names["covariate"] = names["covariate"] or (sealed and sealed.covariate)
    try:
        columns, blank = from_wide(table.columns, decimal=mark) if wide else (table.columns, 0)
        clients = read_clients(columns, **names, decimal=mark, guards=guards)
        report = analyze_clients(
            clients, plan=sealed, weights=shares_of(weights), covariate=names["covariate"], **options
        )
    except ValueError as error:
        hint = table.hint_at_encoding(error) + ("" if wide else _hint_at_column(str(error)))
        raise UsageError(f"{file}: {in_options(str(error))}{hint}") from None
    if picture is not None:
        from liftstream.cli.experiment.pictures import draw_report

        draw_report(report, renamed(clients, options["original"], planned=report.plan.arms), picture)
    read_as = table.read_as(mark, blank)
    if as_json:
        print_json({**report.to_dict(), "read_as": read_as})
    else:
        from liftstream.cli.experiment.report_text import print_report

        print_report(report, read_as)


def _hint_at_column(message: str) -> str:
    """How a column is named that has not the usual name."""
    missing = re.match("there is no column '(arm|revenue)';", message)
    return f" (say --{missing[1]} NAME; a column an arm? then say --wide)" if missing else ""


def _refuse_single(plan_file: Path | None, picture: Path | None, wide: bool, options: dict[str, Any]) -> None:
    """Refuses options that are for one metric only."""
    given = {
        "--plan": plan_file,
        "--picture": picture,
        "--wide": wide or None,
        "--margin": options["margin"],
        "--cap": options["cap"],
    }
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise UsageError(
            f"{', '.join(named)}: for one metric only; beside --metric, --by or --strata say it of a metric: --metric spend,cap=50"
        )


def _refuse_sealed(plan_file: Path | None, options: dict[str, Any]) -> None:
    """Refuses options that the sealed plan has already."""
    given = [name for key, name in SEALED.items() if options.get(key) is not None]
    if plan_file is not None and given:
        raise UsageError(f"{', '.join(given)}: leave out with --plan; the sealed plan has it already")


def number_columns(table: Table, wide: bool, options: dict[str, Any]) -> list[str]:
    """Columns whose cells should be numbers."""
    if wide:
        return list(table.columns)
    return [name for name in (options["revenue"], options["covariate"]) if name]
