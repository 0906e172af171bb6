"""Documents in columns: what is usual is read as with care, and everything else is left to it."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liftstream.streams.definition import SideDefinition
from liftstream.streams.definition_file import read_definition
from liftstream.streams.record_reader import RecordReader
from liftstream.streams.unreadable import Unreadable
from pipeline.records.columns import FeatureColumns
from pipeline.records.decoding import Decoder
from pipeline.records.documents import AT_ONCE, DocumentReader
from pipeline.records.id_columns import read_ids, read_times
from pipeline.records.words import vocabularies_of
from tests.streams.definitions import REFERENCES

DEFINITION = """
name: any
sides:
  one:
    topic: a
    id: {path: card.id, type: text}
    time: {path: at, unit: ms}
    features:
      amount: {path: amount, type: number, range: [0, 100]}
      mean: {path: last.mean, type: number, missing: null}
      count: {path: last.count, type: number, missing: 7, nulls: invalid}
      country: {path: shop.country, type: text, missing: "??"}
      kind: {path: shop.kind, type: text, categories: [a, b]}
      first: {path: "basket[0].price", type: number, missing: 0}
      last: {path: "basket[-1].price", type: number, missing: 0}
      pin: {path: pin, type: boolean, missing: false}
      flag: {path: flag, type: flag}
      day: {path: day, type: date, missing: null}
      moment: {path: moment, type: datetime, unit: ms, missing: null}
      products: {path: products, names: [p0..p2], type: number, missing: 0}
answer:
  fields: {card: id, value: decision}
