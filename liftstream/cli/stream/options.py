"""Options that both commands of streams have."""

from typing import Final

import click

records_option: Final = click.option(
    "--records",
    type=click.IntRange(10, 100_000),
    default=400,
    help="Newest records of each topic to look at.",
)
