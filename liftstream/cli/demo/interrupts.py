"""Ctrl-C and other signals while a demo runs: everything is stopped in order, and the user is told."""

import signal
import sys
from collections.abc import Callable
from typing import Any, Final

import click

INTERRUPTED: Final = 130
"""Exit code of a program that Ctrl-C ended."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_interruptibly(task: Callable[[], None], parts: str = "shop, pipeline, platform and broker") -> None:
    """Runs the task; after a signal its resources are released, `parts` says which, and the exit code is 130."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        task()
    except KeyboardInterrupt:
        click.echo(f"liftstream: stopped; {parts} have ended", err=True)
        sys.exit(INTERRUPTED)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def ignore_interrupts() -> None:
    """Ignores further signals, so that a second one does not keep everything from being stopped in order."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