"""
SIDE: SideDefinition = read_definition(DEFINITION, "any.yaml", REFERENCES).sides[0]

USUAL: dict[str, Any] = {
    "card": {"id": "x"}, "at": 1_780_000_000_000, "amount": 5, "last": {"mean": 2.5, "count": 1},
    "shop": {"country": "DE", "kind": "a"}, "basket": [{"price": 3}], "pin": True, "flag": 1, "day": "2026-06-01",
    "moment": 1_780_000_000_000, "products": {"p0": 1, "p2": 2.5},
}  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 200), st.integers(10**308, 10**310), st.floats(), st.text(max_size=3),
    st.binary(max_size=3), st.just([]), st.just({}), st.just([{"price": 4}]), st.just({"p1": 1, "p9": 2}),
    st.sampled_from(["2026-06-01", "2026-02-30", "a", "b", "c", "DE"]), st.sampled_from([0.5, 1.0, -0.0, 2**53 + 1]),
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """The usual document with some values changed or gone."""
    found = {key: value.copy() if isinstance(value, dict) else value for key, value in USUAL.items()}
    for key in draw(st.lists(st.sampled_from(sorted(USUAL)), max_size=3)):
        inner = USUAL[key]
        if isinstance(inner, dict) and draw(st.booleans()):
            place = draw(st.sampled_from(sorted(inner)))
            if draw(st.booleans()):
                found[key] = {name: value for name, value in inner.items() if name != place}
            else:
                found[key] = {**inner, place: draw(ODD)}
        elif draw(st.booleans()):
            found.pop(key, None)
        else:
            found[key] = draw(ODD)
    return draw(st.sampled_from([found, found, found, found, found, found, 5, None]))


@given(st.lists(documents(), max_size=12))
@example([{**USUAL, "flag": 0.5}])
def test_what_is_read_in_columns_is_what_is_read_with_care(batch: list[Any]) -> None:
    places, columns = DocumentReader(SIDE).read(batch)
    vocabularies = vocabularies_of(SIDE)
    by_column = {
        column: vocabularies[one.name] for column, one in enumerate(SIDE.features) if not one.numeric
    }
    rows, unfit = FeatureColumns(SIDE, by_column).make(columns)
    numbers = rows.numbers()
    assert columns.ids is not None
    assert columns.times is not None
    ids, odd_ids = read_ids(columns.ids, "text")
    times, odd_times = read_times(columns.times, "ms") if len(columns.times) else (np.zeros(0), None)
    reader = RecordReader(SIDE)
    for at, place in enumerate(places.tolist()):
        if any(mask is not None and mask[at] for mask in (unfit, odd_ids, odd_times)):
            continue
        oddities: Counter[str] = Counter()
        said = reader.read_document(None, batch[place], oddities)
        assert +oddities == {}
        assert (ids[at], times[at]) == (said.id, said.time_ms)
        for column, (feature, value) in enumerate(zip(SIDE.features, said.values, strict=True)):
            found = numbers[at, column]
            if feature.numeric:
                assert found == value or (np.isnan(found) and value is None)
            else:
                words = vocabularies[feature.name].words
                assert (None if np.isnan(found) else words[int(found)]) == value


def test_usual_documents_are_all_read_in_columns() -> None:
    batch = [{**USUAL, "amount": n} for n in range(50)]
    batch += [{name: value for name, value in USUAL.items() if name not in {"basket", "pin", "day", "last"}}]
    places, columns = DocumentReader(SIDE).read(batch)
    assert places.tolist() == list(range(51))
    assert columns.numbers[0].tolist() == [float(n) for n in range(50)] + [5.0]


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, 3 * AT_ONCE + 7])
def test_documents_of_json_are_read_some_at_a_time_and_keep_their_places(count: int) -> None:
    odd = {5, AT_ONCE, 2 * AT_ONCE - 1}
    values: list[bytes | None] = [
        b'{"a": 1, "a": 1}'
        if n in odd
        else json.dumps({**USUAL, "amount": n % 100, "card": {"id": f"c{n}"}}).encode()
        for n in range(count)
    ]
    places, columns = DocumentReader(SIDE).read_json(values)
    expected = [n for n in range(count) if n not in odd]
    assert places.tolist() == expected
    assert list(columns.ids or ()) == [f"c{n}" for n in expected]
    assert columns.numbers[0].tolist() == [n % 100 for n in expected]


def test_what_cannot_be_read_is_left_to_care() -> None:
    changes: list[tuple[str, Any]] = [
        ("amount", "5"), ("amount", True), ("amount", float("inf")), ("amount", 10**400), ("pin", 1), ("day", 5),
        ("shop", "DE"), ("shop", []), ("basket", {}), ("products", {"p9": 1}), ("products", None), ("card", {"id": 5}),
        ("at", "now"), ("last", {"count": None}), ("moment", True),
    ]  # fmt: skip
    batch = [USUAL, *({**USUAL, key: value} for key, value in changes), 5]
    places, _ = DocumentReader(SIDE).read(batch)
    assert places.tolist() == [0]
    reader = RecordReader(SIDE)
    for document in batch[1:-1]:
        try:
            reader.read_document(None, document, oddities := Counter())
        except Unreadable:
            continue
        assert oddities  # accepted with care, and counted


@given(st.lists(documents(), max_size=8), st.data())
def test_json_that_no_struct_fits_is_read_as_with_care(batch: list[Any], data: st.DataObject) -> None:
    values: list[bytes | None] = []
    for document in batch:
        try:
            value = json.dumps(document).encode()
        except (TypeError, ValueError):
            value = b"{"
        values.append(data.draw(st.sampled_from([value, value, value.replace(b'"pin"', b'"flag"'), None])))
    found = Decoder(SIDE).decode(values)
    reader = RecordReader(SIDE)
    oddities: Counter[str] = Counter()
    faults = {}
    said = {}
    for index, value in enumerate(values):
        try:
            said[index] = reader.read(None, value, oddities)
        except Unreadable as fault:
            faults[index] = str(fault)
    assert dict(found.faults) == faults
    assert list(found.indexes) == list(said)
    assert found.uuids.tolist() == [one.id for one in said.values()]
    assert found.stamps is not None
    assert found.stamps.tolist() == [one.time_ms for one in said.values()]
    counted = {name: times for name, times in found.oddities.items() if ":" not in name and times}
    assert counted == +oddities


def test_a_key_that_is_there_twice_is_counted_where_no_struct_fits_either() -> None:
    plain = json.dumps({**USUAL, "shop": {"country": "a:b", "kind": "a", "a:b": ":"}}).encode()
    twice = plain.replace(b'"flag": 1', b'"flag": 0, "flag": 1')
    places, _ = DocumentReader(SIDE).read_json([plain, twice])
    assert places.tolist() == [0]
    found = Decoder(SIDE).decode([plain, twice])
    assert (len(found.uuids), found.oddities["duplicated_key"]) == (2, 1)


def test_an_id_of_more_than_64_bits_is_left_to_care() -> None:
    """Protobuf has whole numbers beyond them: a column of such does not fit one of int64."""
    side = read_definition(
        DEFINITION.replace("path: card.id, type: text", "path: card.id, type: integer"),
        "any.yaml",
        REFERENCES,
    ).sides[0]
    ids = [5, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, "7", True]
    places, columns = DocumentReader(side).read([{**USUAL, "card": {"id": one}} for one in ids])
    assert (places.tolist(), columns.ids) == ([0, 1, 2], ids[:3])
