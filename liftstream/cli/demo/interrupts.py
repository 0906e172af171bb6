"""Ctrl-C and its like while a demo runs: everything is stopped in order, and it is said."""

import signal
import sys
from collections.abc import Callable
from typing import Any, Final

import click

INTERRUPTED: Final = 130
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_interruptibly(task: Callable[[], None]) -> None:
    """Runs it; on a signal its resources are released, and the exit code is 130."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        task()
    except KeyboardInterrupt:
        click.echo("liftstream: stopped; shop, pipeline, platform and broker have ended", err=True)
        sys.exit(INTERRUPTED)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def ignore_interrupts() -> None:
    """From now on a second signal still stops everything in order."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
