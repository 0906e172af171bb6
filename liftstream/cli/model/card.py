"""`liftstream model card`: figures, threshold and golden rows for a model that was trained elsewhere."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.model.money_options import chosen_money, money_options, tell_assumed
from liftstream.cli.options import PATH, json_option, print_json
from liftstream.service.pages.formatting import percent

if TYPE_CHECKING:
    from liftstream.evaluation.money import Stakes
    from training.judged_model import JudgedModel


@click.command()
@click.argument("path", metavar="M.pmml", type=PATH)
@click.option(
    "--data",
    type=PATH,
    required=True,
    help="Folder of X_test.csv and y_test.csv (clients that the model was not trained on), or of X_train.csv and y_train.csv.",
)
@click.option(
    "--stream",
    type=PATH,
    help="Stream definition that the model is for; its features are the columns.  [default: the shop's]",
)
@money_options
@click.option("--out", type=PATH, help="Folder for card and pictures.  [default: next to M.pmml]")
@json_option
def card(
    path: Path,
    data: Path,
    stream: Path | None,
    gain: float | None,
    loss: float | None,
    money_file: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write the card of M.pmml, made by any tool; demo and pipeline take the threshold from it.

    The model scores the clients in --data. The card (M.json) holds accuracy, AUC, log loss, Brier score and gain with
    95 % intervals, the threshold that earns most with its interval, the ranges of the inputs, and golden rows that
    every worker scores again at its start. Two pictures show calibration and profit by threshold.
    """
    from liftstream.contracts.errors import require
    from liftstream.contracts.places import find_model

    require("a model's card", {"demo": ("altair",), "training": ("pandas",)})
    from liftstream.contracts.model_card import card_path
    from liftstream.contracts.whole_file import write_whole
    from training.artefacts import refuse_unwritable, write_report

    file = find_model(path)
    folder = out or file.parent
    refuse_unwritable(folder)
    money = chosen_money(gain, loss, money_file)
    judged = _judge(file, data, money) if stream is None else _judge_for(stream, file, data, money)
    pictures = judged.draw_pictures()
    target = card_path(folder / file.name)
    write_report(pictures, folder)
    write_whole(target, judged.card_bytes())
    if as_json:
        print_json(judged_document(judged, target, folder, pictures))
    else:
        print_judged(judged, target, folder, pictures)


def _judge(file: Path, data: Path, money: "Stakes | Path") -> "JudgedModel":
    """Of the shop's features."""
    from liftstream.scoring.xml.gate import read_file
    from training.cross_selling.own_model import judge_model, load_without_card
    from training.cross_selling.practice_files import read_judged

    scorer = load_without_card(read_file(file), file)
    known = read_judged(data, _say, money)
    tell_assumed(money)
    return judge_model(scorer, file, known, _now())


def _judge_for(definition: Path, file: Path, data: Path, money: "Stakes | Path") -> "JudgedModel":
    """Of the features of a stream."""
    from liftstream.contracts.settings import load_settings
    from liftstream.evaluation.money import SHOP
    from liftstream.scoring.xml.gate import read_file
    from liftstream.streams.loading import load_stream
    from training.stream.card import judge_stream_model, match_stream
    from training.stream.rows import read_judged_rows

    if money is SHOP:
        raise click.UsageError(
            "what a decision is worth is known of the shop only; give --gain and --loss, or --money"
        )
    stream = load_stream(load_settings(), definition)
    served = match_stream(read_file(file), file, stream)
    features = {feature.name: feature for feature in served.features.values()}
    return judge_stream_model(served, read_judged_rows(data, features, _say, money), stream, _now())


def _say(line: str) -> None:
    click.echo(f"liftstream: {line}", err=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def judged_document(
    judged: "JudgedModel", target: Path, folder: Path, pictures: dict[str, bytes]
) -> dict[str, Any]:
    """Card and pictures as `--json` has them."""
    card = judged.card
    return {
        "card": str(target),
        "pictures": [str(folder / name) for name in pictures],
        "score": judged.score_is,
        "threshold": card.threshold,
        "threshold_interval": card.threshold_interval,
        "about": card.about,
        "metrics": card.metrics,
        "golden_rows": len(card.golden_rows),
    }


def print_judged(judged: "JudgedModel", target: Path, folder: Path, pictures: dict[str, bytes]) -> None:
    """Card and pictures as people look at them."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    card, metrics = judged.card, judged.card.metrics
    lines = [("model", f"{judged.path}: the score is {judged.score_is}")]
    names = {"accuracy": "accuracy", "auc": "AUC", "log_loss": "log loss", "brier": "Brier score"}
    lines += [(title, _figure(metrics[name])) for name, title in names.items() if name in metrics]
    interval = card.threshold_interval
    told = "the model decides by itself" if interval is None else f"[{interval[0]:.3f}, {interval[1]:.3f}]"
    lines += [
        (
            "threshold",
            f"{card.threshold:.3f} {told}; {judged.does} {percent(metrics['shown'])} of the {judged.who}",
        ),
        ("gain", f"{_figure(metrics['gain_per_client'])} $ per {judged.who[:-1]} more than {judged.instead}"),
        ("about", card.about),
        ("card", f"{target}, with {len(card.golden_rows)} golden rows"),
        ("pictures", ", ".join(str(folder / name) for name in pictures)),
    ]
    if judged.notice:
        lines.append(("notice", judged.notice))
    for name, text in lines:
        console.print(f"{name:<13} {text}")


def _figure(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"
