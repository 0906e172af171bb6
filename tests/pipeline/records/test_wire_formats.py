"""The same records in JSON, JSON Schema, Avro and Protobuf: a worker reads the same of all."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pytest

from liftstream.contracts.errors import RegistryError, UsageError
from liftstream.contracts.settings import PipelineSettings, Settings
from liftstream.simulation.payments.payments import draw_payments
from liftstream.simulation.payments.wire import card_records, encode
from liftstream.streams.definition import Format, SideDefinition
from liftstream.streams.formats.decoding import WireDecoder
from liftstream.streams.formats.schemas import RegisteredSchema
from liftstream.streams.json_body import MOST_BYTES
from liftstream.streams.loading import load_stream
from pipeline.records.decoding import Decoder
from pipeline.records.halves import Decoded
from tests.streams.formats.proto_files import card_file, in_base64, message_class

STREAM = Path(__file__).parents[3] / "examples" / "card_risk.yaml"
SIDE: SideDefinition = load_stream(Settings(pipeline=PipelineSettings(stream=STREAM))).sides[1]
NOW_MS = 1_780_000_000_000
RECORDS = card_records(draw_payments(np.random.default_rng(4), 300).cards, NOW_MS, 7)
ID = 9
HEAD = b"\0" + ID.to_bytes(4, "big")
LAST = {
    "type": "record", "name": "last", "fields": [
        {"name": "payments", "type": "int"}, {"name": "mean_amount", "type": ["null", "double"]}, {"name": "countries", "type": "int"},
    ],
}  # fmt: skip
AVRO = {
    "type": "record", "name": "card", "fields": [
        {"name": "card", "type": "string"}, {"name": "read_at", "type": "long"},
        {"name": "owner", "type": {"type": "record", "name": "owner", "fields": [{"name": "country", "type": "string"}]}},
        {"name": "kind", "type": "string"}, {"name": "issued_on", "type": "string"}, {"name": "last_30_days", "type": LAST},
        {"name": "disputes", "type": ["int", "string"]},
    ],
}  # fmt: skip
CARD = message_class(card_file(), "bank.Card")


def in_avro(record: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(AVRO), record)
    return HEAD + stream.getvalue()


def in_protobuf(record: dict[str, Any]) -> bytes:
    last = {name: value for name, value in record["last_30_days"].items() if name != "mean_amount"}
    message = CARD(**{**record, "last_30_days": last})
    if record["last_30_days"]["mean_amount"] is not None:
        message.last_30_days.mean_amount.value = record["last_30_days"]["mean_amount"]
    return HEAD + b"\0" + bytes(message.SerializeToString())


WRITTEN: dict[Format, tuple[str, str, Any]] = {
    "json-schema": ("JSON", "{}", lambda record: HEAD + encode(record)),
    "avro": ("AVRO", json.dumps(AVRO), in_avro),
    "protobuf": ("PROTOBUF", in_base64(card_file()), in_protobuf),
}


def decoder(form: Format) -> Decoder:
    kind, text, _ = WRITTEN[form]
    wire = WireDecoder(form, lambda schema_id: RegisteredSchema(schema_id, kind, text), MOST_BYTES)
    return Decoder(replace(SIDE, format=form), wire=wire)


def told(found: Decoded, using: Decoder) -> list[tuple[Any, ...]]:
    """Id, event time and features of each record that could be read, with words for their codes."""
    assert found.stamps is not None
    words = [None if one is None else one.words for one in using._words]
    rows = []
    for row in found.rows.numbers().tolist():
        cells = [
            value if known is None else known[int(value)] for value, known in zip(row, words, strict=True)
        ]
        rows.append(tuple(None if cell != cell else cell for cell in cells))
    return list(zip(found.indexes, found.uuids.tolist(), found.stamps.tolist(), rows, strict=True))


def plainly(records: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    plain = Decoder(SIDE)
    return told(plain.decode([encode(record) for record in records]), plain)


@pytest.mark.parametrize("form", WRITTEN)
def test_records_say_the_same_in_every_format(form: Format) -> None:
    using, write = decoder(form), WRITTEN[form][2]
    values = [write(record) for record in RECORDS]
    for _ in range(2):  # with layouts and words that were learned, too
        found = using.decode(values)
        assert (found.faults, +found.oddities) == ([], {})
        assert told(found, using) == plainly(RECORDS)


@pytest.mark.parametrize("form", WRITTEN)
def test_what_cannot_be_read_is_named_in_its_place_and_the_others_stand(form: Format) -> None:
    using, write = decoder(form), WRITTEN[form][2]
    odd = {**RECORDS[1], "issued_on": "yesterday"}
    values = [write(RECORDS[0]), None, b"{}", write(odd), HEAD, write(RECORDS[2])]
    found = using.decode(values)
    details = dict(found.faults)
    assert list(details) == [1, 2, 3, 4]
    assert "issued_on is not a date" in details[3]
    assert [(uuid, stamp) for _, uuid, stamp, _ in told(found, using)] == [
        (RECORDS[0]["card"], NOW_MS), (RECORDS[2]["card"], NOW_MS + 14)
    ]  # fmt: skip
    assert found.oddities["type_changed:issued_on"] == 1


def test_a_type_that_changes_within_a_schema_is_counted_and_not_cast() -> None:
    using = decoder("avro")
    found = using.decode([in_avro(RECORDS[0]), in_avro({**RECORDS[1], "disputes": "3"})])
    assert found.faults == [(1, "disputes is not a number: '3'")]
    assert found.oddities["type_changed:disputes"] == 1


def test_a_value_that_is_no_object_is_invalid() -> None:
    wire = WireDecoder("avro", lambda schema_id: RegisteredSchema(schema_id, "AVRO", '"long"'), MOST_BYTES)
    found = Decoder(replace(SIDE, format="avro"), wire=wire).decode([HEAD + b"\2"])
    assert found.faults == [(0, "not an object: 1")]


def test_a_registry_that_is_away_is_told_from_an_invalid_record() -> None:
    def away(_: int) -> RegisteredSchema:
        raise RegistryError("http://registry does not answer")

    using = Decoder(replace(SIDE, format="avro"), wire=WireDecoder("avro", away, MOST_BYTES))
    with pytest.raises(RegistryError):
        using.decode([in_avro(RECORDS[0])])


def test_without_a_registry_such_a_side_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="topic_card: avro needs a schema registry"):
        Decoder(replace(SIDE, format="avro"))
