"""`--gain`, `--loss` and `--money`: whose money a threshold is chosen by."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.options import PATH, Command, FiniteRange, with_options

if TYPE_CHECKING:
    from liftstream.evaluation.money import Stakes

AMOUNT = FiniteRange(0, 1e9, min_open=True)
GAIN = click.option(
    "--gain", type=AMOUNT, metavar="$", help="What showing the category to an interested client earns."
)
LOSS = click.option("--loss", type=AMOUNT, metavar="$", help="What showing it to another client costs.")
MONEY = click.option(
    "--money",
    "money_file",
    metavar="FILE",
    type=PATH,
    help="Instead of both: a CSV idx,value with what showing the category earns for each client, in $.",
)


def money_options(command: Command) -> Command:
    """The three options."""
    return with_options(command, [GAIN, LOSS, MONEY])


def chosen_money(gain: float | None, loss: float | None, money_file: Path | None) -> "Stakes | Path":
    """What the options say; the simulated shop's money where they say nothing."""
    from liftstream.evaluation.money import SHOP, Stakes

    if (gain is None) != (loss is None):
        raise click.UsageError("--gain and --loss go together, as in --gain 3 --loss 5.97")
    if money_file is not None and gain is not None:
        raise click.UsageError("--money says what each client is worth; leave --gain and --loss out")
    if money_file is not None:
        return money_file
    if gain is not None and loss is not None:
        return Stakes(gain, loss)
    return SHOP


def tell_assumed(money: "Stakes | Path") -> None:
    """Says on stderr that default money is used."""
    from liftstream.evaluation.money import SHOP

    if money is not SHOP:
        return
    click.echo(
        f"liftstream: money is counted as in the simulated shop: {SHOP.gain:.2f} $ gained with an interested client,"
        f" {SHOP.loss:.2f} $ lost with another; give your own with --gain and --loss, or --money",
        err=True,
    )
