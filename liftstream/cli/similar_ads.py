"""`liftstream similar-ads serve`: the similar-ads service in the foreground."""

from pathlib import Path

import click

from liftstream.cli.options import SERVER, settings_options, with_given
from liftstream.contracts.errors import require
from liftstream.contracts.settings import load_settings


@click.group()
def similar_ads() -> None:
    """Ads that resemble an ad, ranked by the current configuration of a bandit."""


@similar_ads.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="Default: 8090, or the next free one; 0: any.")
@click.option(
    "--database",
    metavar="URL",
    help="Default: sqlite:///similar_ads.db; or the URL of a PostgreSQL database.",
)
@click.option(
    "--bandit", metavar="ID", help="The platform's bandit that decides; without it: one fixed configuration."
)
@settings_options
def serve(
    port: int | None,
    database: str | None,
    bandit: str | None,
    settings_file: Path | None,
    overrides: dict[str, str],
) -> None:
    """The similar-ads service on http://127.0.0.1:8090: POST /ads, GET /similar/{ad}?unit=..., POST /contacts.

    It asks the platform (SIMILAR_ADS__PLATFORM) for the current configuration once per quantum, and uses the last one
    while the platform is unavailable. SIGTERM or Ctrl-C stop it. Logs go to stderr; the address is printed on stdout.
    """
    given = with_given(
        overrides, SIMILAR_ADS__PORT=port, SIMILAR_ADS__DATABASE=database, SIMILAR_ADS__BANDIT=bandit
    )
    settings = load_settings(settings_file, given)
    require("the similar-ads service", SERVER)
    from liftstream.service.logs import set_up_logs
    from liftstream.similar_ads.server import SimilarAdsServer

    set_up_logs()
    running = SimilarAdsServer(settings)
    click.echo(running.address)
    running.serve()
