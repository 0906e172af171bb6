"""What records may look like: every leniency, every reason for `invalid`, and the fast way equal to the careful one."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.features import FEATURES, PRODUCTS
from liftstream.streams.record_reader import RecordReader
from liftstream.streams.unreadable import CONTRADICTION, DUPLICATED, Unreadable, unknown
from pipeline.records.feature_rows import FeatureRows, matrix, pack, unpack
from testbed.examples import examples
from testbed.task_stream import TASK, WIDTHS, Side, decode
from tests.pipeline.offline import listed

UNKNOWN_PRODUCT = unknown("product")
NONE_BOUGHT = pack([0] * len(PRODUCTS))
BOUGHT_CAT3 = pack([int(name == "cat3") for name in PRODUCTS])


def rows(side: Side, *packed: bytes) -> FeatureRows:
    return unpack(packed, WIDTHS[side])


FULL = json.dumps({"uuid": 7, "products": dict.fromkeys(PRODUCTS, 0)})


@pytest.mark.parametrize(
    ("value", "uuid", "age_man_woman", "odd"),
    [
        (b'{"uuid": 404180, "age": 41, "man": 1, "woman": 0}', 404180, (41, 1, 0), None),
        (b' {"woman":1,"man":0,"age":0,"uuid":-9223372036854775808}\n', -(2**63), (0, 0, 1), None),
        (b'{"uuid":"00404180","age":130,"man":1,"woman":0}', 404180, (130, 1, 0), None),
        (b'{"uuid":1,"age":41.5,"man":1.0,"woman":0}', 1, (41.5, 1, 0), None),
        (b'{"uuid":1,"age":41.0,"man":1,"woman":0}', 1, (41, 1, 0), None),
        (b'{"uuid":1,"age":41,"man":1}', 1, (41, 1, 0), None),
        (b'{"uuid":1,"age":41,"woman":1}', 1, (41, 0, 1), None),
        (b'{"uuid":1,"age":41,"man":"?","woman":1}', 1, (41, 0, 1), None),
        (b'{"uuid":1,"age":41,"man":1,"woman":null}', 1, (41, 1, 0), None),
        (b'{"uuid":1,"age":41,"man":1,"woman":1}', 1, (41, 0, 1), CONTRADICTION),
        (b'{"uuid":1,"age":41,"man":0,"woman":0}', 1, (41, 1, 0), CONTRADICTION),
        (b'{"uuid":9,"uuid":1,"age":41,"man":1,"woman":0}', 1, (41, 1, 0), DUPLICATED),
        (b'{"uuid":1,"age":41,"age":42,"man":1,"woman":0}', 1, (42, 1, 0), DUPLICATED),
        ('{"uuid":1,"name":"Zoë: a:b","age":41,"man":1,"woman":0}'.encode(), 1, (41, 1, 0), None),
    ],
)
def test_demographic_records_are_read_as_the_contract_says(
    value: bytes, uuid: int, age_man_woman: tuple[float, ...], odd: str | None
) -> None:
    found = decode(Side.DEMOGRAPHIC, [value])
    assert (found.uuids.tolist(), found.faults) == ([uuid], [])
    assert matrix(found.rows, rows(Side.HISTORIC, NONE_BOUGHT))[0, :3].tolist() == list(age_man_woman)
    assert +Counter(found.oddities) == ({odd: 1} if odd else {})


@pytest.mark.parametrize(
    ("products", "row", "odd"),
    [
        ("{}", NONE_BOUGHT, None),
        ('{"cat3": 1}', BOUGHT_CAT3, None),
        ('{"cat3": 1.0}', pack([float(name == "cat3") for name in PRODUCTS]), None),
        ('{"cat3": 0, "cat3": 1}', BOUGHT_CAT3, DUPLICATED),
        ('{"cat3": 1, "cat100": 7}', BOUGHT_CAT3, UNKNOWN_PRODUCT),
    ],
)
def test_historic_records_are_read_as_the_contract_says(products: str, row: bytes, odd: str | None) -> None:
    found = decode(Side.HISTORIC, [f'{{"uuid":1,"products":{products}}}'.encode()])
    expected = matrix(rows(Side.DEMOGRAPHIC, bytes(3)), rows(Side.HISTORIC, row))
    assert found.uuids.tolist() == [1]
    assert np.array_equal(matrix(rows(Side.DEMOGRAPHIC, bytes(3)), found.rows), expected)
    assert +Counter(found.oddities) == ({odd: 1} if odd else {})


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (None, "an empty value"),
        (b"", "an empty value"),
        (b"hello", "not JSON"),
        (b"{'uuid': 1}", "single quotes are Python's"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ('{"uuid":1,"age":41,"man":1,"woman":0}'.encode("utf-16-le"), "not JSON"),
        (b'{"uuid":1,"name":"\xe9","age":41,"man":1,"woman":0}', "not UTF-8"),
        (b'\xef\xbb\xbf{"uuid":1,"age":41,"man":1,"woman":0}', "not JSON"),
        (b'{"uuid":1,"age":41,"man":1,"woman":0', "not JSON"),
        (b'{"uuid":1,"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "nested too deeply"),
        (b'{"uuid":1,"age":41,"man":1,"woman":0,"x":"' + b"y" * 65_536 + b'"}', "at most 65536"),
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (b'{"age":41,"man":1,"woman":0}', "uuid missing"),
        (b'{"uuid":"4o4","age":41,"man":1,"woman":0}', "not digits: '4o4'"),
        ('{"uuid":"٣","age":41,"man":1,"woman":0}'.encode(), "not digits"),
        (b'{"uuid":"-5","age":41,"man":1,"woman":0}', "not digits"),
        (b'{"uuid":"","age":41,"man":1,"woman":0}', "not digits"),
        (b'{"uuid":9223372036854775808,"age":41,"man":1,"woman":0}', "out of range"),
        (b'{"uuid":"9223372036854775808","age":41,"man":1,"woman":0}', "out of range"),
        (b'{"uuid":' + b"9" * 5000 + b',"age":41,"man":1,"woman":0}', "not JSON"),
        (b'{"uuid":1.5,"age":41,"man":1,"woman":0}', "not an integer"),
        (b'{"uuid":true,"age":41,"man":1,"woman":0}', "not an integer"),
        (b'{"uuid":1,"man":1,"woman":0}', "age missing"),
        (b'{"uuid":1,"age":"41","man":1,"woman":0}', "age is not a number"),
        (b'{"uuid":1,"age":NaN,"man":1,"woman":0}', "NaN"),
        (b'{"uuid":1,"age":1e999,"man":1,"woman":0}', "age is not a number"),
        (b'{"uuid":1,"age":131,"man":1,"woman":0}', "not within 0 to 130"),
        (b'{"uuid":1,"age":-1,"man":1,"woman":0}', "not within 0 to 130"),
        (b'{"uuid":1,"age":41}', "man and woman are both missing"),
        (b'{"uuid":1,"age":41,"man":null,"woman":"x"}', "man and woman are both missing"),
        (b'{"uuid":1,"age":41,"man":1,"woman":2}', "woman is 2"),
    ],
)
def test_unreadable_demographic_records_are_invalid_and_say_why(value: bytes | None, detail: str) -> None:
    good = b'{"uuid":1,"age":41,"man":1,"woman":0}'
    found = decode(Side.DEMOGRAPHIC, [good, value, good])
    ((index, said),) = found.faults
    assert index == 1
    assert detail in said
    assert "\n" not in said
    assert (list(found.indexes), found.uuids.tolist()) == ([0, 2], [1, 1])


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b'{"uuid":1}', "products missing"),
        (b'{"uuid":1,"products":[]}', "products is not an object"),
        (b'{"uuid":1,"products":{"cat1":null}}', "'cat1' is not a finite number: None"),
        (b'{"uuid":1,"products":{"cat1":"1"}}', "'cat1' is not a finite number"),
        (b'{"uuid":1,"products":{"cat1":true}}', "'cat1' is not a finite number"),
        (b'{"uuid":1,"products":{"cat1":-Infinity}}', "Infinity"),
        (b'{"uuid":1,"products":{"cat1":1e400}}', "'cat1' is not a finite number: inf"),
        (b'{"uuid":1,"products":{"cat1":1' + b"0" * 400 + b"}}", "'cat1' is not a finite number"),
        (b'{"uuid":1,"products":{"elsewhere":"x"}}', "'elsewhere' is not a finite number"),
    ],
)
def test_unreadable_historic_records_are_invalid_and_say_why(value: bytes, detail: str) -> None:
    ((_, said),) = decode(Side.HISTORIC, [value]).faults
    assert detail in said


numbers = st.one_of(
    st.integers(0, 3), st.integers(), st.floats(), st.booleans(), st.none(), st.text(max_size=3)
)


def careful(side: Side, value: bytes) -> tuple[Any, list[float], dict[str, int]] | None:
    oddities: Counter[str] = Counter()
    try:
        said = RecordReader(TASK.sides[side]).read(None, value, oddities)
    except Unreadable:
        return None
    return said.id, [float(one) for one in said.values if isinstance(one, float)], dict(+oddities)


@given(
    st.sampled_from(Side),
    st.dictionaries(st.sampled_from(["uuid", "age", "man", "woman", "x:y"]), numbers),
    st.dictionaries(st.sampled_from([*PRODUCTS[:3], "strange"]), numbers),
    st.booleans(),
    st.integers(0, 40),
)
@examples(400)
def test_the_fast_way_reads_what_the_careful_one_reads(
    side: Side, record: dict[str, Any], products: dict[str, Any], full: bool, damage: int
) -> None:
    every = dict.fromkeys(PRODUCTS, 0) if full else {}
    body = record if side is Side.DEMOGRAPHIC else record | {"products": every | products}
    text = json.dumps({"uuid": 1, "age": 30, "man": 1, "woman": 0} | body if full else body)
    value = (text if damage > 4 else text[:damage] + text[damage + 1 :]).encode()
    found = decode(side, [value])
    expected = careful(side, value)
    if expected is None:
        assert len(found.faults) == 1
    else:
        uuid, row, oddities = expected
        assert (found.uuids.tolist(), dict(+Counter(found.oddities))) == ([uuid], oddities)
        assert listed(found.rows) == [row]


@given(st.lists(st.binary(max_size=80), max_size=5), st.sampled_from(Side))
@examples(200)
def test_no_bytes_make_decoding_fail(values: list[bytes], side: Side) -> None:
    found = decode(side, values)
    assert len(found.uuids) + len(found.faults) == len(values)


def test_columns_of_the_matrix_are_the_features_in_their_order() -> None:
    purchases = {name: index % 5 for index, name in enumerate(PRODUCTS)}
    historic = decode(Side.HISTORIC, [json.dumps({"uuid": 1, "products": purchases}).encode()])
    demographic = decode(Side.DEMOGRAPHIC, [b'{"uuid":1,"age":33,"man":0,"woman":1}'])
    expected = {"age": 33, "man": 0, "woman": 1} | purchases
    assert matrix(demographic.rows, historic.rows)[0].tolist() == [expected[name] for name in FEATURES]


def test_fractions_and_large_values_among_plain_ones_keep_their_values() -> None:
    values = [
        json.dumps({"uuid": n, "products": {"cat0": amount}}).encode()
        for n, amount in enumerate([1, 0.25, 256, -3, 1])
    ]
    found = matrix(rows(Side.DEMOGRAPHIC, *[bytes(3)] * 5), decode(Side.HISTORIC, values).rows)
    assert found[:, 3].tolist() == [1, 0.25, 256, -3, 1]
