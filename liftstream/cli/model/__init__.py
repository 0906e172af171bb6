"""`liftstream model`: what a model needs and gives, whether it can be served, and its card; beside it
`liftstream score`."""

import click

from liftstream.cli.model.card import card
from liftstream.cli.model.check import check
from liftstream.cli.model.show import show


@click.group()
def model() -> None:
    """Show what a model needs and gives, check it, and write its card."""


for command in (check, card, show):
    model.add_command(command)
