"""Records of topics as documents, whatever their format; those that cannot be read keep their reason."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from liftstream.contracts.errors import InputError
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.newest import NewestRecord
from liftstream.service.kafka.schema_registry import SchemaRegistry
from liftstream.streams.definition import FORMATS, Format, Stream
from liftstream.streams.formats.decoding import WireDecoder
from liftstream.streams.formats.framing import HEAD, MAGIC, schema_id_of
from liftstream.streams.formats.schemas import SCHEMA_TYPES, SchemaUnfit, SchemaUnknown
from liftstream.streams.json_body import MOST_BYTES, Document, read_object
from liftstream.streams.unreadable import Unreadable, show

MOST_ASKED: Final = 20
"""Schemas that are asked for to guess a format."""
FRAMED: Final = bytes([MAGIC])


def open_documents(
    records: Sequence[NewestRecord], form: Format, kafka: KafkaSettings
) -> Iterator[tuple[Document, int] | Unreadable]:
    """The document of each record with the number of its keys that are there twice, or why it cannot be read.

    Args:
        records: of a topic.
        form: of their values.
        kafka: names the schema registry, where the format needs one.

    Raises:
        RegistryError: the registry cannot be asked.
        ExtraMissing: what reads the format is not installed.
    """
    values = [record.value for record in records]
    if form == "json":
        yield from (_read_json(value) for value in values)
        return
    opened = WireDecoder(form, SchemaRegistry(kafka).fetch, MOST_BYTES).open(values)
    faults = dict(opened.faults)
    for index, value in enumerate(opened.values):
        if index in faults:
            yield Unreadable(faults[index])
        elif form == "json-schema":
            yield _read_json(value)
        else:
            yield (value, 0) if isinstance(value, dict) else Unreadable(f"not an object: {show(value)}")


def wires_of(stream: Stream, kafka: KafkaSettings) -> dict[str, WireDecoder]:
    """The decoders of the topics whose records are in the wire format of a schema registry.

    Raises:
        SettingsError: there are such, and no registry is set.
        ExtraMissing: what reads a format is not installed.
    """
    framed = [side for side in stream.sides if side.format != "json"]
    if not framed:
        return {}
    registry = SchemaRegistry(kafka)
    return {side.topic: WireDecoder(side.format, registry.fetch, MOST_BYTES) for side in framed}


def guess_format(records: Sequence[NewestRecord], kafka: KafkaSettings) -> Format:
    """The format of a topic's records: that of their schema, where they begin as a registry's serializers write them.

    Raises:
        SettingsError: they do, and no registry is set.
        RegistryError: the registry cannot be asked.
        InputError: it knows none of their schemas.
    """
    values = [record.value for record in records if record.value]
    framed = [value for value in values if value.startswith(FRAMED) and len(value) > HEAD.size]
    if not framed or len(framed) * 2 < len(values):
        return "json"
    kind = _type_of_schemas(Counter(map(schema_id_of, framed)), SchemaRegistry(kafka))
    return next((form for form in FORMATS if SCHEMA_TYPES.get(form) == kind), "json")


def _type_of_schemas(times: Counter[int], registry: SchemaRegistry) -> str:
    """The type of the schema that most records have, of those that the registry knows."""
    reason = ""
    for schema_id, _ in times.most_common(MOST_ASKED):
        try:
            return registry.fetch(schema_id).type
        except (SchemaUnknown, SchemaUnfit) as refused:
            reason = reason or str(refused)
    raise InputError(reason)


def _read_json(value: bytes | None) -> tuple[Document, int] | Unreadable:
    try:
        return read_object(value)
    except Unreadable as fault:
        return fault
