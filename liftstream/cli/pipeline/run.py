"""`liftstream run`: one pipeline worker in the foreground."""

import signal
import sys
from pathlib import Path
from typing import Any

import click

from liftstream.cli.options import settings_options
from liftstream.contracts.settings import load_settings, set_in
from liftstream.contracts.threads import limit_threads


def end_when_told() -> None:
    """Lets SIGTERM and Ctrl-C end with exit code 0 until the worker sets its own handlers; nothing is read before."""

    def end(*_: Any) -> None:
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


@click.command()
@settings_options
def run(settings_file: Path | None, overrides: dict[str, str]) -> None:
    """Run one pipeline worker in the foreground.

    Start at most as many workers as the input topics have partitions, all with the same PIPELINE__GROUP. SIGTERM or
    Ctrl-C stop a worker within ten seconds without losing anything; SIGHUP reads the model again. Logs go to stderr,
    one JSON object per line. The first one, "started", names the address of /live, /ready and /metrics.
    """
    end_when_told()
    settings = load_settings(settings_file, overrides)
    limit_threads(settings.pipeline.blas_threads, was_set=set_in(settings, "PIPELINE__BLAS_THREADS"))
    from pipeline.process import run_worker

    sys.exit(run_worker(settings))
