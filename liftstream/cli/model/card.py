"""`liftstream model card`: figures, threshold and golden rows for a model that was trained elsewhere."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from liftstream.cli.model.money_options import chosen_money, money_options, tell_assumed
from liftstream.cli.options import json_option, print_json

if TYPE_CHECKING:
    from training.cross_selling.own_model import JudgedModel

SEED: Final = 2024


@click.command()
@click.argument("path", metavar="M.pmml", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of X_test.csv and y_test.csv (clients that the model has not seen), or of X_train.csv and y_train.csv.",
)
@money_options
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for card and pictures.  [default: beside M.pmml]"
)
@json_option
def card(
    path: Path,
    data: Path,
    gain: float | None,
    loss: float | None,
    money_file: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write the card of M.pmml, whatever tool it came from: with it, demo and pipeline know the threshold.

    The model scores the clients in --data. The card (M.json) holds accuracy, AUC, log loss, Brier score and gain with 95 %
    intervals, the threshold that earns most with its interval, the ranges of the inputs, and golden rows that every start
    of a worker scores again. Two pictures show calibration and profit by threshold.
    """
    from liftstream.contracts.errors import require
    from liftstream.contracts.places import find_model

    require("a model's card", {"demo": ("altair",), "training": ("pandas",)})
    from liftstream.contracts.model_card import card_path
    from liftstream.contracts.whole_file import write_whole
    from liftstream.scoring.xml.gate import read_file
    from training.artefacts import refuse_unwritable, write_report
    from training.cross_selling.own_model import card_bytes, draw_pictures, judge_model
    from training.cross_selling.practice_files import read_judged

    file = find_model(path)
    folder = out or file.parent
    refuse_unwritable(folder)
    money = chosen_money(gain, loss, money_file)
    known = read_judged(data, lambda line: click.echo(f"liftstream: {line}", err=True), money)
    tell_assumed(money)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    judged = judge_model(read_file(file), file, known, now)
    pictures = draw_pictures(judged, known)
    target = card_path(folder / file.name)
    write_report(pictures, folder)
    write_whole(target, card_bytes(judged.card))
    if as_json:
        print_json(_document(judged, target, folder, pictures))
    else:
        _print(judged, target, folder, pictures)


def _document(
    judged: "JudgedModel", target: Path, folder: Path, pictures: dict[str, bytes]
) -> dict[str, Any]:
    card = judged.card
    return {
        "card": str(target),
        "pictures": [str(folder / name) for name in pictures],
        "score": judged.scorer.score_is,
        "threshold": card.threshold,
        "threshold_interval": card.threshold_interval,
        "about": card.about,
        "metrics": card.metrics,
        "golden_rows": len(card.golden_rows),
    }


def _print(judged: "JudgedModel", target: Path, folder: Path, pictures: dict[str, bytes]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    card, metrics = judged.card, judged.card.metrics
    lines = [("model", f"{judged.scorer.model.path}: the score is {judged.scorer.score_is}")]
    names = {"accuracy": "accuracy", "auc": "AUC", "log_loss": "log loss", "brier": "Brier score"}
    lines += [(title, _figure(metrics[name])) for name, title in names.items() if name in metrics]
    interval = card.threshold_interval
    told = "the model decides by itself" if interval is None else f"[{interval[0]:.3f}, {interval[1]:.3f}]"
    lines += [
        ("threshold", f"{card.threshold:.3f} {told}; shows it to {metrics['shown']:.1%} of the clients"),
        ("gain", f"{_figure(metrics['gain_per_client'])} $ per client more than showing it to men"),
        ("about", card.about),
        ("card", f"{target}, with {len(card.golden_rows)} golden rows"),
        ("pictures", ", ".join(str(folder / name) for name in pictures)),
    ]
    if judged.scorer.notice:
        lines.append(("notice", judged.scorer.notice))
    for name, text in lines:
        console.print(f"{name:<13} {text}", markup=False)


def _figure(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"
