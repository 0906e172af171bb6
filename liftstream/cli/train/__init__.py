"""`liftstream train [MODEL]`: one module a model; cross-selling where none is named."""

from typing import Final

import click

from liftstream.cli.choice import CommandChoice

MODELS: Final = {
    "cross-selling": (
        "liftstream.cli.train.cross_selling",
        "Who will buy the new category; what `pmml/` holds.",
    ),
    "spending": ("liftstream.cli.train.spending", "What each user will spend next month."),
    "look-alike": (
        "liftstream.cli.train.look_alike",
        "Who is like those who stay, and how often to show them advertising.",
    ),
    "similar-items": (
        "liftstream.cli.train.similar_items",
        "What is like a title, although everybody watches the premiere.",
    ),
    "uplift": (
        "liftstream.cli.train.uplift",
        "Whom it pays to influence, from an experiment's clients.",
    ),
}


@click.group(cls=CommandChoice, choices=MODELS, argument="MODEL")
def train() -> None:
    """Train, evaluate and export a model."""
