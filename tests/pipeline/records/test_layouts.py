"""Layouts save asking msgspec again; what they read must be what it says, whatever bytes come."""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.features import PRODUCTS
from pipeline.records.layouts import FEWEST
from testbed.examples import examples
from testbed.task_stream import Decoder, Side, decode
from tests.pipeline.offline import listed

SEPARATORS = [(",", ":"), (", ", ": "), (" ,", ":\n"), (",\t", " :")]


def record(side: Side, rng: np.random.Generator, digits: int) -> dict[str, Any]:
    uuid = int(rng.integers(10 ** (digits - 1), min(10**digits, 2**63 - 1)))
    if side is Side.HISTORIC:
        return {"uuid": uuid, "products": dict(zip(PRODUCTS, rng.integers(0, 2, 110).tolist(), strict=True))}
    woman = int(rng.integers(2))
    return {"uuid": uuid, "age": int(rng.integers(15, 55)), "man": 1 - woman, "woman": woman}


def written(
    side: Side,
    count: int,
    seed: int = 1,
    separators: tuple[str, str] = (",", ":"),
    order: Sequence[int] | None = None,
    digits: int = 6,
) -> list[bytes]:
    """Records as one producer writes them, keys in an order of its own."""
    rng, values = np.random.default_rng(seed), []
    for _ in range(count):
        fields = record(side, rng, digits)
        names = list(fields)
        body = {names[at]: fields[names[at]] for at in (order or range(len(names))) if at < len(names)}
        values.append(json.dumps(body, separators=separators).encode())
    return values


def learned(side: Side, *examples: list[bytes]) -> Decoder:
    decoder = Decoder(side)
    for example in examples:
        decoder.decode(example)
    return decoder


def singly(side: Side, values: Sequence[bytes]) -> tuple[list[int], list[list[float]], list[tuple[int, str]]]:
    found = [decode(side, [value]) for value in values]
    faults = [(index, one.faults[0][1]) for index, one in enumerate(found) if one.faults]
    return (
        [uuid for one in found for uuid in one.uuids.tolist()],
        [row for one in found for row in listed(one.rows)],
        faults,
    )


def by_layout(decoder: Decoder, values: Sequence[bytes]) -> int:
    return sum(len(found.indexes) for found in decoder._layouts.read(values, range(len(values))))


damages = st.lists(
    st.tuples(
        st.integers(0, 2 * FEWEST - 1),
        st.integers(0, 1200),
        st.one_of(st.sampled_from(b'0123456789-.eE+:; \t"{}[],'), st.integers(0, 255)),
    ),
    max_size=24,
)


@given(
    st.sampled_from(Side),
    st.sampled_from(SEPARATORS),
    st.permutations(range(4)),
    st.integers(1, 19),
    st.booleans(),
    damages,
    st.integers(0, 2**32),
)
@examples(120)
def test_records_with_any_bytes_changed_are_read_as_each_by_itself(
    side: Side,
    separators: tuple[str, str],
    order: list[int],
    digits: int,
    two_producers: bool,
    changes: list[tuple[int, int, int]],
    seed: int,
) -> None:
    first, second = (
        written(side, 2 * FEWEST, seed, separators, order, digits),
        written(side, 2 * FEWEST, seed + 1, (",", ":"), None, digits),
    )
    decoder = learned(side, first, second)
    values = [(second if two_producers and at % 2 else first)[at] for at in range(2 * FEWEST)]
    for at, place, byte in changes:
        changed = bytearray(values[at])
        changed[place % len(changed)] = byte
        values[at] = bytes(changed)
    found = decoder.decode(values)
    assert (found.uuids.tolist(), listed(found.rows), found.faults) == singly(side, values)
    invalid = {index for index, _ in found.faults}
    assert list(found.indexes) == [index for index in range(len(values)) if index not in invalid]


@pytest.mark.parametrize("separators", SEPARATORS)
@pytest.mark.parametrize("digits", [1, 6, 18])
def test_a_layout_is_learned_from_one_fetch_and_reads_the_next(
    separators: tuple[str, str], digits: int
) -> None:
    side = Side.HISTORIC
    decoder = Decoder(side)
    values = written(side, FEWEST, 1, separators, [3, 2, 1, 0], digits)
    decoder.decode(values)
    assert by_layout(decoder, written(side, FEWEST, 2, separators, [3, 2, 1, 0], digits)) == FEWEST


def test_layouts_of_two_producers_and_two_lengths_are_all_known() -> None:
    side = Side.HISTORIC
    both = [
        value
        for pair in zip(
            written(side, 2 * FEWEST, 1),
            written(side, 2 * FEWEST, 2, (", ", ": ")),
            written(side, 2 * FEWEST, 3, digits=7),
            strict=True,
        )
        for value in pair
    ]
    decoder = Decoder(side)
    for _ in range(20):
        decoder.decode(both)
    assert by_layout(decoder, both) == len(both)


@pytest.mark.parametrize(
    "number", [b"007", b"256", b"12", b"-1", b"1.5", b"1e2", b"true", b"null", b'"1"', b" 1", b""]
)
def test_numbers_of_another_form_are_left_to_msgspec(number: bytes) -> None:
    side = Side.HISTORIC
    good = written(side, FEWEST)
    odd = [
        value.replace(b'"cat7":0', b'"cat7":' + number).replace(b'"cat7":1', b'"cat7":' + number)
        for value in good
    ]
    decoder = learned(side, good, odd)
    for values in (odd, [*good, *odd]):
        found = decoder.decode(values)
        assert (found.uuids.tolist(), listed(found.rows), found.faults) == singly(side, values)


@pytest.mark.parametrize("number", [b'"uuid":012345', b'"uuid":000000'])
def test_numbers_that_begin_with_0_are_invalid_as_in_json(number: bytes) -> None:
    side = Side.HISTORIC
    good = written(side, FEWEST)
    name = number.partition(b":")[0]
    odd = re.sub(name + rb":\d+", number, good[0])
    assert len(odd) == len(good[0])
    found = learned(side, good).decode([*good, odd])
    assert [index for index, _ in found.faults] == [FEWEST]


def test_records_without_a_value_do_not_disturb_a_layout() -> None:
    side = Side.HISTORIC
    good = written(side, FEWEST)
    decoder = learned(side, good)
    found = decoder.decode([None, *good])
    assert found.faults == [(0, "an empty value")]
    assert found.uuids.tolist() == decode(side, good).uuids.tolist()


def test_where_records_follow_no_layout_learning_gets_rare() -> None:
    side, rng = Side.HISTORIC, np.random.default_rng(4)
    decoder, learned_at = Decoder(side), []
    for fetch in range(60):
        values = []
        for _ in range(FEWEST):
            products = record(side, rng, 6)["products"]
            shuffled = {name: products[name] for name in rng.permutation(PRODUCTS).tolist()}
            values.append(json.dumps({"uuid": 404180, "products": shuffled}).encode())
        known = list(decoder._layouts._known)
        decoder.decode(values)
        learned_at += [fetch] if set(decoder._layouts._known) - set(known) else []
    assert len(learned_at) <= 6
    assert learned_at[0] == 0
