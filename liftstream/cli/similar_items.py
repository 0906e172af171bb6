"""`liftstream similar-items show | fold-in | publish`: the lists of a snapshot, new titles between two
trainings, Kafka."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from liftstream.cli.options import PATH, json_option, print_json, settings_options
from liftstream.cli.tables import wide_console
from liftstream.contracts.errors import InputError
from liftstream.contracts.settings import load_settings

if TYPE_CHECKING:
    from training.similar_items.snapshot import Snapshot

SHOWN: Final = ("rank", "title", "score", "released", "genres", "age", "watchers")
"""Columns for people; --json has the ids too."""

snapshot_option = click.option(
    "--snapshot",
    "folder",
    type=PATH,
    default=Path("similar-items"),
    help="Folder that 'liftstream train similar-items' wrote.",
)


@click.group("similar-items")
def similar_items() -> None:
    """Similar titles: the lists that 'liftstream train similar-items' made."""


@similar_items.command()
@click.argument("title")
@snapshot_option
@click.option("--topic", "from_topic", is_flag=True, help="Read KAFKA__TOPIC_SIMILAR_ITEMS, not the folder.")
@settings_options
@json_option
def show(
    title: str,
    folder: Path,
    from_topic: bool,
    settings_file: Path | None,
    overrides: dict[str, str],
    as_json: bool,
) -> None:
    """The neighbours of TITLE (or of the item with this id), best first."""
    if from_topic:
        _show_published(title, load_settings(settings_file, overrides), as_json)
        return
    from training.similar_items.lookup import find_title, neighbours_of
    from training.similar_items.snapshot import read_snapshot

    snapshot = read_snapshot(folder)
    place = find_title(snapshot.titles.catalogue, title)
    rows = neighbours_of(snapshot, place)
    if as_json:
        about = snapshot.titles.catalogue
        print_json(
            {
                "snapshot": snapshot.version,
                "item": about.item[place],
                "title": about.title[place],
                "neighbours": rows,
            }
        )
    else:
        _print_list(_heading(snapshot, place), rows)


@similar_items.command("fold-in")
@click.argument("data", type=PATH)
@snapshot_option
@json_option
def fold_in(data: Path, folder: Path, as_json: bool) -> None:
    """Lists for new titles from their first interactions, without new training.

    DATA is a folder of items and interactions as for training; titles that are already in the snapshot are left out.
    """
    from training.similar_items.cold import fold_in_titles
    from training.similar_items.lookup import neighbours_of
    from training.similar_items.reading import read_new
    from training.similar_items.snapshot import read_options, read_snapshot

    snapshot, options = read_snapshot(folder), read_options(folder)
    catalogue, watching = read_new(data, lambda line: click.echo(f"liftstream: {line}", err=True))
    cold = fold_in_titles(snapshot, options, catalogue, watching)
    if cold.too_few:
        click.echo(
            f"liftstream: {cold.too_few:,} new titles were liked by fewer than {options.min_support} known users, left out",
            err=True,
        )
    found = [
        {"item": item, "title": name, "neighbours": neighbours_of(snapshot, place, cold.lists)}
        for place, (item, name) in enumerate(
            zip(cold.catalogue.item.tolist(), cold.catalogue.title.tolist(), strict=True)
        )
    ]
    if as_json:
        print_json({"snapshot": snapshot.version, "items": found})
        return
    for one in found:
        _print_list(f"{one['title']} (new), snapshot {snapshot.version}", one["neighbours"])


@similar_items.command()
@snapshot_option
@settings_options
@json_option
def publish(folder: Path, settings_file: Path | None, overrides: dict[str, str], as_json: bool) -> None:
    """Write a snapshot to the compacted topic KAFKA__TOPIC_SIMILAR_ITEMS, all of it or nothing; publish an older one to
    roll back."""
    from training.similar_items.publishing import prepare_topic
    from training.similar_items.publishing import publish as write
    from training.similar_items.snapshot import read_snapshot

    settings = load_settings(settings_file, overrides)
    snapshot = read_snapshot(folder)
    prepare_topic(settings.kafka)
    gone = write(snapshot, settings.kafka)
    topic = settings.kafka.topic_similar_items
    if as_json:
        print_json({"snapshot": snapshot.version, "topic": topic, "items": len(snapshot), "taken_away": gone})
    else:
        click.echo(
            f"{len(snapshot):,} lists of snapshot {snapshot.version} are on {topic}; {gone:,} items were taken away"
        )


def _show_published(title: str, settings: Any, as_json: bool) -> None:
    from training.similar_items.lookup import choose
    from training.similar_items.publishing import read_published

    lists = read_published(settings.kafka)
    one = lists[choose([value.item for value in lists], [value.title for value in lists], title)]
    rows = [
        {"rank": rank, "item": n.item, "title": n.title, "score": n.score}
        for rank, n in enumerate(one.neighbours, start=1)
    ]
    if as_json:
        print_json({"snapshot": one.snapshot, "item": one.item, "title": one.title, "neighbours": rows})
    else:
        _print_list(f"{one.title}, snapshot {one.snapshot}", rows)


def _heading(snapshot: "Snapshot", place: int) -> str:
    from training.similar_items.lookup import describe_title

    return f"{describe_title(snapshot.titles, place)}, snapshot {snapshot.version}"


def _print_list(heading: str, rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    if not rows:
        raise InputError(
            f"{heading}: no similar title; filters and --min-support decide which titles its list may hold"
        )
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    names = [name for name in SHOWN if name in rows[0]]
    for name in names:
        is_text = name in ("title", "genres")
        table.add_column(name, justify="left" if is_text else "right", no_wrap=not is_text, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(name, row)) for name in names))
    console = wide_console()
    console.print(heading, style="bold", soft_wrap=True)
    console.print(table)


def _cell(name: str, row: dict[str, Any]) -> str:
    value = row[name]
    if name == "title" and row.get("premiere"):
        return f"{value} (premiere)"
    return (
        f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )
