"""`liftstream side-output list | replay`: what the pipeline put aside, by reason; send it again."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.options import json_option, print_json, settings_options
from liftstream.contracts.settings import Settings, load_settings
from liftstream.contracts.side_output import REASONS
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream

if TYPE_CHECKING:
    from pipeline.replay.replay import KnownClient, Line


@click.group("side-output")
def side_output() -> None:
    """Records without a prediction, each with its reason: count them, send them again."""


@side_output.command("list")
@settings_options
@json_option
def list_(settings_file: Path | None, overrides: dict[str, str], as_json: bool) -> None:
    """Count the records of the side output, by reason."""
    settings = load_settings(settings_file, overrides)
    lines, whole, alone = _put_aside(settings, load_stream(settings))
    reasons = Counter(line.record.reason for line in lines)
    document = {
        "place": settings.pipeline.side_output,
        "records": len(lines),
        "reasons": {reason: reasons[reason] for reason in REASONS},
        "replayed": sum(line.record.replayed for line in lines),
        "clients_with_both_halves": len(whole),
        "clients_with_one_half": alone,
    }
    if as_json:
        print_json(document)
        return
    if not lines:
        click.echo(f"nothing was put aside in {settings.pipeline.side_output}")
        return
    for reason in REASONS:
        click.echo(f"{reason:<10} {reasons[reason]:>9,}")
    click.echo(
        f"{len(lines):,} records in {settings.pipeline.side_output}, {document['replayed']:,} of them replayed;"
        f" {len(whole):,} clients complete (can be replayed), {alone:,} incomplete"
    )


@side_output.command()
@click.option(
    "--keep-time",
    is_flag=True,
    help="Keep the records' event times; default: both get the current time. A running worker puts old halves aside"
    " as late again, unless PIPELINE__ALLOWED_LATENESS_S reaches back so far.",
)
@settings_options
@json_option
def replay(settings_file: Path | None, overrides: dict[str, str], keep_time: bool, as_json: bool) -> None:
    """Send both halves of a client again, if both are known, and mark them replayed.

    Each half goes to the partition that it came from, with its key and headers.

    Needs WRITE on the input topics. A half whose partner is not in the side output is not sent, because it would time
    out again. If event times are fields of the records of a side, all records keep their times.
    """
    settings = load_settings(settings_file, overrides)
    stream = load_stream(settings)
    from pipeline.replay.replay import commit_replayed, mark_replayed
    from pipeline.replay.resending import send_again

    lines, whole, alone = _put_aside(settings, stream)
    halves = [half for known in whole for half in known.halves.values()]
    fixed = [side.topic for side in stream.sides if side.time.path is not None]
    if whole and fixed and not keep_time:
        click.echo(
            f"liftstream: event times of {', '.join(fixed)} are fields of the records, so all records keep their times;"
            " a running worker takes old ones only as far back as PIPELINE__ALLOWED_LATENESS_S reaches",
            err=True,
        )
    if whole:
        send_again(settings.kafka, halves, keep_time=keep_time or bool(fixed))
        mark_replayed(line for known in whole for line in known.lines)
        commit_replayed(settings, lines)
    if as_json:
        print_json({"clients_sent": len(whole), "records_sent": len(halves), "clients_with_one_half": alone})
    else:
        kept = f"; not sent: {alone:,} clients whose other half is not in the side output" if alone else ""
        click.echo(f"sent {len(halves):,} records of {len(whole):,} clients again{kept}")


def _put_aside(settings: Settings, stream: Stream) -> "tuple[list[Line], list[KnownClient], int]":
    """What was put aside, the clients among it of whom all halves are known, and of how many some are missing."""
    from liftstream.service.stream_records import wires_of
    from pipeline.replay.replay import pair_up, read_side_output

    lines = read_side_output(settings)
    return lines, *pair_up(lines, stream, wires_of(stream, settings.kafka))
