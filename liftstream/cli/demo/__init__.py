"""`liftstream demo [STORY]`: one module a story; cross-selling where none is named."""

from typing import Final

import click

from liftstream.cli.choice import CommandChoice

STORIES: Final = {
    "cross-selling": (
        "liftstream.cli.demo.cross_selling",
        "A PMML model decides in a simulated shop, and a verdict says what it earns.",
    ),
    "uplift": (
        "liftstream.cli.demo.uplift",
        "An experiment teaches whom an offer persuades, and a second one proves it.",
    ),
    "spending": (
        "liftstream.cli.demo.spending",
        "A shop's year through the spending service: which model knows who will spend more.",
    ),
    "similar-ads": (
        "liftstream.cli.demo.similar_ads",
        "A bandit ranks similar ads, and an experiment proves what that earns.",
    ),
}


@click.group(cls=CommandChoice, choices=STORIES, argument="STORY")
def demo() -> None:
    """A complete run on an embedded broker, ending in a sentence and pictures in demo/."""
