"""`liftstream train --stream FILE`: a model on the features of any stream definition."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.model.card import judged_document, print_judged
from liftstream.cli.options import load_named_stream, print_json
from liftstream.cli.train.steps import notices, started, steps

if TYPE_CHECKING:
    from liftstream.evaluation.money import Stakes


def train_for(
    definition: Path, data: Path, money: "Stakes | Path", out: Path, report: Path, seed: int, *, as_json: bool
) -> None:
    """Trains gradient boosting on a folder's rows, and writes `<name of the stream>.pmml` with card and pictures."""
    from rich.console import Console

    from liftstream.contracts.model_card import card_path
    from liftstream.contracts.whole_file import write_whole
    from training.artefacts import write_report
    from training.stream.rows import read_training_rows
    from training.stream.training import model_file, train_for_stream

    stream = load_named_stream(definition)
    file = model_file(out, stream)
    console = Console(stderr=True, highlight=False)
    say = notices(console)
    now = started(say)
    features = {one.name: one for one in stream.features}
    with steps(console) as step:
        with step("read the files"):
            rows, held_out = read_training_rows(data, features, seed, say, money)
        trained = train_for_stream(stream, rows, held_out, file, seed, now, step)
        with step("draw the report"):
            pictures = trained.judged.draw_pictures()
    for reason in trained.left_out:
        say(f"left out: {reason}")
    write_report(pictures, report)
    target = card_path(file)
    write_whole(target, trained.judged.card_bytes())  # first: a worker that watches the model reads it then
    write_whole(file, trained.pmml)
    if as_json:
        left_out = {"model": str(file), "left_out": list(trained.left_out)}
        print_json(judged_document(trained.judged, target, report, pictures) | left_out)
    else:
        print_judged(trained.judged, target, report, pictures)
        click.echo(
            "\nNext: " + shlex.join(["liftstream", "model", "check", str(file), "--stream", str(definition)])
        )
