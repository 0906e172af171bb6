"""`liftstream demo uplift`: an experiment teaches whom an offer persuades, and a second one proves it."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.demo.interrupts import ignore_interrupts, run_interruptibly
from liftstream.cli.demo.options import FOLDER, clients_option
from liftstream.cli.options import json_option, print_json, seed_option
from liftstream.contracts.errors import require

if TYPE_CHECKING:
    from liftstream.demo.uplift.story import Story

CLIENTS, SEED = 4_000, 2024


@click.command("uplift")
@clients_option(CLIENTS, "Clients per arm of the second experiment.")
@seed_option(SEED, "Seed of clients, money and arms.")
@json_option
def uplift(clients: int, seed: int, as_json: bool) -> None:
    """A tree learns from one experiment whom an offer persuades; a second experiment proves it.

    In a simulated campaign an offer persuades some clients and puts off others. A first experiment makes the offer to
    a random half of 40,000 clients. A tree learns from its files what the offer changes, and is exported as PMML. On
    an embedded broker the pipeline decides with this model, and is compared with the original system, which makes the
    offer to men. It takes about a minute, and writes pictures, the model, the platform's report and logs to demo/.
    """
    require(
        "the demo",
        {"demo": ("confluent_kafka", "altair"), "platform": ("sqlalchemy",), "training": ("sklearn",)},
    )
    run_interruptibly(lambda: _run(clients, seed, as_json))


def _run(clients: int, seed: int, as_json: bool) -> None:
    from liftstream.demo.live_view import View
    from liftstream.demo.outcome import Outcome
    from liftstream.demo.plan import Request
    from liftstream.demo.rehearsal import rehearse
    from liftstream.demo.results import write_results
    from liftstream.demo.run import play
    from liftstream.demo.stage import set_up
    from liftstream.demo.truth import know
    from liftstream.demo.uplift.first_experiment import run_first_experiment
    from liftstream.demo.uplift.learning import PICTURES, learn
    from liftstream.demo.uplift.story import CAMPAIGN, Story, write_story

    request = Request(clients, seed, "uplift", FOLDER / "uplift.pmml", FOLDER, CAMPAIGN)
    view = View(request)
    with ExitStack() as stack, view.shown():
        view.tell("first experiment: half of 40,000 clients get the offer, by chance")
        first = run_first_experiment(seed, FOLDER)
        learned, _ = learn(first, seed, FOLDER, view.tell)
        truth = know(request)
        stage = stack.enter_context(set_up(request, view.tell))
        stack.callback(ignore_interrupts)
        view.page = stage.experiment_page
        outcome = Outcome(request, play(stage, request, view.see), truth, rehearse(request, truth))
        view.tell("drawing the pictures")
        story = Story(first, learned, outcome)
        files = [*(FOLDER / name for name in PICTURES.values()), *write_results(outcome, stage)]
        files += [FOLDER / "uplift.pmml", write_story(story, FOLDER)]
    if as_json:
        print_json(story.to_dict())
    else:
        _print(story, files)


def _print(story: "Story", files: list[Path]) -> None:
    from rich.console import Console

    from liftstream.demo.closing import print_outcome

    print_outcome(story.second, files)
    console = Console(highlight=False)
    console.print()
    console.print(story.sentence, markup=False, style="bold")
