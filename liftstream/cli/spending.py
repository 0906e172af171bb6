"""`liftstream spending serve`: the spending service in the foreground."""

from pathlib import Path

import click

from liftstream.cli.options import SERVER, settings_options, with_given
from liftstream.contracts.errors import require
from liftstream.contracts.settings import load_settings


@click.group()
def spending() -> None:
    """Who will spend more: predictions over HTTP, split between models, and which model is better."""


@spending.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="Default: 8080, or the next free one; 0: any.")
@click.option(
    "--database", metavar="URL", help="Default: sqlite:///spending.db; or the URL of a PostgreSQL database."
)
@settings_options
def serve(
    port: int | None, database: str | None, settings_file: Path | None, overrides: dict[str, str]
) -> None:
    """The spending service: routes and page on http://127.0.0.1:8080.

    Its database is created and migrated at the start. Every request is one transaction: after a crash the log holds
    complete requests only. SIGTERM or Ctrl-C stop it. Logs go to stderr, one JSON object per line; the address is
    printed on stdout.
    """
    given = with_given(overrides, SPENDING__PORT=port, SPENDING__DATABASE=database)
    settings = load_settings(settings_file, given)
    require("the spending service", SERVER)
    from liftstream.service.logs import set_up_logs
    from liftstream.spend.server import SpendingServer

    set_up_logs()
    running = SpendingServer(settings)
    click.echo(running.address)
    running.serve()
