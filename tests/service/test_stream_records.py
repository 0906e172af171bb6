"""Records as documents in every format, and which format a topic's records have."""

import io
import json

import fastavro
import pytest

from liftstream.contracts.errors import InputError, SettingsError
from liftstream.contracts.settings import KafkaSettings
from liftstream.service.kafka.newest import NewestRecord
from liftstream.service.kafka.schema_registry import SchemaRegistry
from liftstream.service.stream_records import guess_format, open_documents
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnknown
from liftstream.streams.unreadable import Unreadable

PAYMENT = {"type": "record", "name": "payment", "fields": [{"name": "amount", "type": "double"}]}
WITH_REGISTRY = KafkaSettings(schema_registry="http://registry")
KINDS = {7: ("AVRO", json.dumps(PAYMENT)), 8: ("JSON", "{}")}


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(_: SchemaRegistry, number: int) -> RegisteredSchema:
        if number not in KINDS:
            raise SchemaUnknown(f"schema {number} is not in the registry")
        return RegisteredSchema(number, *KINDS[number])

    monkeypatch.setattr(SchemaRegistry, "fetch", fetch)


def record(value: bytes | None) -> NewestRecord:
    return NewestRecord(0, 0, 0, None, value)


def framed(number: int, value: bytes) -> NewestRecord:
    return record(b"\0" + number.to_bytes(4, "big") + value)


def avro(amount: float) -> NewestRecord:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(PAYMENT), {"amount": amount})
    return framed(7, body.getvalue())


def test_records_of_json_are_documents_with_their_doubled_keys_or_say_why_not() -> None:
    found = list(open_documents([record(b'{"a": 1, "a": 2}'), record(b"x")], "json", KafkaSettings()))
    assert found[0] == ({"a": 2}, 1)
    assert isinstance(found[1], Unreadable)
    assert str(found[1]).startswith("not JSON")


def test_records_of_avro_and_json_schema_are_read_by_the_registry() -> None:
    found = list(open_documents([avro(2.5), record(b"{}")], "avro", WITH_REGISTRY))
    assert found[0] == ({"amount": 2.5}, 0)
    assert isinstance(found[1], Unreadable)
    assert list(open_documents([framed(8, b'{"a": 1}')], "json-schema", WITH_REGISTRY)) == [({"a": 1}, 0)]


def test_the_format_is_that_of_the_schema_where_records_name_one() -> None:
    assert guess_format([avro(1.0), avro(2.0)], WITH_REGISTRY) == "avro"
    assert guess_format([framed(8, b"{}")], WITH_REGISTRY) == "json-schema"
    assert guess_format([record(b'{"a": 1}'), record(None)], WITH_REGISTRY) == "json"
    assert guess_format([record(b"{}"), record(b"{}"), avro(1.0)], WITH_REGISTRY) == "json"
    assert guess_format([avro(1.0), framed(9, b"x"), framed(9, b"x")], WITH_REGISTRY) == "avro"
    with pytest.raises(InputError, match="schema 9 is not in the registry"):
        guess_format([framed(9, b"x")], WITH_REGISTRY)
    with pytest.raises(SettingsError, match="KAFKA__SCHEMA_REGISTRY is not set"):
        guess_format([avro(1.0)], KafkaSettings())
