"""`liftstream train`: rows in, models with cards and a report out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from liftstream.cli.model.money_options import chosen_money, money_options, tell_assumed
from liftstream.cli.options import PATH, json_option, print_json, seed_option
from liftstream.cli.tables import figures_table, wide_console
from liftstream.cli.train.for_stream import train_for
from liftstream.cli.train.steps import notices, started, steps
from liftstream.contracts.errors import require

if TYPE_CHECKING:
    from liftstream.evaluation.money import Stakes
    from training.cross_selling.dataset import DataSet
    from training.cross_selling.run import ModelResult

SEED: Final = 2024
ROWS: Final = 335_000
FEWEST, MOST = 1_000, 5_000_000


@click.command("cross-selling")
@click.option(
    "--rows",
    type=click.IntRange(FEWEST, MOST),
    help=f"Training rows that the simulated shop generates; 165 more for every 335 are held out.  [default: {ROWS}]",
)
@click.option(
    "--data",
    type=PATH,
    help="Folder of X_train.csv, y_train.csv and, optionally, X_test.csv, y_test.csv (or .csv.gz, .parquet); then nothing is simulated.",
)
@click.option(
    "--stream",
    "definition",
    type=PATH,
    metavar="FILE",
    help="With --data: train one model on the features of this stream definition instead of the shop's.",
)
@money_options
@click.option("--out", type=PATH, help="Folder for models and cards.  [default: pmml/]")
@click.option(
    "--report",
    type=PATH,
    help="Folder for pictures and figures.  [default: training-report/, or report/ inside --out if that is given]",
)
@seed_option(SEED)
@json_option
def cross_selling(
    rows: int | None,
    data: Path | None,
    definition: Path | None,
    gain: float | None,
    loss: float | None,
    money_file: Path | None,
    out: Path | None,
    report: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Train, evaluate and export the models.

    A logistic regression (cross_selling, the one that is served), a neural network, gradient boosting and the
    original system's rule, each as PMML with its card. Two other scorers check that the PMML equals the trained
    model. With --stream it trains one model, gradient boosting on texts, dates and numbers, named like the stream.
    """
    if rows is not None and data is not None:
        raise click.UsageError("--rows is for the simulated shop; with --data every row of the files is used")
    if data is None and (gain, loss, money_file) != (None, None, None):
        raise click.UsageError(
            "--gain, --loss and --money go with --data; the simulated shop has its own money"
        )
    if definition is not None and (data is None or (gain, money_file) == (None, None)):
        raise click.UsageError(
            "--stream goes with --data and, as the shop's money is the shop's, with --gain and --loss or --money"
        )
    require("training", {"training": ("sklearn2pmml", "pypmml")})
    from rich.console import Console

    from training.artefacts import refuse_unwritable, write_report
    from training.cross_selling.run import draw_report, train_models, write_models

    console = Console(stderr=True, highlight=False)
    report = report or (out / "report" if out else Path("training-report"))
    out = out or Path("pmml")
    for folder in (out, report):
        refuse_unwritable(folder)
    money = None if data is None else chosen_money(gain, loss, money_file)
    if definition is not None and data is not None and money is not None:
        train_for(definition, data, money, out, report, seed, as_json=as_json)
        return
    say = notices(console)
    now = started(say)
    with steps(console) as step:
        with step("read the files" if data else "simulate the shop's history"):
            known = _rows(rows, data, seed, money, say)
        results = train_models(known, seed, now, step)
        with step("draw the report"):
            files = draw_report(results, known)
    if money is not None:
        tell_assumed(money)
    models = write_models(results, out)
    write_report(files, report)
    if as_json:
        print_json(_document(results, known, models, report))
    else:
        _print_table(results, known, out, report)


def _rows(
    rows: int | None,
    data: Path | None,
    seed: int,
    money: "Stakes | Path | None",
    notice: Callable[[str], None],
) -> "DataSet":
    from training.cross_selling.dataset import simulate
    from training.cross_selling.practice_files import read_practice

    if data is None or money is None:
        return simulate(rows or ROWS, seed)
    return read_practice(data, seed, notice, money)


def _document(
    results: "list[ModelResult]", data: "DataSet", models: list[Path], report: Path
) -> dict[str, Any]:
    from training.cross_selling.run import summary

    return {
        "source": data.source,
        "rows": len(data.train),
        "held_out_rows": len(data.held_out),
        "money": data.money,
        "report": str(report),
        "models": {
            result.model.name: {"file": str(file), **summary(result)}
            for result, file in zip(results, models, strict=True)
        },
    }


def _print_table(results: "list[ModelResult]", data: "DataSet", out: Path, report: Path) -> None:
    title = f"{len(data.held_out):,} held-out rows, {data.source}"
    table = figures_table(title, "model", "accuracy", "AUC", "log loss", "Brier", "threshold", "$/client")
    for result in results:
        table.add_row(result.model.name, *_cells(result))
    console = wide_console(soft_wrap=True)
    console.print(table)
    console.print("$/client: more than the original system at the threshold, ± 95 % interval")
    console.print(f"money: {data.money}", soft_wrap=True)
    console.print(f"models and cards: {out}/   pictures and figures: {report}/", soft_wrap=True)


def _cells(result: "ModelResult") -> Iterator[str]:
    metrics = result.card.metrics
    for name in ("accuracy", "auc", "log_loss", "brier"):
        yield f"{metrics[name]['value']:.4f}" if name in metrics else "-"
    yield f"{result.card.threshold:.3f}"
    gain = metrics["gain_per_client"]
    yield f"{gain['value']:+.3f} ± {(gain['high'] - gain['low']) / 2:.3f}"
