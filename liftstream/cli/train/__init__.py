"""`liftstream train [MODEL]`: one module a model; cross-selling where none is named."""

from typing import Final

import click

from liftstream.cli.choice import CommandChoice

MODELS: Final = {
    "cross-selling": (
        "liftstream.cli.train.cross_selling",
        "Who will buy the new category; the models in `pmml/`.",
    ),
    "spending": ("liftstream.cli.train.spending", "What each user will spend next month."),
    "look-alike": (
        "liftstream.cli.train.look_alike",
        "Who resembles the users who stay, and how often to show advertising.",
    ),
    "similar-items": (
        "liftstream.cli.train.similar_items",
        "Which titles are similar, corrected for premieres.",
    ),
    "uplift": (
        "liftstream.cli.train.uplift",
        "Whom to influence, learned from the clients of an experiment.",
    ),
}


@click.group(cls=CommandChoice, choices=MODELS, argument="MODEL")
def train() -> None:
    """Train, evaluate and export a model."""
