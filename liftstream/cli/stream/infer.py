"""`liftstream stream infer`: a first stream definition from the newest records of topics."""

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liftstream.cli.options import PATH, settings_options
from liftstream.cli.stream.options import records_option
from liftstream.contracts.errors import InputError
from liftstream.contracts.settings import KafkaSettings, load_settings

if TYPE_CHECKING:
    from liftstream.contracts.model_inputs import ModelOffer
    from liftstream.service.kafka.newest import NewestRecord
    from liftstream.streams.inference.draft import TopicSample


@click.command()
@click.option(
    "--topic",
    "topics",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Topic to read; one for each side.",
)
@click.option(
    "--model",
    "model",
    type=PATH,
    metavar="M.pmml",
    help="The model that scores the stream: its inputs become the features.",
)
@click.option("--out", type=PATH, metavar="FILE", help="Output file; default: stdout.")
@records_option
@settings_options
def infer(
    topics: tuple[str, ...],
    model: Path | None,
    out: Path | None,
    records: int,
    settings_file: Path | None,
    overrides: dict[str, str],
) -> None:
    """Write a first stream definition with comments, from the newest records of topics.

    Comments show what was seen of every field: its type, its values, how often it is missing, and which fields may be
    the id and the event time. It joins no consumer group, and creates and commits nothing. Needs READ on the topics.
    """
    settings = load_settings(settings_file, overrides)
    if len(set(topics)) < len(topics):
        raise click.UsageError(f"--topic: {Counter(topics).most_common(1)[0][0]} is given twice")
    if out is not None and out.exists():
        raise InputError(
            f"{out}: exists already, and your changes in it would be lost; give another --out, or remove the file"
        )
    from liftstream.contracts.whole_file import write_whole
    from liftstream.service.kafka.newest import read_newest
    from liftstream.service.logs import silence_logs
    from liftstream.streams.inference.draft_text import write
    from liftstream.streams.inference.infer import infer as infer_draft

    silence_logs()
    offer = None if model is None else _offer(model)
    newest = read_newest(settings.kafka, topics, records)
    samples = [_sample(topic, newest[topic], settings.kafka) for topic in topics]
    text = write(infer_draft(samples, offer))
    for sample in samples:
        click.echo(
            f"{sample.topic}: {len(newest[sample.topic])} records, {sample.format}, {len(sample.records)} readable",
            err=True,
        )
    if out is None:
        click.echo(text, nl=False)
        return
    write_whole(out, text.encode())
    click.echo(
        f"written to {out}. Look at its comments, then: liftstream stream check {shlex.quote(str(out))}",
        err=True,
    )


def _offer(model: Path) -> "ModelOffer":
    from liftstream.contracts.places import find_model
    from liftstream.scoring import load

    return load(find_model(model)).offer


def _sample(topic: str, records: "list[NewestRecord]", kafka: KafkaSettings) -> "TopicSample":
    from liftstream.service.stream_records import guess_format, open_documents
    from liftstream.streams.inference.draft import TopicSample
    from liftstream.streams.inference.observed import Sampled
    from liftstream.streams.unreadable import Unreadable

    if not records:
        raise InputError(f"{topic}: has no records yet; write some, or wait until some arrive")
    form = guess_format(records, kafka)
    found, unreadable = [], Counter[str]()
    for record, opened in zip(records, open_documents(records, form, kafka), strict=True):
        if isinstance(opened, Unreadable):
            unreadable[str(opened)] += 1
        else:
            found.append(Sampled(record.key, record.timestamp_ms, opened[0]))
    if not found:
        reason, times = unreadable.most_common(1)[0]
        raise InputError(f"{topic}: none of {len(records)} records can be read; {times} of them: {reason}")
    return TopicSample(topic, form, found, dict(unreadable.most_common(3)))
