"""Whatever a definition asks for, the fast ways of decoding say what the careful one says, of any bytes."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from liftstream.streams.definition import SideDefinition, TimeUnit
from liftstream.streams.moments import NoMoment, to_ms
from liftstream.streams.paths import Path as RecordPath
from liftstream.streams.record_reader import RecordReader
from liftstream.streams.unreadable import DUPLICATED, Unreadable
from pipeline.records.decoding import TYPE_CHANGED, Decoder
from pipeline.records.feature_rows import rows_of
from pipeline.records.halves import Decoded
from pipeline.records.id_columns import read_times
from pipeline.records.layouts import FEWEST
from pipeline.records.words import FEWEST_WORDS, vocabularies_of
from testbed.examples import examples
from tests.streams.definitions import read

MIXED = """
name: mixed
window_s: 60
sides:
  payment:
    topic: payments
    id: {path: card.id, type: uuid}
    time: {path: paid_at, unit: ms}
    features:
      amount: {path: amount, type: number, range: [0, 100000]}
      country: {path: shop.country, type: text, missing: "??"}
      channel: {type: text, categories: [web, shop, phone]}
      paid_on: {type: date, missing: null}
      foreign: {type: boolean, missing: false}
      trial: {type: flag, missing: 0}
      age: {type: number, missing: null, nulls: invalid}
      month: {path: months, names: [m0..m3], each: month, type: number, missing: 0}
answer:
  topic: answers
  fields: {card: id, blocked: decision}
