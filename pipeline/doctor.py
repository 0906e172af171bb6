"""What `liftstream doctor` says of the pipeline's own part: settings, keys, group, model, folders."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from liftstream.broker.diagnosis import Finding, diagnose
from liftstream.contracts.connection import aiokafka_options, check_connection
from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.places import find_model
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
from liftstream.contracts.side_output import topic_of
from liftstream.service.kafka.advertised import find_unreachable
from liftstream.service.kafka.aiokafka.client_start import started
from liftstream.service.kafka.kafka_errors import FOR_GOOD, listen_for_refusals, refused
from liftstream.service.kafka.schema_registry import SchemaRegistry
from liftstream.service.stream_records import wires_of
from liftstream.streams.definition import Stream
from liftstream.streams.loading import load_stream
from liftstream.streams.model_fit import fit_model
from pipeline.group.co_partitioning import CoPartitioning, judge_counts
from pipeline.group.membership import Group, look_at_group
from pipeline.group.newest_records import judge_newest
from pipeline.group.preflight import group_taken
from pipeline.model import served_model
from pipeline.records.stream_decoder import StreamDecoder
from pipeline.side_output import check_topic
from pipeline.token import token_of

REFUSED_WITHIN_S = 3.0


def check_settings(settings: Settings, stream: Stream | None) -> list[Finding]:
    """Whether the settings fit together, as `liftstream run` checks before it connects."""
    return [_security(settings.kafka), _token(settings.pipeline, stream)]


def check_broker(settings: Settings, stream: Stream | None = None) -> tuple[list[Finding], dict[str, int]]:
    """Broker, topics and rights (`liftstream.broker.diagnosis`), with a refusal in the words that a worker
    would get."""
    topics = () if stream is None else (stream.topics, stream.answer.topic)
    found, counts = diagnose(settings, *topics)
    can_connect = _security(settings.kafka).status == "ok"
    refusal = asyncio.run(_why_not(settings)) if can_connect and found[0].status == "failed" else None
    if refusal is not None:
        found[0] = Finding("broker", "failed", refusal)
    return found, counts


async def _why_not(settings: Settings) -> str | None:
    return await _refusal(settings) or await find_unreachable(settings.kafka)


async def _refusal(settings: Settings) -> str | None:
    """Why Kafka refuses this client permanently; None if it does not, or does not answer."""
    producer = AIOKafkaProducer(**aiokafka_options(settings.kafka))
    with listen_for_refusals() as refusals:
        try:
            await started(producer, REFUSED_WITHIN_S)
        except (KafkaError, OSError, TimeoutError):
            pass
        finally:
            await producer.stop()
    for_good = [one for one in refusals if isinstance(one, FOR_GOOD)]
    return str(refused(settings.kafka.bootstrap, for_good[0])) if for_good else None


def check_group(settings: Settings, counts: dict[str, int], stream: Stream | None) -> list[Finding]:
    """How the topics are keyed, and whether a worker may join the group.

    Args:
        settings: of the pipeline.
        counts: partitions of the topics that are visible.
        stream: whose topics they are; None: it cannot be read.
    """
    kafka, inputs = settings.kafka, () if stream is None else stream.topics
    if stream is None or not all(counts.get(topic) for topic in inputs):
        missing = Finding("partitions", "skipped", f"needs {_inputs(inputs)}")
        return [missing, _group(settings, None, Group())]
    co_partitioning = judge_counts(inputs, counts)
    if co_partitioning.holds is None:
        co_partitioning = asyncio.run(judge_newest(kafka, stream, counts[inputs[0]]))
    group = asyncio.run(look_at_group(kafka, settings.pipeline.group))
    return [_partitions(co_partitioning, counts[inputs[0]]), _group(settings, co_partitioning, group)]


def check_model(settings: Settings, stream: Stream | None) -> Finding:
    """Whether the model can be served here: file, gate, engine, card, golden rows, threshold."""
    if stream is None:
        return Finding("model", "skipped", "needs the stream definition")
    try:
        decoder = StreamDecoder(stream, wires_of(stream, settings.kafka))
        model = served_model(settings.pipeline, decoder)
    except LiftstreamError as error:
        return Finding("model", "failed", str(error))
    said = f"{model.path}, sha256 {model.scorer.sha256[:12]}…"
    if stream.decision == "threshold":
        said += f", shows from a score of {model.threshold:g}"
    return Finding("model", "ok", said)


def check_stream(settings: Settings) -> tuple[Finding, Stream | None]:
    """Whether the stream definition can be read, and what it says."""
    try:
        stream = load_stream(settings)
    except LiftstreamError as error:
        return Finding("stream", "failed", str(error)), None
    sides = ", ".join(f"{side.topic} ({len(side.features)} features)" for side in stream.sides)
    joined = f", within {stream.window_s:g} s" if len(stream.sides) > 1 else ""
    return Finding("stream", "ok", f"{stream.name}: {sides}{joined} -> {stream.answer.topic}"), stream


def check_registry(settings: Settings, stream: Stream | None) -> list[Finding]:
    """Whether the schema registry answers, where a side of the stream needs it."""
    framed = [] if stream is None else [side for side in stream.sides if side.format != "json"]
    if stream is None or not framed:
        return []
    try:
        wires_of(stream, settings.kafka)
        registry = SchemaRegistry(settings.kafka)
        registry.check()
    except LiftstreamError as error:
        return [Finding("registry", "failed", str(error))]
    topics = ", ".join(f"{side.topic} ({side.format})" for side in framed)
    return [Finding("registry", "ok", f"{registry.address} answers; for {topics}")]


def check_fit(settings: Settings, stream: Stream | None) -> Finding:
    """Whether the stream has what the model asks for, and the model what the answer needs."""
    from liftstream.scoring import load

    if stream is None:
        return Finding("features", "skipped", "needs the stream definition")
    try:
        fit = fit_model(stream, load(find_model(settings.pipeline.model)).offer)
    except LiftstreamError:
        return Finding("features", "skipped", "needs the model")
    if fit.problems:
        return Finding("features", "failed", "; ".join(fit.problems))
    notices = "".join(f"; {notice}" for notice in fit.notices)
    return Finding("features", "ok", f"all {len(fit.source)} that the model asks for are provided{notices}")


def check_folders(settings: Settings, stream: Stream | None) -> list[Finding]:
    """Whether records can be put aside, and restarts be exact."""
    place, state = settings.pipeline.side_output, settings.pipeline.state
    if (topic := topic_of(place)) is not None:
        found = _side_topic(topic, stream)
    elif _may_write(Path(place)):
        found = Finding("side output", "ok", f"{place}: can be written")
    else:
        found = Finding(
            "side output",
            "failed",
            f"{place} cannot be written; set PIPELINE__SIDE_OUTPUT to a folder that can",
        )
    if _may_write(state):
        return [found, Finding("state", "ok", f"{state} is writable")]
    why = f"{state} cannot be written: restarts will be correct but not exact; set PIPELINE__STATE to a folder that can"
    return [found, Finding("state", "failed", why)]


def _side_topic(name: str, stream: Stream | None) -> Finding:
    try:
        if stream is not None:
            check_topic(name, stream)
    except LiftstreamError as error:
        return Finding("side output", "failed", str(error))
    return Finding("side output", "ok", f"topic {name}: see topics and rights")


def _inputs(topics: Sequence[str]) -> str:
    return "both input topics" if len(topics) == 2 else "the input topics"


def _security(kafka: KafkaSettings) -> Finding:
    try:
        check_connection(kafka)
    except LiftstreamError as error:
        return Finding("security", "failed", str(error))
    user = f" as {kafka.username}" if kafka.username else ""
    return Finding("security", "ok", f"{kafka.security_protocol}{user}")


def _token(settings: PipelineSettings, stream: Stream | None) -> Finding:
    if stream is None:
        return Finding("token", "skipped", "needs the stream definition")
    try:
        token_of(settings, stream.answer)
    except LiftstreamError as error:
        return Finding("token", "failed", str(error))
    return Finding("token", "ok", "set" if stream.answer.asks_for("token") else "the answer has none")


def _partitions(co_partitioning: CoPartitioning, partitions: int) -> Finding:
    if co_partitioning.holds:
        said = f"{partitions} each, {co_partitioning.why}: up to {partitions} workers share them"
    elif co_partitioning.holds is False:
        said = f"{co_partitioning.why}: one worker serves both whole topics, a second refuses"
    else:
        said = f"{partitions} each; {co_partitioning.why}: one worker serves both, others stand by until it is known"
    return Finding("partitions", "ok", said)


def _group(settings: Settings, co_partitioning: CoPartitioning | None, group: Group) -> Finding:
    name = settings.pipeline.group
    if group.stranger is not None:
        why = (
            f"{name!r} is used by another program: {group.stranger}; set PIPELINE__GROUP to a name of its own"
        )
        return Finding("group", "failed", why)
    if co_partitioning is None:
        return Finding("group", "skipped", "needs both input topics")
    if not group.members:
        return Finding("group", "ok", f"{name!r} has no workers now")
    if co_partitioning.holds is False:
        return Finding("group", "failed", str(group_taken(name, group.members[0].where, co_partitioning)))
    return Finding(
        "group", "ok", f"{name!r} has workers: {', '.join(member.where for member in group.members)}"
    )


def _may_write(folder: Path) -> bool:
    """Whether a folder can be written, or created."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
