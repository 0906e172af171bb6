"""`liftstream stream`: definitions of streams, a first one from topics, and a look at what one reads."""

import click

from liftstream.cli.stream.check import check
from liftstream.cli.stream.infer import infer


@click.group()
def stream() -> None:
    """Definitions of streams: write a first one from topics, try one on records."""


stream.add_command(infer)
stream.add_command(check)
