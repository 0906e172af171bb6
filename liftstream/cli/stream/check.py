"""`liftstream stream check`: ten joined rows of a stream, with what is wrong in each."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liftstream.cli.options import PATH, json_option, print_json, settings_options
from liftstream.cli.stream.options import records_option
from liftstream.contracts.errors import InputError
from liftstream.contracts.settings import KafkaSettings, load_settings

if TYPE_CHECKING:
    from liftstream.scoring.model import Model
    from liftstream.service.kafka.newest import NewestRecord
    from liftstream.streams.definition import Format, Stream
    from liftstream.streams.model_fit import ModelFit
    from liftstream.streams.preview import Preview, SampledRecord


@click.command()
@click.argument("file", metavar="FILE", type=PATH)
@click.option(
    "--model", "model", type=PATH, metavar="M.pmml", help="Also score the rows, and report what does not fit."
)
@click.option("--rows", type=click.IntRange(1, 1000), default=10, help="Number of rows to show.")
@records_option
@json_option
@settings_options
def check(
    file: Path,
    model: Path | None,
    rows: int,
    records: int,
    as_json: bool,
    settings_file: Path | None,
    overrides: dict[str, str],
) -> None:
    """Read the newest records with the stream definition FILE, and show ten joined rows with their problems.

    It answers, commits and creates nothing. The exit code is 1 if the definition has errors, or no row could be answered.
    """
    settings = load_settings(settings_file, overrides)
    from liftstream.cli.stream.preview_table import as_document, print_preview
    from liftstream.service.kafka.newest import read_newest
    from liftstream.service.logs import silence_logs
    from liftstream.streams.loading import load_stream
    from liftstream.streams.preview import preview

    silence_logs()
    stream = load_stream(settings, file)
    loaded, fit = (None, None) if model is None else _fitting(stream, model)
    newest = read_newest(settings.kafka, stream.topics, records)
    found = preview(
        stream, [_opened(newest[side.topic], side.format, settings.kafka) for side in stream.sides], rows
    )
    scores = (
        [None] * len(found.rows) if loaded is None or fit is None else _scores(loaded, fit, stream, found)
    )
    if as_json:
        print_json(as_document(stream, found, scores, fit))
    else:
        print_preview(stream, found, scores, fit)
    if not found.answerable:
        empty = ", ".join(side.topic for side in found.sides if not side.records)
        why = (
            f"{empty}: no records yet; write some, or wait until some arrive"
            if empty
            else "every one says why"
            if found.rows
            else "no record can be read; the lines on the topics say why"
        )
        raise InputError(f"{stream.source}: none of {len(found.rows)} rows could be answered; {why}")


def _fitting(stream: "Stream", path: Path) -> "tuple[Model, ModelFit]":
    from liftstream.contracts.places import find_model
    from liftstream.scoring import load
    from liftstream.streams.model_fit import fit_model

    loaded = load(find_model(path))
    fit = fit_model(stream, loaded.offer)
    fit.raise_problems(path)
    return loaded, fit


def _opened(records: "list[NewestRecord]", form: "Format", kafka: KafkaSettings) -> "list[SampledRecord]":
    from liftstream.service.stream_records import open_documents
    from liftstream.streams.preview import SampledRecord

    opened = open_documents(records, form, kafka)
    return [SampledRecord(one.key, one.timestamp_ms, said) for one, said in zip(records, opened, strict=True)]


def _scores(loaded: "Model", fit: "ModelFit", stream: "Stream", found: "Preview") -> list[Any]:
    """The prediction or score of each row that could be answered."""
    rows = found.answerable
    if not rows:
        return [None] * len(found.rows)
    columns = {name: [row.values[feature] for row in rows] for name, feature in fit.source.items()}
    values = loaded.score(columns)[loaded.target] if stream.decision == "class" else loaded.scores(columns)
    by_id = dict(zip((row.id for row in rows), values.tolist(), strict=True))
    return [by_id.get(row.id) for row in found.rows]
