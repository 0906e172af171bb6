"""Options that the pipeline's benchmarks share."""

import json
from pathlib import Path

import click

from benchmarks.contestants import Setup

MODEL = Path(__file__).parents[1] / "pmml" / "mlp.pmml"
"""The network of 63 and 15 neurons: the dearest of the models that training exports to a scorer like pypmml."""

model_option = click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=MODEL,
    help="PMML with its card; default: pmml/mlp.pmml",
)


def setup_of(model: Path) -> Setup:
    """The model with the threshold of its card."""
    card = json.loads(model.with_suffix(".json").read_text())
    return Setup(model.resolve(), float(card["threshold"]))
