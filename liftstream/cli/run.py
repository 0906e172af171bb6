"""`liftstream run`: one pipeline worker in the foreground."""

import sys
from pathlib import Path

import click

from liftstream.cli.options import settings_options
from liftstream.contracts.settings import load_settings


@click.command()
@settings_options
def run(settings_file: Path | None, overrides: dict[str, str]) -> None:
    """One pipeline worker in the foreground.

    Start as many as the input topics have partitions, with the same PIPELINE__GROUP. SIGTERM or Ctrl-C stop it within
    ten seconds without losing anything; SIGHUP reads the model again. Logs go to stderr, one JSON object a line; the
    first, "started", names the address of /live, /ready and /metrics.
    """
    settings = load_settings(settings_file, overrides)
    from pipeline.process import run_worker

    sys.exit(run_worker(settings))
