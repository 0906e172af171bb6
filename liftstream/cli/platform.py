"""`liftstream platform`: the A/B platform in the foreground."""

from pathlib import Path

import click

from liftstream.cli.options import SERVER, settings_options, with_given
from liftstream.contracts.errors import require
from liftstream.contracts.settings import load_settings, set_in
from liftstream.contracts.threads import limit_threads


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="Default: 8000, or the next free one; 0: any.")
@click.option(
    "--database", metavar="URL", help="Default: sqlite:///liftstream.db; or the URL of a PostgreSQL database."
)
@click.option(
    "--demo-token",
    "token_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Create and start an example experiment (0.7 $ per client, sd 15 $) if there is none, and write its token to this file.",
)
@settings_options
def platform(
    port: int | None,
    database: str | None,
    token_file: Path | None,
    settings_file: Path | None,
    overrides: dict[str, str],
) -> None:
    """The A/B platform: page and API on http://127.0.0.1:8000.

    Its database is created and migrated at the start (PLATFORM__DATABASE, by default a file in this folder). Kafka
    need not run yet: experiments can be created and started, and reading begins when Kafka answers. SIGTERM or Ctrl-C
    stop it; nothing is lost or counted twice, even if it is killed. Logs go to stderr, one JSON object per line. The
    address is printed on stdout.
    """
    given = with_given(overrides, PLATFORM__PORT=port, PLATFORM__DATABASE=database)
    settings = load_settings(settings_file, given)
    limit_threads(settings.platform.blas_threads, was_set=set_in(settings, "PLATFORM__BLAS_THREADS"))
    require("the A/B platform", SERVER)
    from liftstream.platform.first_experiment import begin_with
    from liftstream.platform.server import Platform
    from liftstream.service.logs import set_up_logs

    set_up_logs()
    running = Platform(settings)
    if token_file is not None:
        begin_with(running.service, token_file)
    click.echo(running.address)
    running.serve()
