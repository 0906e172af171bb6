"""Ids: what is compared, and what is written."""

import io
import json
import re
from typing import Any
from uuid import UUID

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.streams.ids import as_written, read_id, read_key, to_key
from liftstream.streams.unreadable import Unreadable


@given(st.uuids(), st.lists(st.booleans(), min_size=36, max_size=36))
def test_a_uuid_is_compared_by_value_and_written_as_it_came(uuid: UUID, upper: list[bool]) -> None:
    plain = str(uuid)
    mixed = "".join(one.upper() if up else one for one, up in zip(plain, upper, strict=True))
    found = read_id(mixed, "uuid", "id")
    assert found == plain
    assert {plain: 1}[found] == 1  # type: ignore[index]
    assert as_written(found) == mixed
    assert to_key(found) == plain.encode()


@pytest.mark.parametrize(("value", "kind"), [(404180, "integer"), ("ABC", "text")])
def test_other_ids_are_written_as_they_are_compared(value: object, kind: str) -> None:
    assert as_written(read_id(value, kind, "id")) == value  # type: ignore[arg-type]


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_key_may_be_the_bytes_of_an_integer(number: int) -> None:
    key = number.to_bytes(8, "big", signed=True)
    assert read_key(key, "integer", "big-endian") == number
    with pytest.raises(Unreadable, match=r"no integer of 4 or 8 bytes"):
        read_key(key[1:], "integer", "big-endian")


def test_bytes_of_an_integer_where_text_is_expected_are_told_what_they_need() -> None:
    with pytest.raises(Unreadable, match=r"b'.*x07'; bytes of an integer need key: big-endian"):
        read_key((7).to_bytes(8, "big"), "integer")


def in_avro(schema: object, value: object, schema_id: int = 7) -> bytes:
    """A key as Confluent's serializer writes it."""
    stream = io.BytesIO(schema_id.to_bytes(5, "big"))
    stream.seek(5)
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)  # type: ignore[arg-type]
    return stream.getvalue()


def key_record(kind: str) -> dict[str, object]:
    return {"type": "record", "name": "Key", "fields": [{"name": "id", "type": kind}]}


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 2**31))
def test_an_integer_in_avro_is_read_alone_and_as_the_only_field_of_a_record(
    number: int, schema_id: int
) -> None:
    for key in (in_avro("long", number, schema_id), in_avro(key_record("long"), {"id": number}, schema_id)):
        assert read_key(key, "integer", "avro") == number
        if number != 0:  # a zero has the byte of an empty text
            with pytest.raises(Unreadable, match="the key"):
                read_key(key, "text", "avro")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300))
def test_a_text_in_avro_and_in_json_is_read_alone_and_as_the_only_field(text: str) -> None:
    head = b"\0\0\0\0\7"
    for key in (in_avro("string", text), in_avro(key_record("string"), {"id": text})):
        assert read_key(key, "text", "avro") == text
    for key in (json.dumps(text).encode(), json.dumps({"id": text}).encode()):
        assert read_key(key, "text", "json") == read_key(head + key, "text", "json") == text


def test_a_key_of_kafka_connect_with_its_schema_is_its_payload() -> None:
    schema = {"type": "struct", "fields": [{"type": "int32", "field": "id"}], "name": "db.public.cards.Key"}
    of_debezium = json.dumps({"schema": schema, "payload": {"id": 1004}}).encode()
    of_a_column = json.dumps({"schema": {"type": "string"}, "payload": "c1"}).encode()
    assert read_key(of_debezium, "integer", "json") == 1004
    assert read_key(of_a_column, "text", "json") == "c1"
    with pytest.raises(Unreadable, match="is an object of 2 fields"):
        read_key(json.dumps({"schema": schema, "payload": {"a": 1, "b": 2}}).encode(), "integer", "json")


@pytest.mark.parametrize(
    ("key", "form", "said"),
    [
        (b"\0\0\0\0\7", "avro", "is no single integer or text in Avro"),
        (b"c1", "avro", "is no single integer or text in Avro"),
        (b"\0\0\0\0\7\x04a", "avro", "is no single integer or text in Avro"),
        (b"\0\0\0\0\7\x02\xff", "avro", "is no single integer or text in Avro"),
        (b"\0\0\0\0\7" + b"\xff" * 11, "avro", "is no single integer or text in Avro"),
        (b"c1", "json", "is no JSON"),
        (b'{"a": 1, "b": 2}', "json", "is an object of 2 fields; an id is one value"),
        (b"[" * 100_000, "json", "is no JSON"),
        (b"1", "json", "is not text: 1"),
        (b"\0\0\0\0\7\x02c", "text", "behind a schema's id it needs key: avro or key: json"),
    ],
)
def test_a_key_of_another_form_is_named(key: bytes, form: Any, said: str) -> None:
    with pytest.raises(Unreadable, match=f"^the key .*{re.escape(said)}"):
        read_key(key, "text", form)
