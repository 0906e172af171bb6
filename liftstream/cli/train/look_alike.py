"""`liftstream train look-alike`: users with their classes in, a tree with its card and v of every user out."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from liftstream.cli.options import PATH, FiniteRange, json_option, print_json, seed_option
from liftstream.cli.tables import figures_table, wide_console
from liftstream.cli.train.steps import notices, started, steps
from liftstream.contracts.errors import require
from liftstream.service.pages.formatting import percent

if TYPE_CHECKING:
    from training.look_alike.decision import FrequencyComparison
    from training.look_alike.run import LookAlikeResult

SEED: Final = 2024
USERS: Final = 40_000
CHANCE: Final = "The chosen tree's ROC-AUC has 0.5 in its interval: these users do not show that it knows more than chance."


@click.command("look-alike")
@click.option(
    "--data",
    type=PATH,
    help="Table of users (.csv, .csv.gz or .parquet), or a folder with users; then none are simulated.",
)
@click.option("--label", default="engaged", help="Column with 1 for users who stay, 0 for others.")
@click.option(
    "--users",
    type=click.IntRange(1_000, 5_000_000),
    help=f"Viewers of the simulated cinema.  [default: {USERS}]",
)
@click.option("--rounds", type=click.IntRange(0, 1_000), default=10, help="Largest number of rounds.")
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=2,
    help="Rounds without improvement on the validation part before the loop ends.",
)
@click.option("--tolerance", type=FiniteRange(0, 1), default=0.05, help="Share of the pool that may be left.")
@click.option("--depth", type=click.IntRange(1, 30), default=6, help="Depth of the tree.")
@click.option(
    "--sessions",
    type=click.IntRange(100, 1_000_000),
    default=20_000,
    help="Simulated sessions in which the bandit learns the frequency of advertising.",
)
@click.option(
    "--out",
    type=PATH,
    default=Path("look-alike"),
    help="Folder for model, card and v; pictures go to report/ inside it.",
)
@seed_option(SEED)
@json_option
def look_alike(
    data: Path | None,
    label: str,
    users: int | None,
    rounds: int,
    patience: int,
    tolerance: float,
    depth: int,
    sessions: int,
    out: Path,
    seed: int,
    as_json: bool,
) -> None:
    """Learn who resembles the users who stay, and use it to choose how often to show advertising.

    A decision tree in an EM loop: users whom it classifies correctly move into its training set, until few are left
    or a validation part shows no improvement. Writes a PMML with its card, and v in [0, 1] for every user.
    """
    if data is not None and users is not None:
        raise click.UsageError("--users is for the simulated cinema; --data brings its own")
    require("training", {"training": ("sklearn2pmml", "pypmml", "pyarrow")})
    from rich.console import Console

    from training.artefacts import refuse_unwritable, write_report
    from training.look_alike.generated import generate
    from training.look_alike.loop import LookAlikeOptions
    from training.look_alike.pictures import draw_decision, draw_rounds
    from training.look_alike.reading import read_users
    from training.look_alike.run import document, train_look_alike, write_model

    console = Console(stderr=True, highlight=False)
    refuse_unwritable(out)
    now = started(notices(console))
    options = LookAlikeOptions(most_rounds=rounds, patience=patience, tolerance=tolerance, depth=depth)
    with steps(console) as step:
        with step("read the users" if data else "simulate the cinema's viewers"):
            known = read_users(data, label) if data else generate(users or USERS, seed)
        result = train_look_alike(known, options, seed, now, step, sessions)
        with step("draw the report"):
            pictures = {"rounds.png": draw_rounds(result.loop, known.source)}
            if result.decision is not None:
                pictures["frequency.png"] = draw_decision(result.decision)
    file = write_model(result, known, out)
    write_report(pictures, out / "report")
    if as_json:
        print_json(
            {"source": known.source, "file": str(file), "users": len(known), **document(result, options)}
        )
    else:
        _print(result, file, known.source)


def _print(result: "LookAlikeResult", file: Path, source: str) -> None:
    title = f"{result.card.metrics['held_out_rows']:,} untouched users, {source}"
    headings = ("round", "moved", "left", "AUC left", "F1 left", "AUC val.", "AUC test", "F1 test")
    table = figures_table(title, *headings, names=0)
    for one in result.loop.rounds:
        table.add_row(
            f"{'* ' if one.number == result.loop.chosen else ''}{one.number}",
            f"{one.moved:,}",
            f"{one.left:,}",
            _figure(one.roc_auc_left),
            _figure(one.f1_left),
            f"{one.roc_auc:.4f}",
            f"{one.roc_auc_test.value:.4f} ± {one.roc_auc_test.half_width:.4f}",
            f"{one.f1_test:.4f}",
        )
    console = wide_console(soft_wrap=True)
    console.print(table)
    once = result.all_at_once
    lines = [
        f"* chosen on the validation part; ended: {result.loop.ended}",
        f"a tree of the same users without a loop: ROC-AUC {once.value:.4f} ± {once.half_width:.4f} on the test part",
        *([CHANCE] if result.loop.rounds[result.loop.chosen].roc_auc_test.low <= 0.5 else []),
        *(_tell_decision(result.decision) if result.decision is not None else []),
        f"model, card and v of every user: {file.parent}/   pictures: {file.parent}/report/",
    ]
    for line in lines:
        console.print(line, soft_wrap=True)
    console.print()


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _tell_decision(decision: "FrequencyComparison") -> list[str]:
    from liftstream.simulation.cinema.audience import FREQUENCIES

    best = max(range(len(FREQUENCIES)), key=lambda arm: decision.fixed[arm])
    gain = decision.learned_gain
    groups = ", ".join(f"{one.chosen} for those {one.group} ({one.v:.2f})" for one in decision.groups)
    return [
        f"advertisements an hour, by thirds of v: {groups}",
        f"that earns {gain.value:+.4f} ± {gain.half_width:.4f} a session over {FREQUENCIES[best]} for everybody"
        f" ({decision.fixed[best]:.4f}); {percent(decision.parts.reward, 2)} of the score's variation is minutes,"
        f" {percent(decision.parts.penalty, 2)} the penalty",
    ]
