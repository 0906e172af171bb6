"""`liftstream train spending`: sessions in, the two learned models with cards and a report out."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from liftstream.cli.options import PATH, json_option, print_json, seed_option
from liftstream.cli.tables import figures_table, wide_console
from liftstream.cli.train.steps import notices, started, steps
from liftstream.contracts.errors import require
from liftstream.experiment.amounts import money

if TYPE_CHECKING:
    from liftstream.evaluation.classification import Estimate
    from liftstream.forecast.history import History
    from training.spending.rolling import Score
    from training.spending.run import SpendingResult

SEED: Final = 2024
USERS: Final = 1_000


@click.command("spending")
@click.option(
    "--users",
    type=click.IntRange(50, 100_000),
    help=f"Users of the simulated shop, if no data are given.  [default: {USERS}]",
)
@click.option(
    "--data",
    type=PATH,
    help="Folder of users, sessions and products, each a .json, .jsonl, .csv, .csv.gz or .parquet file; then nothing is simulated.",
)
@click.option("--out", type=PATH, help="Folder for models and cards.  [default: pmml/]")
@click.option(
    "--report",
    type=PATH,
    help="Folder for pictures and figures.  [default: training-report/spending/, or report/ inside --out if that is given]",
)
@seed_option(SEED)
@json_option
def spending(
    users: int | None, data: Path | None, out: Path | None, report: Path | None, seed: int, as_json: bool
) -> None:
    """Who will spend more: the network (B) and the pooled regression (C).

    Each of the last full months is predicted from earlier data, by A, B, C and three simple rules. Then B and C are
    trained on all full months and exported as PMML. Two other scorers check that the PMML equals the trained models.
    """
    if users is not None and data is not None:
        raise click.UsageError(
            "--users is for the simulated shop; with --data every user of the files is used"
        )
    require("training", {"training": ("sklearn2pmml", "pypmml")})
    from rich.console import Console

    from training.artefacts import refuse_unwritable, write_report
    from training.spending.run import document, draw_report, train, write_models

    console = Console(stderr=True, highlight=False)
    report = report or (out / "report" if out else Path("training-report") / "spending")
    out = out or Path("pmml")
    for folder in (out, report):
        refuse_unwritable(folder)
    now = started(notices(console))
    with steps(console) as step:
        with step("read the files" if data else "simulate a shop's year"):
            history, source = _history(users or USERS, data, seed)
        result = train(history, source, seed, now, step)
        with step("draw the report"):
            files = draw_report(result)
    models = write_models(result.artefacts, out)
    write_report(files, report)
    if as_json:
        print_json({**document(result), "files": [str(path) for path in models], "report": str(report)})
    else:
        _print_table(result, out, report)


def _history(users: int, data: Path | None, seed: int) -> "tuple[History, str]":
    if data is not None:
        from training.spending.tables import read_folder

        return read_folder(data), f"from {data.name}"
    from liftstream.forecast.request.data_object import read_data_object
    from liftstream.simulation.spending.shop import generate_shop

    return read_data_object(generate_shop(seed, users).data_object()), f"simulated with seed {seed}"


def _print_table(result: "SpendingResult", out: Path, report: Path) -> None:
    title = f"{result.users:,} users, {', '.join(result.tested)}, {result.source}"
    table = figures_table(title, "model", "RMSE", "MSE to A", "MSE to constant", "Spearman", "top 20 %")
    for found in result.scores:
        table.add_row(found.name, *_cells(found))
    console = wide_console(soft_wrap=True)
    console.print(table)
    console.print(
        "MSE to A: its mean squared error as a part of A's, Spearman: rank correlation with what was spent,"
    )
    console.print("top 20 %: share of the revenue from those who were predicted most; ± 95 % interval")
    console.print(result.sentence, soft_wrap=True)
    console.print(f"models and cards: {out}/   pictures and figures: {report}/", soft_wrap=True)


def _cells(found: "Score") -> list[str]:
    return [
        money(math.sqrt(found.mse.value)),
        _told(found.to_trend_interval),
        f"{found.to_constant:.3f}" if math.isfinite(found.to_constant) else "-",
        _told(found.spearman),
        _told(found.top_share) if math.isfinite(found.spearman.value) else "-",  # a constant does not rank
    ]


def _told(figure: "Estimate") -> str:
    return f"{figure.value:.3f} ± {figure.half_width:.3f}" if math.isfinite(figure.value) else "-"
