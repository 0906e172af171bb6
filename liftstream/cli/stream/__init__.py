"""`liftstream stream`: definitions of streams, a first one from topics, and a look at what one reads."""

import click

from liftstream.cli.stream.check import check
from liftstream.cli.stream.infer import infer


@click.group()
def stream() -> None:
    """Stream definitions: write a first one from topics, check one on records."""


stream.add_command(infer)
stream.add_command(check)
