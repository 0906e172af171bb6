"""`liftstream demo similar-ads`: a bandit learns which configuration brings contacts, and an experiment proves it."""

from functools import partial
from typing import Any, Final

import click

from liftstream.cli.demo.interrupts import run_interruptibly
from liftstream.cli.demo.options import FOLDER
from liftstream.cli.options import json_option, print_json, seed_option
from liftstream.cli.tables import wide_console
from liftstream.contracts.errors import require
from liftstream.service.pages.formatting import percent

SEED: Final = 2024
SHOWN: Final = 12
"""The table has the arms that were served most."""


@click.command("similar-ads")
@seed_option(SEED, "Seed of ads and visitors.")
@click.option("--aa", is_flag=True, help="Every arm is the old configuration, so there is no effect to find.")
@json_option
def similar_ads(seed: int, aa: bool, as_json: bool) -> None:
    """A bandit on a classifieds site: configurations compete, and an experiment proves the effect of the block.

    Configurations of experts, random ones and children of the genetic step compete for a block of similar ads while
    the hour of the day changes. Then half of the clients get the block with the bandit and half the old one. It takes
    about two minutes and writes pictures to demo/.
    """
    require("the demo", {"demo": ("confluent_kafka", "altair"), "platform": ("sqlalchemy",)})
    run_interruptibly(lambda: _run(seed, aa, as_json), "site, platform and broker")


def _run(seed: int, aa: bool, as_json: bool) -> None:
    from rich.console import Console

    from liftstream.contracts.whole_file import write_whole
    from liftstream.demo.similar_ads.closing import document_of, row_of_old, rows_of, stories_of
    from liftstream.demo.similar_ads.pictures import draw_pictures
    from liftstream.demo.similar_ads.run import play
    from liftstream.demo.similar_ads.story import SiteRequest

    console = Console(stderr=True, highlight=False)
    with console.status("") as status:
        tell = partial(console.print, soft_wrap=True, markup=False)
        played = play(SiteRequest(seed, FOLDER, aa), tell, status.update)
    files = draw_pictures(played)
    for name, content in files.items():
        write_whole(FOLDER / name, content)
    if as_json:
        print_json(document_of(played, seed))
        return
    _print_arms([*rows_of(played)[:SHOWN], row_of_old(played)])
    for said in (*stories_of(played), played.bandit["sentence"], played.experiment["sentence"]):
        click.echo(said)
    click.echo("pictures: " + ", ".join(str(FOLDER / name) for name in files))


def _print_arms(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("arm", "state", "quanta", "visits", "views", "contacts", "parents"):
        table.add_column(heading, justify="left" if heading in ("arm", "state", "parents") else "right")
    for row in rows:
        table.add_row(
            row["arm"],
            row["state"],
            "" if row["quanta"] is None else f"{row['quanta']:,}",
            f"{row['visits']:,}",
            percent(row["views"]),
            percent(row["contacts"]),
            " and ".join(row["parents"]),
        )
    wide_console(soft_wrap=True).print(table)
