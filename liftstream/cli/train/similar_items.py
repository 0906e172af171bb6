"""`liftstream train similar-items`: who watched what in, lists of neighbours with a report out."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from liftstream.cli.options import PATH, FiniteRange, json_option, print_json, seed_option, settings_options
from liftstream.cli.train.steps import notices, steps
from liftstream.contracts.errors import require
from liftstream.contracts.settings import load_settings

if TYPE_CHECKING:
    from training.similar_items.preparation import ListOptions
    from training.similar_items.watching import Catalogue, Integers, Watching

SEED: Final = 2024
ITEMS, USERS, INTERACTIONS = 2_000, 8_000, 300_000
SIGNS: Final = ("watched", "favourite", "like", "dislike")


def _weights(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:  # noqa: ARG001
    found = {}
    for text in values:
        name, _, number = text.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            found[name] = -1.0
        if name not in SIGNS or not 0 <= found[name] < 1e6:
            raise click.BadParameter(
                f"{text!r}: write NAME=VALUE, NAME one of {', '.join(SIGNS)}, VALUE 0 or more"
            )
    return found


@click.command("similar-items")
@click.option(
    "--data",
    type=PATH,
    help="Folder of items and interactions, each .csv, .csv.gz or .parquet; then nothing is simulated.",
)
@click.option(
    "--items",
    type=click.IntRange(100, 1_000_000),
    help=f"Titles of the simulated cinema.  [default: {ITEMS}]",
)
@click.option(
    "--users",
    type=click.IntRange(100, 10_000_000),
    help=f"Viewers of the simulated cinema.  [default: {USERS}]",
)
@click.option(
    "--interactions",
    type=click.IntRange(1_000, 100_000_000),
    help=f"Views in the simulated cinema.  [default: {INTERACTIONS}]",
)
@click.option("--length", type=click.IntRange(1, 1_000), default=10, help="Neighbours in a list.")
@click.option(
    "--premieres-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Titles released on this day or later are premieres.  [default: 60 days before the newest view]",
)
@click.option(
    "--premiere-lambda",
    type=FiniteRange(0, 50),
    default=1.0,
    help="Premieres weigh exp(-LAMBDA) in the matrix.",
)
@click.option(
    "--score-lambda",
    type=FiniteRange(0, 50),
    help="Scores of premieres in the lists are multiplied by exp(-LAMBDA).  [default: the smallest that halves the places of premieres]",
)
@click.option(
    "--weight",
    "weights",
    multiple=True,
    callback=_weights,
    metavar="NAME=VALUE",
    help=f"Weight of a rating: {', '.join(SIGNS)}; repeatable.",
)
@click.option(
    "--explained",
    type=FiniteRange(0, 1, min_open=True),
    default=0.5,
    help="Share of the matrix's squared norm that the rank explains.",
)
@click.option("--most-rank", type=click.IntRange(1, 1_000), default=32, help="The largest rank.")
@click.option(
    "--min-support",
    type=click.IntRange(1),
    default=5,
    help="Titles that fewer users liked have no list and are in no list.",
)
@click.option(
    "--most-lists", type=click.IntRange(1), help="Largest number of lists that may contain one title."
)
@click.option("--same-genre", is_flag=True, help="Only neighbours that share a genre with the title.")
@click.option(
    "--same-age",
    is_flag=True,
    help="Only neighbours that may be watched by everybody who may watch the title.",
)
@click.option(
    "--publish",
    "publishes",
    is_flag=True,
    help="Also write the snapshot to the compacted topic KAFKA__TOPIC_SIMILAR_ITEMS.",
)
@click.option(
    "--out",
    type=PATH,
    default=Path("similar-items"),
    help="Folder for the snapshot; pictures go to report/ inside it.",
)
@seed_option(SEED)
@settings_options
@json_option
def similar_items(
    data: Path | None,
    items: int | None,
    users: int | None,
    interactions: int | None,
    publishes: bool,
    out: Path,
    seed: int,
    settings_file: Path | None,
    overrides: dict[str, str],
    as_json: bool,
    **how: Any,
) -> None:
    """List similar titles for every title, learned from who watched what and corrected for premieres.

    Truncated SVD of who liked what, cosine of the titles' vectors, premieres weighed down in the matrix and in the
    lists. Writes a snapshot (Parquet with a card), all of it or nothing.
    """
    if data is not None and (items, users, interactions) != (None, None, None):
        raise click.UsageError(
            "--items, --users and --interactions are for the simulated cinema; --data brings its own"
        )
    require("training", {"training": ("sklearn", "pyarrow", "altair")})
    from rich.console import Console

    from liftstream.cli.train.similar_items_report import as_document, print_table, tell_left_out
    from training.artefacts import refuse_unwritable, write_report
    from training.similar_items.pictures import draw_report
    from training.similar_items.run import take_snapshot, train_lists, write_card
    from training.similar_items.snapshot import write_snapshot

    settings = load_settings(settings_file, overrides)
    console = Console(stderr=True, highlight=False)
    refuse_unwritable(out)
    if publishes:
        from training.similar_items.publishing import prepare_topic, publish

        prepare_topic(settings.kafka)
    source = f"the files in {data.resolve().name}" if data else "simulated cinema"
    options, created = _options(how), datetime.now(UTC)
    with steps(console) as step:
        with step("read the files" if data else "simulate the cinema's history"):
            sizes = items or ITEMS, users or USERS, interactions or INTERACTIONS
            known = _known(data, sizes, seed, notices(console))
        result = train_lists(*known[:2], options, seed, step, known[2])
        with step("draw the report"):
            pictures = draw_report(result, source)
        snapshot = take_snapshot(result, created)
        with step("write the snapshot"):
            file = write_snapshot(snapshot, write_card(result, snapshot, created, source), out)
            write_report(pictures, out / "report")
        if publishes:
            with step(f"publish to {settings.kafka.topic_similar_items}"):
                publish(snapshot, settings.kafka)
    tell_left_out(result, notices(console))
    if as_json:
        print_json(as_document(result, snapshot.version, file, source))
    else:
        print_table(result, snapshot.version, file, source)


def _options(how: dict[str, Any]) -> "ListOptions":
    import numpy as np

    from training.similar_items.coefficients import Weights
    from training.similar_items.neighbours import Rules
    from training.similar_items.preparation import ListOptions

    first = how["premieres_from"]
    return ListOptions(
        weights=Weights(**how["weights"]),
        premieres_from=None if first is None else np.datetime64(first.date(), "D"),
        premiere_lambda=how["premiere_lambda"],
        score_lambda=how["score_lambda"],
        explained=how["explained"],
        most_rank=how["most_rank"],
        min_support=how["min_support"],
        rules=Rules(how["length"], how["same_genre"], how["same_age"], how["most_lists"]),
    )


def _known(
    data: Path | None, sizes: tuple[int, int, int], seed: int, notice: Callable[[str], None]
) -> "tuple[Catalogue, Watching, Integers | None]":
    if data is None:
        from training.similar_items.generated import generate

        return generate(*sizes, seed)
    from training.similar_items.reading import read_folder

    return *read_folder(data, notice), None
