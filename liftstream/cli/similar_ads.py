"""`liftstream similar-ads serve`: the similar-ads service in the foreground."""

from pathlib import Path

import click

from liftstream.cli.options import settings_options
from liftstream.contracts.errors import ExtraMissing
from liftstream.contracts.settings import load_settings


@click.group()
def similar_ads() -> None:
    """Ads that resemble an ad, ranked by the configuration that a bandit serves now."""


@similar_ads.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="Default: 8090, or the next free one; 0: any.")
@click.option("--database", metavar="URL", help="Default: sqlite:///similar_ads.db; PostgreSQL by URL.")
@click.option(
    "--bandit", metavar="ID", help="The bandit of the platform that decides; none: one fixed configuration."
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

    It asks the platform (SIMILAR_ADS__PLATFORM) for the configuration in force once a quantum, and goes on with the last
    one while the platform is away. SIGTERM or Ctrl-C stop it. Logs go to stderr; the address is printed on stdout.
    """
    given = {
        "SIMILAR_ADS__PORT": None if port is None else str(port),
        "SIMILAR_ADS__DATABASE": database,
        "SIMILAR_ADS__BANDIT": bandit,
    }
    settings = load_settings(
        settings_file, {**overrides, **{k: v for k, v in given.items() if v is not None}}
    )
    try:
        from liftstream.service.logs import set_up_logs
        from liftstream.similar_ads.server import SimilarAdsServer
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("liftstream"):
            raise
        raise ExtraMissing("the similar-ads service", "platform") from None
    set_up_logs()
    running = SimilarAdsServer(settings)
    click.echo(running.address)
    running.serve()
