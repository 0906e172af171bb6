"""Avro values of registered schemas: as they were written, and nothing that bytes of strangers could break."""

import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.streams.formats.avro import avro_reader
from liftstream.streams.formats.schemas import RegisteredSchema, SchemaUnfit


def reader(schema: Any, *references: Any) -> Any:
    told = tuple(RegisteredSchema(1, "AVRO", json.dumps(one), one["name"]) for one in references)
    return avro_reader(RegisteredSchema(17, "AVRO", json.dumps(schema), references=told))


def written(schema: Any, value: Any) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return stream.getvalue()


def record(*fields: Any, name: str = "row") -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": f"f{n}", "type": kind} for n, kind in enumerate(fields)],
    }


LEAVES = st.sampled_from(["string", "long", "double", "boolean", "int"])
VALUES = {
    "string": st.text(max_size=8),
    "long": st.integers(-(2**63), 2**63 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
}


@st.composite
def typed(draw: st.DrawFn, depth: int = 0) -> tuple[Any, Any]:
    """A type of Avro and a value of it."""
    kind = draw(st.sampled_from(["leaf", "leaf", "null", "list", "map", "record"] if depth < 3 else ["leaf"]))
    if kind == "leaf":
        leaf = draw(LEAVES)
        return leaf, draw(VALUES[leaf])
    inner, value = draw(typed(depth=depth + 1))
    if kind == "null" and not isinstance(inner, list):
        return ["null", inner], draw(st.sampled_from([None, value]))
    if kind == "list":
        return {"type": "array", "items": inner}, draw(st.lists(st.just(value), max_size=3))
    if kind == "map":
        keys = draw(st.lists(st.text(max_size=3), max_size=3))
        return {"type": "map", "values": inner}, dict.fromkeys(keys, value)
    name = f"r{depth}_{draw(st.integers(0, 10**9))}"
    return record(inner, name=name), {"f0": value}


@given(st.lists(typed(), min_size=1, max_size=5), st.integers(0, 9))
def test_what_was_written_is_read(fields: list[tuple[Any, Any]], start: int) -> None:
    schema = record(*(kind for kind, _ in fields))
    value = {f"f{n}": one for n, (_, one) in enumerate(fields)}
    try:
        content = written(schema, value)
    except fastavro.schema.SchemaParseException:  # a name drawn twice
        return
    assert reader(schema)(b"x" * start + content, start) == value


def test_logical_types_are_numbers_and_text_as_json_has_them() -> None:
    schema = record(
        {"type": "int", "logicalType": "date"},
        {"type": "long", "logicalType": "timestamp-millis"},
        {"type": "long", "logicalType": "timestamp-micros"},
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        {"type": "string", "logicalType": "uuid"},
        {"type": "int", "logicalType": "time-millis"},
        {"type": "long", "logicalType": "time-micros"},
        {"type": "enum", "name": "kinds", "symbols": ["debit", "credit"]},
        ["null", {"type": "int", "logicalType": "date"}],
    )
    moment = datetime(2026, 6, 1, 12, 30, 15, 250_000, UTC)
    value = {
        "f0": date(1931, 2, 3), "f1": moment, "f2": moment, "f3": Decimal("-12.34"),
        "f4": "0b5e1a3c-58f1-4a1c-9f0e-2f6f1f2b9a10", "f5": time(1, 2, 3, 4_000), "f6": time(23, 59, 59, 999_999),
        "f7": "credit", "f8": date(2000, 1, 1),
    }  # fmt: skip
    assert reader(schema)(written(schema, value), 0) == {
        "f0": "1931-02-03", "f1": 1780317015250, "f2": 1780317015250000, "f3": -12.34, "f4": value["f4"],
        "f5": "01:02:03.004000", "f6": "23:59:59.999999", "f7": "credit", "f8": "2000-01-01",
    }  # fmt: skip


def test_fastavro_itself_reads_dates_as_before() -> None:
    schema = record({"type": "int", "logicalType": "date"})
    content = written(schema, {"f0": date(2026, 6, 1)})
    reader(schema)
    found = fastavro.schemaless_reader(io.BytesIO(content), fastavro.parse_schema(schema), None)
    assert found == {"f0": date(2026, 6, 1)}


def test_a_schema_may_refer_to_others() -> None:
    shop = {"type": "record", "name": "bank.shop", "fields": [{"name": "country", "type": "string"}]}
    payment = {"type": "record", "name": "payment", "fields": [{"name": "shop", "type": "bank.shop"}]}
    assert reader(payment, shop)(b"\x04DE", 0) == {"shop": {"country": "DE"}}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_whole_or_refused(content: bytes) -> None:
    schema = record(
        "string",
        {"type": "array", "items": record("double", "long", name="in")},
        {"type": "map", "values": "int"},
    )
    try:
        found = reader(schema)(content, 0)
    except ValueError:
        return
    assert set(found) == {"f0", "f1", "f2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x06abc\x02\x02", "1 byte is left over"), (b"\x06ab", "EOFError"), (b"\x02\xff\x02", "UTF-8|utf-8")],
)
def test_bytes_that_are_not_of_the_schema_are_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        reader(record("string", "long"))(content, 0)


