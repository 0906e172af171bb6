"""`liftstream demo spending`: a shop's year through the spending service, ending in a sentence and a picture."""

import time
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.demo.options import FOLDER
from liftstream.cli.options import json_option, print_json, seed_option
from liftstream.contracts.errors import LiftstreamError, require
from liftstream.contracts.whole_file import to_json, write_whole

if TYPE_CHECKING:
    from rich.console import Console

    from liftstream.demo.spending.year import Month
    from liftstream.spend.service import SpendingService

USERS, SEED = 300, 7


@click.command("spending")
@click.option("--users", type=click.IntRange(20, 5_000), default=USERS, help="Users of the simulated shop.")
@seed_option(SEED, "Seed of users and sessions.")
@json_option
def spending(users: int, seed: int, as_json: bool) -> None:
    """A year of a shop in the spending service: which model predicts spending best.

    The shop sends its data after each of twelve months. The model of a user's arm predicts the user's spending, and
    the next month's data settle the prediction. The shop is simulated, so the smallest possible error is known. It
    takes less than a minute and writes the page's picture to demo/.
    """
    require("the demo", {"demo": ("vl_convert",), "platform": ("fastapi",)})
    from rich.console import Console

    started = time.monotonic()
    months, picture, least = _play(users, seed, Console(stderr=True, highlight=False))
    document = _document(months, least, time.monotonic() - started)
    write_whole(FOLDER / "spending.png", picture)
    write_whole(FOLDER / "spending.json", to_json(document))
    if as_json:
        print_json(document)
        return
    click.echo(document["sentence"])
    click.echo(
        f"Error of C: {document['rmse']['C']:,.0f}; of who knows every user's true level: {least:,.0f}, the rest is chance."
    )
    click.echo(f"the page's picture: {FOLDER}/spending.png   everything: {FOLDER}/spending.json")


def _play(users: int, seed: int, console: "Console") -> "tuple[list[Month], bytes, float]":
    from liftstream.contracts.settings import load_settings
    from liftstream.demo.spending.year import least_error, play_year
    from liftstream.simulation.spending.shop import generate_shop
    from liftstream.spend.server import SpendingServer

    shop = generate_shop(seed, users)
    with TemporaryDirectory() as folder:
        given = {"SPENDING__PORT": "0", "SPENDING__DATABASE": f"sqlite:///{folder}/spending.db"}
        with SpendingServer(load_settings(overrides=given, environment={})) as server:
            console.print(
                f"the service is at {server.address}; a shop of {users:,} users plays 2021", soft_wrap=True
            )
            months = []
            for month in play_year(shop, server.address):
                console.print(_line(month), soft_wrap=True)
                months.append(month)
            picture = _picture(server.service)
    return months, picture, least_error(shop)


def _line(month: "Month") -> str:
    known = "  ".join(f"{name} {error:,.0f}" for name, error in _errors(month).items() if error is not None)
    told = f"error so far: {known}" if known else "nothing is known yet"
    return f"{month.period}  {month.sessions:>7,} events sent, {month.predicted:>10,.0f} predicted   {told}"


def _picture(service: "SpendingService") -> bytes:
    from liftstream.demo.spending.pictures import draw_figures
    from liftstream.spend.pages.page import page_of

    found = service.overview()
    if found is None:
        raise LiftstreamError("the service lost what it had predicted; run the demo again")
    page = page_of(found, {name: model.title for name, model in service.models.items()})
    return draw_figures(
        page["figures"][:2], "Who will spend more: which model knows", found.report["sentence"]
    )


def _document(months: "list[Month]", least: float, seconds: float) -> dict[str, Any]:
    report = months[-1].report
    return {
        "sentence": report["sentence"],
        "rmse": _errors(months[-1]),
        "least_rmse": least,
        "months": [
            {
                "period": month.period,
                "events": month.sessions,
                "predicted": round(month.predicted, 2),
                "rmse_so_far": _errors(month),
            }
            for month in months
        ],
        "comparison": report["comparison"],
        "split": report["split"],
        "seconds": round(seconds, 1),
    }


def _errors(month: "Month") -> dict[str, float | None]:
    return {found["letter"]: found["RMSE"] for found in month.report["comparison"]["models"]}