"""
MANY = MIXED.replace("[m0..m3]", "[m0..m15]")
PAID_MS = 1_780_000_000_000
IDS = ["6f1e0a52-4f0b-4c57-9d2e-0c5f8f2b9a11", "6F1E0A52-4f0b-4c57-9d2e-0c5f8f2b9a12", "x", 7, None, ""]


def side_of(text: str) -> SideDefinition:
    return read(text).sides[0]


def said_with_care(side: SideDefinition, value: bytes | None) -> tuple[Any, ...] | str:
    oddities: Counter[str] = Counter()
    try:
        said = RecordReader(side).read(None, value, oddities)
    except Unreadable as fault:
        return str(fault)
    return said.id, said.time_ms, said.values


def said_fast(decoder: Decoder, values: Sequence[bytes | None]) -> list[tuple[Any, ...] | str]:
    """What each record says, in words and numbers."""
    decoded = decoder.decode(values)
    faults, found = dict(decoded.faults), iter(_rows(decoder, decoded))
    return [faults[index] if index in faults else next(found) for index in range(len(values))]


def _rows(decoder: Decoder, decoded: Decoded) -> list[tuple[Any, ...]]:
    stamps = [None] * len(decoded.uuids) if decoded.stamps is None else decoded.stamps.tolist()
    numbers = decoded.rows.numbers()
    words = [None if one is None else one.words for one in decoder._words]
    return [
        (
            uuid,
            stamp,
            tuple(
                None if np.isnan(number) else number if known is None else known[int(number)]
                for number, known in zip(row, words, strict=True)
            ),
        )
        for uuid, stamp, row in zip(decoded.uuids.tolist(), stamps, numbers, strict=True)
    ]


scalars = st.one_of(
    st.integers(0, 300),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(["web", "DE", "2024-03-01", "2024-3-1", "a:b", "", "é", '"', "\\", "12", "\u2028"]),
    st.text(max_size=3),
    st.just({}),
    st.just([1]),
)
bodies = st.fixed_dictionaries(
    {
        "card": st.fixed_dictionaries({"id": st.sampled_from(IDS)}),
        "paid_at": st.one_of(st.integers(0, 2**41), scalars),
        "amount": st.one_of(st.integers(-1, 99), st.floats(-10, 100_010), scalars),
        "channel": st.one_of(st.sampled_from(["web", "shop"]), scalars),
        "months": st.one_of(
            st.dictionaries(
                st.sampled_from(["m0", "m1", "m2", "m3", "other"]), st.integers(0, 9) | st.floats(0, 1)
            ),
            st.dictionaries(st.sampled_from(["m0", "m1", "m2", "m3", "other"]), scalars),
            scalars,
        ),
    },
    optional={
        "shop": st.one_of(st.fixed_dictionaries({}, optional={"country": scalars}), scalars),
        "paid_on": scalars,
        "foreign": scalars,
        "trial": st.integers(0, 1) | st.floats(0, 1) | scalars,
        "age": scalars,
        "unknown": scalars,
        "x:y": scalars,
    },
)
plain = st.fixed_dictionaries(
    {
        "card": st.fixed_dictionaries({"id": st.sampled_from(IDS[:2])}),
        "paid_at": st.integers(0, 2**41),
        "amount": st.integers(-1, 99) | st.floats(-10, 100_010),
        "channel": st.sampled_from(["web", "shop"]),
        "months": st.dictionaries(st.sampled_from(["m0", "m1", "m2", "m3"]), st.integers(0, 9)),
    },
    optional={
        "shop": st.fixed_dictionaries({}, optional={"country": st.sampled_from(["DE", "a:b", "é"])}),
        "paid_on": st.sampled_from(["2024-03-01", None]),
        "foreign": st.booleans() | st.none(),
        "trial": st.integers(0, 1) | st.floats(0, 1),
        "age": st.integers(0, 2000) | st.floats(0, 1),
        "extra": st.integers() | st.text(max_size=3),
    },
)


@given(
    st.lists(plain | bodies, min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0), st.binary(max_size=2))),
)
@examples(400)
def test_records_of_any_definition_are_read_as_with_care(
    records: list[dict[str, Any]], damages: list[tuple[int, bytes]]
) -> None:
    side = side_of(MIXED)
    values = [json.dumps(one).encode() for one in records]
    for place, bytes_ in damages[:3]:
        at, place = place % len(values), place // len(values)
        place %= len(values[at])
        values[at] = values[at][:place] + bytes_ + values[at][place + len(bytes_) :]
    decoder = Decoder(side)
    for batch in (values, values[::-1], values):
        assert said_fast(decoder, batch) == [said_with_care(side, value) for value in batch]


@given(st.lists(st.binary(max_size=60) | st.none(), max_size=5))
@examples(100)
def test_no_bytes_make_decoding_fail(values: list[bytes | None]) -> None:
    found = Decoder(side_of(MIXED)).decode(values)
    assert len(found.uuids) + len(found.faults) == len(values)


def written(count: int, seed: int) -> list[bytes]:
    """Records of one byte layout, with numbers, texts, a date, a boolean and UUIDs."""
    rng, values = np.random.default_rng(seed), []
    for _ in range(count):
        hexes = "".join("0123456789abcdef"[n] for n in rng.integers(0, 16, 32))
        uuid = "-".join((hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:]))
        record = {
            "card": {"id": uuid},
            "paid_at": int(rng.integers(1_700_000_000_000, 1_800_000_000_000)),
            "amount": float(f"{rng.integers(10, 99)}.{rng.integers(11, 99)}"),
            "shop": {"country": str(rng.choice(["DE", "FR", "IT"]))},
            "channel": "shop",
            "paid_on": f"2024-0{rng.integers(1, 9)}-11",
            "foreign": True,
            "trial": float(rng.integers(0, 2)),
            "age": None if seed == 9 else 41,
            "months": {f"m{n}": int(rng.integers(0, 10)) for n in range(16)},
            "note": "".join(rng.choice(list("abc"), 4)),
        }
        values.append(json.dumps(record).encode())
    return [value for value in values if len(value) == len(values[0])]


@given(
    st.integers(0, 2**32),
    st.lists(
        st.tuples(
            st.integers(0, 2 * FEWEST - 1),
            st.integers(0, 600),
            st.one_of(st.sampled_from(b'0123456789-.eE+:; \t"{}[],\\'), st.integers(0, 255)),
        ),
        max_size=24,
    ),
)
@examples(100)
def test_repeated_layouts_of_any_definition_with_any_bytes_changed_are_read_as_with_care(
    seed: int, changes: list[tuple[int, int, int]]
) -> None:
    side = side_of(MANY)
    decoder = Decoder(side)
    values = written(3 * FEWEST, seed)[: 2 * FEWEST]
    decoder.decode(values)
    for at, place, byte in changes:
        changed = bytearray(values[at % len(values)])
        changed[place % len(changed)] = byte
        values[at % len(values)] = bytes(changed)
    assert said_fast(decoder, values) == [said_with_care(side, value) for value in values]


@pytest.mark.parametrize("number", [b"0.5", b"1.5", b"0e9", b"5e-1"])
def test_flags_in_a_known_layout_are_0_or_1_and_no_fraction_between(number: bytes) -> None:
    side = side_of(MANY)
    decoder = Decoder(side)
    values = written(3 * FEWEST, 5)[: 2 * FEWEST]
    for batch in (values, [value.replace(b'"trial": 0.0', b'"trial": ' + number) for value in values]):
        assert said_fast(decoder, batch) == [said_with_care(side, value) for value in batch]


def test_a_layout_of_numbers_texts_and_dates_is_learned_from_one_fetch_and_reads_the_next() -> None:
    decoder = Decoder(side_of(MANY))
    decoder.decode(written(2 * FEWEST, 1))
    assert decoder._layouts is not None
    values = written(2 * FEWEST, 2)
    assert sum(len(one.indexes) for one in decoder._layouts.read(values, range(len(values)))) == len(values)


@given(st.text(min_size=1), st.text(min_size=1))
@example('a"b', "c")
@example("a\\b", "\x00")
@example("a.b", "\U0001f600")
def test_keys_of_any_letters_are_found(outer: str, inner: str) -> None:
    (side,) = read(MIXED).sides
    feature = replace(side.features[0], path=RecordPath((outer, inner)))
    odd = replace(side, features=(feature,), groups=())
    record = {"card": {"id": IDS[0]}, "paid_at": PAID_MS, outer: {inner: 5}}
    values = [json.dumps(record).encode(), json.dumps(record, ensure_ascii=False).encode()]
    expected = [said_with_care(odd, value) for value in values]
    assert said_fast(Decoder(odd), values) == expected
    if outer not in {"card", "paid_at"}:
        assert expected == [(IDS[0], PAID_MS, (5.0,))] * 2


def test_a_type_that_changes_is_named_and_counted_and_never_cast() -> None:
    (good,) = written(1, 3)
    found = Decoder(side_of(MANY)).decode([good, good.replace(b'"age": 41', b'"age": "41"')])
    assert found.faults == [(1, "age is not a number: '41'")]
    assert found.oddities[f"{TYPE_CHANGED}:age"] == 1


def test_a_key_that_is_there_twice_takes_its_last_value_and_is_counted() -> None:
    (good,) = written(1, 3)
    decoder = Decoder(side_of(MANY))
    known = good.replace(b', "note"', b', "age": 42, "note"')
    for _ in range(2):
        found = decoder.decode([good, known])
        assert found.oddities[DUPLICATED] == 1
        assert found.rows.numbers()[:, 6].tolist() == [41, 42]


@pytest.mark.parametrize(
    "where",
    [
        "true, type: integer",
        "true, type: text",
        "true, type: uuid",
        "big-endian, type: integer",
        "avro, type: integer",
        "json, type: text",
    ],
)
def test_ids_may_be_the_keys_of_records(where: str) -> None:
    side = side_of(MANY.replace("{path: card.id, type: uuid}", f"{{key: {where}}}"))
    keys = [
        (-5).to_bytes(4, "big", signed=True),
        (2**62).to_bytes(8, "big"),
        b"1234",
        b"12",
        b"",
        None,
        b"\xff",
        IDS[0].encode(),
        IDS[1].encode(),
        b"-7",
        b"\0\0\0\0\7\x81\1",
        b'{"id": "c-1"}',
    ]  # type: ignore[union-attr]
    values = written(1, 3) * len(keys)
    found = Decoder(side).decode(values, keys)
    expected, reader = [], RecordReader(side)
    for key, value in zip(keys, values, strict=True):
        try:
            expected.append(reader.read(key, value, Counter()).id)
        except Unreadable as fault:
            expected.append(str(fault))
    faults, ids = dict(found.faults), iter(found.uuids.tolist())
    assert [faults[at] if at in faults else next(ids) for at in range(len(keys))] == expected


def test_words_that_nobody_waits_with_are_forgotten_and_the_others_keep_their_meaning() -> None:
    side = side_of(MIXED)
    vocabulary = vocabularies_of(side)["country"]
    codes = vocabulary.read([f"word {number}" for number in range(FEWEST_WORDS + 1)], FEWEST_WORDS + 1)
    assert vocabulary.is_full
    kept = np.array([codes[7], np.nan, codes[3000]])
    moved = vocabulary.keep(kept)
    assert [vocabulary.words[int(moved[int(code)])] for code in kept[[0, 2]]] == ["word 7", "word 3000"]
    assert np.isnan(moved[-1])
    assert not vocabulary.is_full
    assert vocabulary.read(["word 7", "new"], 2).tolist() == [moved[7], 2.0]


@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False),
            st.floats(0, 4e9),
            st.integers(0, 2**62),
            st.integers(0, 2_000_000_000),
        ),
        min_size=1,
    ),
    st.sampled_from(["days", "s", "ms", "us"]),
)
@example([1e306, 1.5], "us")
def test_times_of_whole_and_broken_numbers_are_read_at_once_as_one_by_one(
    values: list[float], unit: TimeUnit
) -> None:
    found, odd = read_times(values, unit)
    for at, value in enumerate(values):
        try:
            expected = to_ms(value, unit)
        except NoMoment:
            expected = None
        if odd is None or not odd[at]:
            assert found[at] == expected


def test_words_of_many_letters_are_forgotten_before_they_are_many() -> None:
    vocabulary = vocabularies_of(side_of(MIXED))["country"]
    long = [f"{number:02d}" + 60_000 * "x" for number in range(80)]
    codes = vocabulary.read(long[:60], 60)
    assert not vocabulary.is_full
    vocabulary.read(long, 80)
    assert vocabulary.is_full
    vocabulary.keep(codes[:2])
    assert not vocabulary.is_full
    assert vocabulary.words == long[:2]


@pytest.mark.parametrize(
    "text", [MIXED, MIXED.replace("path: amount", "path: 'amounts[0]'")], ids=["plain", "documents"]
)
def test_records_that_are_read_in_several_portions_say_what_each_says_alone(text: str) -> None:
    side = side_of(text)
    values = [
        json.dumps(
            {
                "card": {"id": f"{number:08x}-4f0b-4c57-9d2e-0c5f8f2b9a11"},
                "paid_at": PAID_MS + 7 * number,
                "amount": number,
                "amounts": [number],
                "channel": "web",
                "months": {"m0": 1},
                "x" * (number % 50): 1,
            }
        ).encode()
        for number in range(3_000)
    ]
    assert said_fast(Decoder(side), values) == [said_with_care(side, value) for value in values]


def test_a_replaced_column_is_that_of_exact_rows_and_of_those_in_bytes() -> None:
    numbers = np.array([[1.0, 0.5], [2.0, 3.0], [4.0, 5.0]])
    rows = rows_of(numbers)
    assert set(rows.exact) == {0}
    rows.set_column(0, np.arange(2), np.array([7.0, 8.0]))
    assert rows.numbers().tolist() == [[7.0, 0.5], [8.0, 3.0], [4.0, 5.0]]