def test_a_schema_that_contains_itself_is_read_only_from_short_records() -> None:
    """fastavro recurses on the stack of the processor: some 10,000 levels end the process."""
    node = {"type": "record", "name": "node", "fields": [{"name": "next", "type": ["null", "node"]}]}
    read = reader(node)
    assert read(b"\x02\x02\x00", 0) == {"next": {"next": {"next": None}}}
    with pytest.raises(ValueError, match="contains itself; at most 1000"):
        read(b"\x02" * 64_000 + b"\x00", 0)


@pytest.mark.parametrize(
    "items",
    [
        "null",
        {"type": "record", "name": "nothing", "fields": []},
        {"type": "fixed", "name": "none", "size": 0},
    ],
)
def test_a_list_of_nothing_is_refused_as_a_short_record_of_it_could_be_endless(items: Any) -> None:
    with pytest.raises(SchemaUnfit, match="endless"):
        reader(record({"type": "array", "items": items}))


@pytest.mark.parametrize("text", ["{", '{"type": "recor"}', "[" * 100_000, "1"])
def test_a_schema_that_is_none_is_said_with_its_id(text: str) -> None:
    with pytest.raises(SchemaUnfit, match="schema 17 is no Avro schema"):
        avro_reader(RegisteredSchema(17, "AVRO", text))


def test_a_field_that_was_renamed_is_found_by_its_old_names_at_any_depth() -> None:
    price = {
        "type": "record",
        "name": "price",
        "fields": [{"name": "usd", "type": "double", "aliases": ["amount"]}],
    }
    schema = {
        "type": "record", "name": "paid", "fields": [
            {"name": "card", "type": "string", "aliases": ["id", "client"]},
            {"name": "prices", "type": {"type": "array", "items": price}},
            {"name": "by_day", "type": {"type": "map", "values": ["null", "price"]}},
            {"name": "before", "type": ["null", "paid"], "aliases": ["by_day"]},
        ],
    }  # fmt: skip
    inner = {"card": "b", "prices": [], "by_day": {}, "before": None}
    value = {
        "card": "a",
        "prices": [{"usd": 2.5}],
        "by_day": {"mo": {"usd": 1.5}, "tu": None},
        "before": inner,
    }
    both, once = {"usd": 2.5, "amount": 2.5}, {"usd": 1.5, "amount": 1.5}
    assert reader(schema)(written(schema, value), 0) == {
        "card": "a", "id": "a", "client": "a", "prices": [both], "by_day": {"mo": once, "tu": None}, "before": inner,
    }  # fmt: skip


def test_a_schema_whose_types_refer_to_each_other_many_times_is_looked_at_once() -> None:
    def level(n: int) -> Any:
        fields = [
            {"name": "a", "type": f"r{n + 1}" if n < 60 else "int"},
            {"name": "b", "type": f"r{n + 1}" if n < 60 else "int"},
        ]
        return {"type": "record", "name": f"r{n}", "fields": fields}

    deepest_first = [level(n) for n in range(60, -1, -1)]
    assert callable(reader(deepest_first[-1], *deepest_first[:-1]))
