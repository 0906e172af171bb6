"""`liftstream shop`: the simulated shop and the enrichers, against a broker and a platform."""

import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from liftstream.cli.options import FiniteRange, json_option, print_json, settings_options
from liftstream.contracts.errors import BrokerError, require
from liftstream.contracts.settings import load_settings

SAY_EVERY_S = 10.0


@click.command()
@click.option(
    "--speed",
    type=FiniteRange(0.001, 1_000),
    default=1.0,
    help="1 is 10 new clients a second; pages wait in real time at any speed.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Repeats the same clients and money; default: new clients at each start.",
)
@click.option(
    "--sessions", type=click.IntRange(1), default=None, help="Number of sessions; default: until Ctrl-C."
)
@click.option("--returning", type=FiniteRange(0, 1), default=0.0, help="Share of clients who come back.")
@click.option("--refunds", type=FiniteRange(0, 1), default=0.0, help="Share of sessions paid back later.")
@json_option
@settings_options
def shop(
    speed: float,
    seed: int | None,
    sessions: int | None,
    returning: float,
    refunds: float,
    as_json: bool,
    settings_file: Path | None,
    overrides: dict[str, str],
) -> None:
    """The simulated shop and its two enrichers, against the Kafka of the settings.

    Clients open sessions on topic_session. The enrichers publish both halves of each client's features. The page
    waits for the platform's decision on topic_decision (PLATFORM__PATIENCE_S plus half a second) and shows the
    category or not; the client's money goes to topic_revenue. The true effect is known (docs/shop.md), so the
    platform's verdict can be checked. Ctrl-C or SIGTERM stop new sessions and wait for open ones to finish.
    """
    settings = load_settings(settings_file, overrides)
    require("the simulated shop", {"demo": ("confluent_kafka",)})
    from confluent_kafka import KafkaException

    from liftstream.shop.live_shop import PER_SECOND, LiveShop, Visitors, first_uuid_of

    seed = int(time.time()) if seed is None else seed
    try:
        playing = LiveShop(
            settings, Visitors(seed, sessions, PER_SECOND * speed, returning, refunds, first_uuid_of(seed))
        )
    except KafkaException:
        raise BrokerError(
            f"{settings.kafka.bootstrap}: no broker answers; start one, or set KAFKA__BOOTSTRAP"
        ) from None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: playing.stop())
    click.echo(f"seed {seed}", err=True)
    began = time.monotonic()
    counts = playing.run(_teller(sessions))
    document = {
        "seed": seed,
        **asdict(counts),
        "revenue": round(counts.revenue, 2),
        "seconds": round(time.monotonic() - began, 1),
    }
    if as_json:
        print_json(document)
    else:
        click.echo(_told(document))
    if counts.unwritten:
        raise BrokerError(f"{counts.unwritten:,} records were not taken by the broker; see that it runs")


def _teller(sessions: int | None) -> Any:
    """Says on stderr how far it is: in place on a terminal, else a line now and then."""
    on_terminal, said = sys.stderr.isatty(), [0.0]
    every_s = 0.2 if on_terminal else SAY_EVERY_S

    def tell(counts: Any) -> None:
        now = time.monotonic()
        if now - said[0] < every_s:
            return
        said[0] = now
        of = f" of {sessions:,}" if sessions else ""
        line = (
            f"{counts.opened:,}{of} sessions opened, {counts.decided:,} decided, {counts.undecided:,} undecided,"
            f" {counts.revenue:,.2f} $"
        )
        click.echo(f"\r{line}\033[K" if on_terminal else line, err=True, nl=not on_terminal)

    return tell


def _told(document: dict[str, Any]) -> str:
    arms = ", ".join(f"{name} {count:,}" for name, count in sorted(document["arms"].items()))
    return (
        f"{document['opened']:,} sessions in {document['seconds']} s: {document['decided']:,} decided in time"
        f" ({arms or 'no arm'}), {document['undecided']:,} shown without a decision, {document['shown']:,} shown the"
        f" category, {document['revenue']:,.2f} $ spent"
    )
