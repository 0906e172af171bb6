"""The command line: one file per command group, imported only when its command is called."""

from liftstream.cli.app import main

__all__ = ["main"]
