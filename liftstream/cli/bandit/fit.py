"""`liftstream bandit fit`: the prior of new arms and the speed of drift, from logged periods."""

from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.bandit.columns import names, numbers, refuse_rows, require
from liftstream.cli.files.client_file import read_columns
from liftstream.cli.options import TABLE, json_option, print_json
from liftstream.contracts.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from liftstream.bandits.policies.evidence import Floats

MOST_CELLS = 20_000_000
HIGH_RATE = 0.2


@click.command()
@click.argument("history", metavar="HISTORY.csv", type=TABLE)
@json_option
def fit(history: str, as_json: bool) -> None:
    """Fit the prior of new arms, and how fast rates drift, from the periods of earlier arms.

    HISTORY.csv has the columns arm, period (whole numbers), impressions and successes. In a missing period the arm
    was not served.
    """
    from liftstream import bandits

    trials, successes = _read(history)
    try:
        prior = bandits.fit_prior(trials[0], successes[0])
        arms = list(zip(trials.T, successes.T, strict=True))
        eta = bandits.fit_eta(arms, prior.mu_0, prior.sigma_0)
    except ValueError as error:
        raise InputError(f"{history}: {error}") from None
    found = {
        "mu_0": prior.mu_0,
        "sigma_0": prior.sigma_0,
        "effective_sample_size": prior.effective_sample_size,
        "eta_variance": eta.eta_variance,
        "loglik": eta.loglik,
        "arms": int(trials.shape[1]),
        "periods": int(trials.shape[0]),
        "prior_fitted": prior.fitted,
        "reason": prior.reason,
        "eta_fitted": eta.fitted,
        "eta_reason": eta.reason,
        "profile": [
            {"eta_variance": at, "loglik": value} for at, value in zip(eta.grid, eta.grid_loglik, strict=True)
        ],
    }
    if as_json:
        print_json(found)
    else:
        _print(found)


def _read(file: str) -> "tuple[Floats, Floats]":
    """Trials and successes by period since the arm's first, and by arm; 0 where it was not served."""
    import numpy as np

    columns = read_columns(file)
    require(columns, ("arm", "period", "impressions", "successes"), file)
    arms, place = np.unique(names(columns, "arm", file), return_inverse=True)
    period = numbers(columns, "period", file)
    counts = [numbers(columns, name, file) for name in ("impressions", "successes")]
    _check(period, counts, file)
    first = np.full(arms.size, np.inf)
    np.minimum.at(first, place[counts[0] > 0], period[counts[0] > 0])
    if not np.isfinite(first).all():
        never = arms[~np.isfinite(first)][0]
        raise InputError(f"{file}: arm {str(never)!r} has no period with impressions; leave it out")
    age = (period - first[place]).astype(int)
    _tell_of_steps(age)
    length = int(age.max()) + 1
    if length * arms.size > MOST_CELLS:
        raise InputError(
            f"{file}: {length:,} periods of {arms.size:,} arms are more than {MOST_CELLS:,} cells; use longer periods"
        )
    tables = []
    for values in counts:
        table = np.zeros((length, arms.size))
        np.add.at(table, (np.maximum(age, 0), place), np.where(age >= 0, values, 0.0))
        tables.append(table)
    return tables[0], tables[1]


def _tell_of_steps(age: "NDArray[np.int64]") -> None:
    """Says it where no arm was served in a period and the next one: such periods are times, or every sixth hour."""
    import numpy as np

    if (step := int(np.gcd.reduce(age))) > 1:
        click.echo(
            f"Periods are {step:,} apart, and eta_variance is of a step of 1; for that of {step:,}, divide the column by it.",
            err=True,
        )


def _check(period: "Floats", counts: "list[Floats]", file: str) -> None:
    import numpy as np

    for name, values, fine, needed in (
        ("period", period, period == np.floor(period), "a whole number"),
        ("impressions", counts[0], counts[0] >= 0, "at least 0"),
        ("successes", counts[1], counts[1] >= 0, "at least 0"),
        ("successes", counts[1], (counts[1] == 0) | (counts[0] > 0), "0 where there are no impressions"),
    ):
        refuse_rows(~fine, values, name, f"{needed} is needed", file)


def _print(found: dict[str, Any]) -> None:
    how = "fitted" if found["prior_fitted"] else f"kept: {found['reason']}"
    click.echo(f"{found['arms']:,} arms, up to {found['periods']:,} periods")
    click.echo(f"  mu_0                   {found['mu_0']:.6g}   ({how})")
    click.echo(f"  sigma_0                {found['sigma_0']:.6g}")
    click.echo(f"  effective sample size  {found['effective_sample_size']:,.1f} impressions")
    how = f"log-likelihood {found['loglik']:,.2f}" if found["eta_fitted"] else f"kept: {found['eta_reason']}"
    click.echo(f"  eta_variance           {found['eta_variance']:.6g}   ({how})")
    if found["prior_fitted"] and found["reason"]:
        click.echo(found["reason"])
    if found["mu_0"] > HIGH_RATE:
        click.echo(
            f"A rate above {HIGH_RATE} is no Poisson: use thompson with a discount instead of dynamic."
        )
    click.echo(
        f"Use it: --policy dynamic:mu_0={found['mu_0']:.6g},sigma_0={found['sigma_0']:.6g},eta_variance={found['eta_variance']:.6g}"
    )
