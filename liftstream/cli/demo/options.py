"""What the commands of the demos share."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from liftstream.cli.options import Command

FOLDER: Final = Path("demo")
"""Where demos write."""


def clients_option(default: int, text: str) -> Callable[[Command], Command]:
    """Adds `--clients`; `text` says of what."""
    return click.option("--clients", type=click.IntRange(50, 1_000_000), default=default, help=text)
