"""Whole batches: grouped by what their schemas are, each record read or refused with its reason."""

import importlib.util
import io
import json
from collections.abc import Callable
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.errors import ExtraMissing, RegistryError
from liftstream.streams.formats import decoding
from liftstream.streams.formats.decoding import ASK_AGAIN_S, MOST_STRANGE, WireDecoder
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnknown
from tests.streams.formats.proto_files import in_base64, message_class, payment_file

ONE = {"type": "record", "name": "one", "fields": [{"name": "a", "type": "long"}]}
TWO = {
    "type": "record",
    "name": "two",
    "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}],
}
MOST = 64 * 1024


class Registry:
    """Answers from memory, and counts the questions."""

    def __init__(self, **schemas: Any) -> None:
        self.asked: list[int] = []
        self.away = False
        self.schemas = {int(name.removeprefix("s")): found for name, found in schemas.items()}

    def __call__(self, schema_id: int) -> RegisteredSchema:
        self.asked.append(schema_id)
        if self.away:
            raise RegistryError("http://registry does not answer")
        if schema_id not in self.schemas:
            raise SchemaUnknown(f"schema {schema_id} is not in the registry at http://registry")
        kind, text = self.schemas[schema_id]
        return RegisteredSchema(schema_id, kind, text)


def avro(**schemas: Any) -> Registry:
    return Registry(**{name: ("AVRO", json.dumps(schema)) for name, schema in schemas.items()})


def written(schema_id: int, schema: Any, value: Any) -> bytes:
    stream = io.BytesIO(b"\0" + schema_id.to_bytes(4, "big"))
    stream.seek(5)
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return stream.getvalue()


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(0, 99), st.text(max_size=3))))
def test_a_batch_of_several_schemas_is_read_each_by_its_own(rows: list[tuple[int, int, str]]) -> None:
    values: list[bytes | None] = [
        written(1, ONE, {"a": a}) if number == 1 else written(2, TWO, {"a": a, "b": b})
        for number, a, b in rows
    ]
    registry = avro(s1=ONE, s2=TWO)
    decoder = WireDecoder("avro", registry, MOST)
    opened = decoder.open(values)
    assert opened.faults == []
    assert opened.values == [{"a": a} if number == 1 else {"a": a, "b": b} for number, a, b in rows]
    assert decoder.open(values).values == opened.values
    assert sorted(registry.asked) == sorted({number for number, _, _ in rows})


def test_what_cannot_be_read_is_refused_with_its_reason_and_the_rest_is_read() -> None:
    values = [
        written(1, ONE, {"a": 5}), None, b'{"a": 5}', b"\0\0", written(17, ONE, {"a": 5}), written(3, ONE, {"a": 5}),
        written(1, ONE, {"a": 5}) + b"x", b"\0\0\0\0\1" + b"y" * MOST, written(1, ONE, {"a": 6}),
    ]  # fmt: skip
    registry = avro(s1=ONE)
    registry.schemas[3] = ("JSON", "{}")
    opened = WireDecoder("avro", registry, MOST).open(values)
    assert [value for value in opened.values if value is not None] == [{"a": 5}, {"a": 6}]
    assert dict(opened.faults) == {
        1: "an empty value",
        2: "the first byte is 123, not 0: no record of a schema registry",
        3: "2 bytes; a record of a schema registry begins with five before its value",
        4: "schema 17 is not in the registry at http://registry",
        5: "schema 3 is of type JSON; the side's format is avro",
        6: "not avro of schema 1: 1 byte is left over",
        7: f"a body of {MOST + 5} bytes; at most {MOST} are read",
    }


def test_json_schema_gives_the_bytes_of_the_json() -> None:
    opened = WireDecoder("json-schema", Registry(s9=("JSON", "{}")), MOST).open(
        [b'\0\0\0\0\x09{"a": 1}', b"\0\0\0\0\x09"]
    )
    assert opened.values == [b'{"a": 1}', b""]


