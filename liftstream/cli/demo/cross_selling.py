"""`liftstream demo`: the whole story on an embedded broker, ending in a verdict."""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import click

from liftstream.cli.demo.interrupts import ignore_interrupts, run_interruptibly
from liftstream.cli.demo.options import FOLDER, clients_option
from liftstream.cli.options import json_option, print_json, seed_option
from liftstream.contracts.errors import require
from liftstream.contracts.places import model_named

if TYPE_CHECKING:
    from liftstream.demo.plan import Request
    from liftstream.demo.stage import Stage

CLIENTS, SEED, CANDIDATE = 5_678, 2024, "cross_selling"
LOOK_S: Final = 0.2


@click.command("cross-selling")
@clients_option(CLIENTS, "Clients per arm.")
@seed_option(SEED, "Seed of clients, money and arms.")
@click.option(
    "--candidate", default=CANDIDATE, metavar="NAME", help="A model under pmml/; original gives an A/A run."
)
@click.option("--keep", is_flag=True, help="Keep everything running after the verdict, until Ctrl-C.")
@json_option
def cross_selling(clients: int, seed: int, candidate: str, keep: bool, as_json: bool) -> None:
    """A complete run on an embedded broker that ends with a verdict.

    Clients visit a simulated shop. The platform draws their arm, the pipeline joins each client's two messages and
    decides with the candidate's PMML model, the shop shows the category or not, and the client pays. It takes about a
    minute, and writes pictures, the platform's report and logs to demo/. You can watch the platform's page meanwhile.
    """
    require("the demo", {"demo": ("confluent_kafka", "altair"), "platform": ("sqlalchemy",)})
    from liftstream.demo.plan import Request

    request = Request(clients, seed, candidate, model_named(candidate), FOLDER)
    run_interruptibly(lambda: _run(request, keep, as_json))


def _run(request: "Request", keep: bool, as_json: bool) -> None:
    from liftstream.demo.closing import print_outcome
    from liftstream.demo.live_view import View
    from liftstream.demo.outcome import Outcome
    from liftstream.demo.rehearsal import rehearse
    from liftstream.demo.run import play
    from liftstream.demo.stage import keep_database, set_up
    from liftstream.demo.truth import know

    view = View(request)
    with ExitStack() as stack:
        with view.shown():
            view.tell("reading the model")
            truth = know(request)
            stage = stack.enter_context(set_up(request, view.tell))
            stack.callback(ignore_interrupts)
            view.page = stage.experiment_page
            outcome = Outcome(request, play(stage, request, view.see), truth, rehearse(request, truth))
            view.tell("drawing the pictures")
            from liftstream.demo.results import write_results  # and altair, for which nobody need wait before

            files = write_results(outcome, stage)
        if as_json:
            print_json(outcome.to_dict())
        else:
            print_outcome(outcome, files)
        if keep:
            _wait(stage)
            kept = keep_database(stage, request.folder)
            click.echo(f"liftstream: the platform's database is kept in {kept}", err=True)


def _wait(stage: "Stage") -> None:
    """Waits until Ctrl-C, or until a process ends."""
    try:  # whoever reads the line may press Ctrl-C before the next one is reached
        click.echo(
            f"liftstream: everything keeps running: {stage.experiment_page} (Ctrl-C ends it)", err=True
        )
        while True:
            stage.check()
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        return
