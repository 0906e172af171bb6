"""`liftstream demo [STORY]`: one module a story; cross-selling where none is named."""

from typing import Final

import click

from liftstream.cli.choice import CommandChoice

STORIES: Final = {
    "cross-selling": (
        "liftstream.cli.demo.cross_selling",
        "A PMML model decides in a simulated shop; the verdict says what that earns.",
    ),
    "uplift": (
        "liftstream.cli.demo.uplift",
        "A tree learns from one experiment whom an offer persuades; a second experiment proves it.",
    ),
    "spending": (
        "liftstream.cli.demo.spending",
        "A year of a shop in the spending service: which model predicts spending best.",
    ),
    "similar-ads": (
        "liftstream.cli.demo.similar_ads",
        "A bandit ranks similar ads; an experiment proves that it helps.",
    ),
}


@click.group(cls=CommandChoice, choices=STORIES, argument="STORY")
def demo() -> None:
    """A complete run on an embedded broker that ends with one sentence and pictures in demo/."""