def test_protobuf_is_read_by_the_message_that_its_record_names() -> None:
    file = payment_file()
    content = message_class(file, "bank.Payment")(card="x", amount=2.5).SerializeToString()
    decoder = WireDecoder("protobuf", Registry(s5=("PROTOBUF", in_base64(file))), MOST)
    opened = decoder.open([b"\0\0\0\0\5\2\2" + content, b"\0\0\0\0\5\0", b"\0\0\0\0\5\2\2\xff"])
    assert (opened.values[0]["card"], opened.values[0]["amount"], opened.values[1]) == ("x", 2.5, {})
    assert opened.faults == [(2, "not protobuf of schema 5: the bytes are not such a message")]


def test_a_registry_that_is_away_refuses_no_record_and_the_batch_can_be_opened_later() -> None:
    registry = avro(s1=ONE, s2=TWO)
    decoder = WireDecoder("avro", registry, MOST)
    known = [written(1, ONE, {"a": 1})]
    decoder.open(known)
    registry.away = True
    assert decoder.open(known).values == [{"a": 1}]  # nobody is asked
    both = [*known, written(2, TWO, {"a": 1, "b": "x"})]
    assert decoder.unlearned(both) == {2}
    with pytest.raises(RegistryError, match="does not answer"):
        decoder.open(both)
    registry.away = False
    assert decoder.open(both).values == [{"a": 1}, {"a": 1, "b": "x"}]


def test_an_unknown_schema_is_asked_for_again_after_a_minute_and_not_before() -> None:
    registry, now = avro(), [100.0]
    decoder = WireDecoder("avro", registry, MOST, clock=lambda: now[0])
    value = [written(7, ONE, {"a": 1})]
    for passed in (0.0, 1.0, ASK_AGAIN_S - 2):
        now[0] += passed
        assert decoder.open(value).faults
    assert registry.asked == [7]
    registry.schemas[7] = ("AVRO", json.dumps(ONE))
    now[0] += 2
    assert decoder.open(value).values == [{"a": 1}]
    assert registry.asked == [7, 7]


def test_schemas_that_were_not_needed_for_a_minute_are_forgotten_where_there_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "MOST_SCHEMAS", 2)
    registry, now = avro(s1=ONE, s2=ONE, s3=ONE, s4=ONE), [0.0]
    decoder = WireDecoder("avro", registry, MOST, clock=lambda: now[0])
    batch = [written(number, ONE, {"a": number}) for number in (1, 2, 3, 4)]
    decoder.learn(decoder.unlearned(batch[:2]))
    decoder.learn(decoder.unlearned(batch[2:3]))
    assert decoder.decode(batch[:3]).values == [{"a": 1}, {"a": 2}, {"a": 3}]  # more at once than are kept
    now[0] += ASK_AGAIN_S + 1
    decoder.open(batch[3:])
    assert decoder.unlearned(batch) == {1, 2}
    assert registry.asked == [1, 2, 3, 4]


@pytest.mark.parametrize(("format", "hidden"), [("avro", "fastavro"), ("protobuf", "google.protobuf")])
def test_without_the_extra_the_format_is_refused_and_the_extra_named(
    format: Any, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        "liftstream.contracts.errors.find_spec", lambda name: None if name == hidden else real(name)
    )
    with pytest.raises(ExtraMissing, match=f"format {format} needs the extra 'registry'"):
        WireDecoder(format, Registry(), MOST)
    WireDecoder("json-schema", Registry(), MOST)


def test_invented_ids_are_asked_for_a_few_times_a_minute_and_never_stop_what_is_known() -> None:
    registry, now = avro(s1=ONE), [0.0]
    decoder = WireDecoder("avro", registry, MOST, clock=lambda: now[0])
    known = written(1, ONE, {"a": 5})
    decoder.open([known])
    invented: list[bytes | None] = [written(number, ONE, {"a": 5}) for number in range(100, 5_100)]
    for _ in range(3):
        opened = decoder.open([*invented, known])
        assert opened.values[-1] == {"a": 5}
        assert [index for index, _ in opened.faults] == list(range(5_000))
    assert len(registry.asked) == 1 + MOST_STRANGE
    assert "was not asked for: the registry had none of 200 others" in opened.faults[-1][1]
    now[0] += ASK_AGAIN_S
    registry.schemas[5_000] = ("AVRO", json.dumps(ONE))
    assert decoder.open([written(5_000, ONE, {"a": 6})]).values == [{"a": 6}]
