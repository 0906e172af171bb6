"""`liftstream platform`: the A/B platform in the foreground."""

from pathlib import Path

import click

from liftstream.cli.options import SERVER, settings_options
from liftstream.contracts.errors import require
from liftstream.contracts.settings import load_settings, set_in
from liftstream.contracts.threads import limit_threads


@click.command()
@click.option(
    "--demo-token",
    "token_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Create and start an example experiment (0.7 $ per client, sd 15 $) if there is none, and write its token to this file.",
)
@settings_options
def platform(token_file: Path | None, settings_file: Path | None, overrides: dict[str, str]) -> None:
    """The A/B platform: page and API on http://127.0.0.1:8000.

    Its database is created and migrated at the start (PLATFORM__DATABASE, by default a file in this folder). Kafka
    need not run yet: experiments can be created and started, and reading begins when Kafka answers. SIGTERM or Ctrl-C
    stop it; nothing is lost or counted twice, even if it is killed. Logs go to stderr, one JSON object per line. The
    address is printed on stdout.
    """
    settings = load_settings(settings_file, overrides)
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
