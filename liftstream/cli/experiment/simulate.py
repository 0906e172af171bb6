"""`liftstream simulate`: how often a plan is wrong, and how often it finds its effect, measured."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from liftstream.cli.experiment.options import (
    MISSION,
    given_options,
    plan_from_options,
    plan_options,
    read_plan,
)
from liftstream.cli.options import EXISTING_FILE, json_option, print_json
from liftstream.cli.tables import plain_table, wide_console
from liftstream.contracts.errors import UsageError
from liftstream.experiment.metrics.simulated_arms import REVENUES
from liftstream.experiment.trial.advice import peeking
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.simulation import Simulated
from liftstream.experiment.trial.simulation import simulate as run_experiments

OF_METRICS = frozenset(
    {"metric_texts", "data_file", "client", "n", "runs", "truth", "alpha", "seed", "as_json"}
)
"""What a simulation of metrics takes."""
OF_PLANS = frozenset({"plan_file", "truth", "runs", "revenue", "seed", "as_json"})
"""What a simulation of a plan takes that was sealed before."""


@click.command()
@partial(plan_options, defaults=MISSION)
@click.option("--plan", "plan_file", type=EXISTING_FILE, help="PLAN.json.")
@click.option(
    "--truth",
    type=float,
    help="True effect; default: 0 (A/A) or the plan's margin, then the planned one (A/B).",
)
@click.option("--runs", type=int, default=2000, help="Number of experiments.")
@click.option(
    "--revenue",
    type=click.Choice(list(REVENUES)),
    default="gamma",
    help="How the money of clients is spread.",
)
@click.option(
    "--metric",
    "metric_texts",
    multiple=True,
    metavar="NAME[=COLUMN][:KIND][,KEY=VALUE...]",
    help="A metric of any kind instead of the plan's money, as in analyze; repeatable.",
)
@click.option(
    "--data",
    "data_file",
    type=click.Path(exists=True, path_type=Path),
    help="Draw the clients from this file; default metric 'revenue'.",
)
@click.option("--client", help="Column of --data that identifies the client.")
@click.option("--seed", type=int, default=1)
@json_option
def simulate(
    metric_texts: tuple[str, ...],
    data_file: Path | None,
    client: str | None,
    plan_file: Path | None,
    truth: float | None,
    runs: int,
    revenue: str,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Simulate A/A and A/B experiments with the rules of the verdict, and measure error rate and power."""
    if metric_texts or data_file:
        from liftstream.cli.experiment.metric_simulation import MetricSimulation, simulate_metrics

        _refuse_others(OF_METRICS, "of --metric and --data the true difference is said by --truth")
        asked = MetricSimulation(options["n"], runs, truth or 0.0, options["alpha"], seed)
        simulate_metrics(metric_texts, data_file, client, asked, as_json)
        return
    if plan_file:
        _refuse_others(OF_PLANS, "the plan of --plan says them")
    if options["kind"] != "money" and "sd" not in given_options():
        options["sd"] = None
    sealed = read_plan(plan_file) if plan_file else plan_from_options(**options)
    if sealed.kind != "money" and "revenue" in given_options():
        raise UsageError(f"simulate: --revenue is for money; this plan measures a {sealed.kind}")
    truths = [sealed.margin, sealed.effect] if truth is None else [truth]
    try:
        found = [run_experiments(sealed, effect=one, runs=runs, revenue=revenue, seed=seed) for one in truths]
    except ValueError as error:
        raise UsageError(f"simulate: {error}") from None
    if sealed.guards:
        click.echo("guards are simulated one by one: --metric NAME:KIND,role=guard,margin=...", err=True)
    said = peeking(list(sealed.times), sealed.alpha, sealed.two_sided) if len(sealed.times) > 1 else ""
    if as_json:
        print_json({"results": [one.to_dict() for one in found], "peeking": said, "plan": sealed.to_dict()})
    else:
        _print(sealed, found, said)


def _refuse_others(taken: frozenset[str], why: str) -> None:
    others = {name: flag for name, flag in given_options().items() if name not in taken}
    if others:
        raise UsageError(f"simulate: leave out {', '.join(others.values())}: {why}")


def _print(sealed: Plan, found: list[Simulated], said: str) -> None:
    console = wide_console(soft_wrap=True)
    looks = f"{len(sealed.times)} looks" if len(sealed.times) > 1 else "one look"
    drawn = f"{found[0].revenue}{' money' if found[0].revenue in REVENUES else ''}"
    console.print(
        f"{found[0].runs:,} experiments of {sealed.n_total:,} clients each, {looks}, {drawn}, seed {found[0].seed}"
    )
    table = plain_table("truth", "rejected", "expected", "99.9 % band", "", "clients", "ordinary p-value")
    for one in found:
        table.add_row(
            _truth(sealed, one.effect),
            f"{100 * one.rate:.2f} %",
            f"{100 * one.expected:.2f} %",
            f"{100 * one.band.min_rate:.1f}-{100 * one.band.max_rate:.1f} %",
            "within" if one.within else "OUTSIDE",
            f"{one.mean_clients:,.0f}",
            f"{100 * one.naive_rate:.2f} %",
        )
    console.print(table)
    if said:
        console.print(said)


def _truth(sealed: Plan, effect: float) -> str:
    change = f"{effect:+g} $" if sealed.kind == "money" else sealed.metric.change(effect, sign=True)
    return f"{change} ({'A/A' if effect == 0 else 'margin' if effect == sealed.margin else 'A/B'})"
