"""`liftstream topics`: makes the topics that are missing on the broker of the settings."""

from pathlib import Path

import click

from liftstream.cli.options import json_option, print_json, settings_options
from liftstream.contracts.settings import load_settings


@click.command()
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    default=4,
    help="Partitions of every new topic that is not compacted; limits how many workers share it.",
)
@click.option(
    "--also", multiple=True, metavar="NAME", help="Another topic to create, e.g. a side output; repeatable."
)
@json_option
@settings_options
def topics(
    partitions: int,
    also: tuple[str, ...],
    as_json: bool,
    settings_file: Path | None,
    overrides: dict[str, str],
) -> None:
    """Create the topics that are missing on the broker of the settings.

    All of KAFKA__TOPIC_*, with the broker's replication; topic_choice and topic_similar_items are compacted and have
    one partition. Existing topics are not changed, so the command can be repeated. It needs the right CREATE; workers
    and services create no topics.
    """
    settings = load_settings(settings_file, overrides)
    from liftstream.broker.topics import make_missing, wanted_topics
    from liftstream.service.logs import silence_logs

    silence_logs()
    wanted = wanted_topics(settings.kafka, partitions, also)
    made = make_missing(settings.kafka, wanted)
    there = [name for name in wanted if name not in made]
    if as_json:
        print_json({"made": made, "existing": there})
    else:
        click.echo(f"made {len(made)} topics: {', '.join(made) or 'none'}; {len(there)} existed already")
