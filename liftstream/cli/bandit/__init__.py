"""`liftstream bandit`: policies compared in simulated environments, judged from logs, and fitted to history."""

import click

from liftstream.cli.bandit.evaluate import evaluate
from liftstream.cli.bandit.fit import fit
from liftstream.cli.bandit.simulate import simulate


@click.group()
def bandit() -> None:
    """Compare bandit policies, evaluate them from a log, fit their priors."""


bandit.add_command(simulate)
bandit.add_command(evaluate)
bandit.add_command(fit)
