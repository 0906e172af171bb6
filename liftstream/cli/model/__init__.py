"""`liftstream model`: what a model needs and gives, whether it can be served, and its card; beside it `liftstream score`."""

import click

from liftstream.cli.model.card import card
from liftstream.cli.model.check import check
from liftstream.cli.model.show import show


@click.group()
def model() -> None:
    """What a model needs and gives, and whether it can be served."""


for command in (check, card, show):
    model.add_command(command)
