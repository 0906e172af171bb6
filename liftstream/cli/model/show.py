"""`liftstream model show`: a model as a picture in the terminal."""

from pathlib import Path

import click

from liftstream.cli.model.check import examine, gives, path_argument
from liftstream.cli.options import json_option, load_named_stream, print_json, stream_option


@click.command()
@path_argument
@stream_option
@json_option
def show(path: Path, stream_file: Path | None, as_json: bool) -> None:
    """Show M.pmml: terms by weight, a small tree or layers, the inputs with their ranges."""
    from rich.console import Console

    from liftstream.contracts.places import find_model
    from liftstream.scoring.loading import load

    loaded, stream = load(find_model(path)), load_named_stream(stream_file)
    if as_json:
        print_json(examine(loaded, stream))
        return
    from liftstream.cli.model.pictures import draw
    from liftstream.contracts.model_card import read_card
    from liftstream.scoring.summary import describe_size, family_name

    console = Console(highlight=False, markup=False)
    size = f", {describe_size(loaded)}" if describe_size(loaded) else ""
    title = f"{loaded.path.name}: {family_name(loaded)} ({loaded.document.model.target.function}){size}"
    console.print(title, style="bold")
    console.print()
    draw(loaded, read_card(loaded.path, loaded.path.read_bytes()), console)
    report = examine(loaded, stream)
    console.print()
    for name, text in gives(report):
        console.print(f"{name:<13} {text}", soft_wrap=True)
    if report["problem"]:
        console.print(f"{'':<13} {report['problem']}", soft_wrap=True)
