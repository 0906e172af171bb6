"""What records say by their definition: every leniency, every reason for `invalid`, to the letter for the task's."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.features import PRODUCTS
from liftstream.streams.record_reader import RecordReader, Said
from liftstream.streams.unreadable import Unreadable, oddities
from testbed.examples import examples
from tests.streams.definitions import CARD_ID, PAID, card, silocompro

DEMOGRAPHIC, HISTORIC = (RecordReader(side) for side in silocompro().sides)
PAYMENT, HISTORY = (RecordReader(side) for side in card().sides)


def refusal(reader: RecordReader, record: Any, key: bytes | None = None) -> Unreadable:
    value = record if record is None or isinstance(record, bytes) else json.dumps(record).encode()
    with pytest.raises(Unreadable) as caught:
        reader.read(key, value, Counter())
    return caught.value


@pytest.mark.parametrize(
    ("value", "uuid", "values", "odd"),
    [
        (b'{"uuid": 404180, "age": 41, "man": 1, "woman": 0}', 404180, (41, 1, 0), None),
        (b' {"woman":1,"man":0,"age":0,"uuid":-9223372036854775808}\n', -(2**63), (0, 0, 1), None),
        (b'{"uuid":"00404180","age":130,"man":1,"woman":0}', 404180, (130, 1, 0), None),
        (b'{"uuid":1,"age":41.5,"man":1.0,"woman":0}', 1, (41.5, 1, 0), None),
        (b'{"uuid":1,"age":41,"man":1}', 1, (41, 1, 0), None),
        (b'{"uuid":1,"age":41,"woman":1}', 1, (41, 0, 1), None),
        (b'{"uuid":1,"age":41,"man":"?","woman":1}', 1, (41, 0, 1), None),
        (b'{"uuid":1,"age":41,"man":1,"woman":null}', 1, (41, 1, 0), None),
        (b'{"uuid":1,"age":41,"man":1,"woman":1}', 1, (41, 0, 1), "contradiction"),
        (b'{"uuid":1,"age":41,"man":0,"woman":0}', 1, (41, 1, 0), "contradiction"),
        (b'{"uuid":9,"uuid":1,"age":41,"man":1,"woman":0}', 1, (41, 1, 0), "duplicated_key"),
    ],
)
def test_demographic_records_are_read_as_the_contract_says(
    value: bytes, uuid: int, values: tuple[float, ...], odd: str | None
) -> None:
    counts: Counter[str] = Counter()
    assert DEMOGRAPHIC.read(None, value, counts) == Said(uuid, None, values)
    assert +counts == ({odd: 1} if odd else {})


@pytest.mark.parametrize(
    ("value", "detail", "field"),
    [
        (None, "an empty value", ""),
        (b"", "an empty value", ""),
        (b"hello", "not JSON: Expecting value: line 1 column 1 (char 0)", ""),
        (b"\xff\xfe{\x00}\x00", "not JSON: the bytes are not UTF-8", ""),
        (b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", "not JSON that can be read: nested too deeply", ""),
        (b'{"x":"' + b"y" * 65_536 + b'"}', "a body of 65544 bytes; at most 65536 are read", ""),
        (b"[1]", "not an object: [1]", ""),
        (b'{"age":41,"man":1,"woman":0}', "uuid missing", "uuid"),
        (b'{"uuid":"4o4","age":41,"man":1}', "uuid is text that is not digits: '4o4'", "uuid"),
        (b'{"uuid":1.5,"age":41,"man":1}', "uuid is not an integer: 1.5", "uuid"),
        (b'{"uuid":true,"age":41,"man":1}', "uuid is not an integer: True", "uuid"),
        (
            b'{"uuid":9223372036854775808,"age":41,"man":1}',
            "uuid out of range: 9223372036854775808; it has 64 bits",
            "uuid",
        ),
        (b'{"uuid":1,"man":1,"woman":0}', "age missing", "age"),
        (b'{"uuid":1,"age":"41","man":1,"woman":0}', "age is not a number: '41'", "age"),
        (b'{"uuid":1,"age":null,"man":1,"woman":0}', "age is not a number: None", "age"),
        (b'{"uuid":1,"age":NaN,"man":1,"woman":0}', "not JSON: NaN is no JSON", ""),
        (b'{"uuid":1,"age":131,"man":1,"woman":0}', "age 131 is not within 0 to 130", "age"),
        (b'{"uuid":1,"age":41}', "man and woman are both missing or not a number", "woman"),
        (b'{"uuid":1,"age":41,"man":1,"woman":2}', "woman is 2; it is 0 or 1", "woman"),
    ],
)
def test_unreadable_demographic_records_say_why_to_the_letter(
    value: bytes | None, detail: str, field: str
) -> None:
    found = refusal(DEMOGRAPHIC, value)
    assert (str(found), found.field) == (detail, field)


@pytest.mark.parametrize(
    ("products", "amounts", "odd"),
    [
        ("{}", {}, {}),
        ('{"cat3": 1}', {"cat3": 1}, {}),
        ('{"cat3": 0, "cat3": 0.5}', {"cat3": 0.5}, {"duplicated_key": 1}),
        ('{"cat3": 1, "cat100": 7, "x": 0}', {"cat3": 1}, {"unknown_product": 2}),
    ],
)
def test_historic_records_are_read_as_the_contract_says(
    products: str, amounts: dict[str, float], odd: dict[str, int]
) -> None:
    counts: Counter[str] = Counter()
    found = HISTORIC.read(None, f'{{"uuid":1,"products":{products}}}'.encode(), counts)
    assert found.values == tuple(amounts.get(name, 0) for name in PRODUCTS)
    assert +counts == odd


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b'{"uuid":1}', "products missing"),
        (b'{"uuid":1,"products":[]}', "products is not an object"),
        (b'{"uuid":1,"products":{"cat1":null}}', "product 'cat1' is not a finite number: None"),
        (b'{"uuid":1,"products":{"cat1":true}}', "product 'cat1' is not a finite number: True"),
        (b'{"uuid":1,"products":{"cat1":1e400}}', "product 'cat1' is not a finite number: inf"),
        (b'{"uuid":1,"products":{"elsewhere":"x"}}', "product 'elsewhere' is not a finite number: 'x'"),
    ],
)
def test_unreadable_historic_records_say_why_to_the_letter(value: bytes, detail: str) -> None:
    assert str(refusal(HISTORIC, value)) == detail


def test_what_is_counted_is_named_by_the_definition() -> None:
    assert list(oddities(silocompro())) == ["duplicated_key", "contradiction", "unknown_product"]
    assert list(oddities(card())) == ["duplicated_key", "unknown_feature"]


def test_a_record_of_every_type_is_read_by_paths_with_its_time() -> None:
    found = PAYMENT.read(None, json.dumps(PAID).encode(), Counter())
    assert found == Said(CARD_ID, 1_709_285_400_250, (12.5, "NO", "no", 3, "2024-03-01", 1))


def test_what_is_missing_or_null_gets_what_the_definition_says() -> None:
    few = {name: PAID[name] for name in ("card", "paid_at", "amount", "channel")}
    for record in (few, few | {"shop": None, "basket": [], "paid_on": None, "foreign": None}):
        assert PAYMENT.read(None, json.dumps(record).encode(), Counter()).values == (
            *(12.5, "??", "no", 0, None, 0),
        )


def test_an_id_in_the_key_is_read_from_there_in_lower_case() -> None:
    value = json.dumps({"seen": 86_400_000, "months": {"m09": 4, "older": None}}).encode()
    found = HISTORY.read(CARD_ID.upper().encode(), value, Counter())
    assert found == Said(CARD_ID, None, ("1970-01-02T00:00:00", None, 4, None, None))


@pytest.mark.parametrize(
    ("change", "detail", "field", "kind"),
    [
        ({"card": {}}, "card.id missing", "card.id", "missing"),
        ({"card": "x"}, "card is not an object", "card.id", "type"),
        ({"card": {"id": 7}}, "card.id is not text: 7", "card.id", "type"),
        ({"card": {"id": "7"}}, "card.id is no uuid of 36 letters", "card.id", "value"),
        ({"paid_at": 1.5}, "paid_at is not a time like 2024-03-01T10:30:00Z: 1.5", "paid_at", "type"),
        ({"paid_at": "1969-12-31T23:59:59Z"}, "paid_at is not a time", "paid_at", "type"),
        ({"amount": "12.5"}, "amount is not a number: '12.5'", "amount", "type"),
        ({"amount": True}, "amount is not a number: True", "amount", "type"),
        ({"amount": None}, "amount is not a number: None", "amount", "type"),
        ({"amount": -0.5}, "amount -0.5 is not within 0 to 100000", "amount", "value"),
        ({"channel": "fax"}, "channel is 'fax'; accepted are web, shop, no", "channel", "value"),
        ({"channel": 1}, "channel is not text: 1", "channel", "type"),
        ({"shop": {"country": False}}, "shop.country is not text: False", "shop.country", "type"),
        ({"basket": {"0": 1}}, "basket is not a list", "basket[0].price", "type"),
        ({"basket": [3]}, "basket[0] is not an object", "basket[0].price", "type"),
        ({"paid_on": "01.03.2024"}, "paid_on is not a date like 2024-03-01: '01.03.2024'", "paid_on", "type"),
        ({"paid_on": "2024-02-30"}, "paid_on is not a date", "paid_on", "type"),
        ({"foreign": 1}, "foreign is not true or false: 1", "foreign", "type"),
        ({"foreign": "true"}, "foreign is not true or false: 'true'", "foreign", "type"),
    ],
)
def test_a_record_that_does_not_fit_names_field_and_reason(
    change: dict[str, Any], detail: str, field: str, kind: str
) -> None:
    found = refusal(PAYMENT, PAID | change)
    assert str(found).startswith(detail)
    assert (found.field, found.kind) == (field, kind)


@pytest.mark.parametrize(
    ("key", "detail"),
    [
        (None, "the key missing"),
        (b"\xff" * 36, "the key is not text in UTF-8"),
        (b"7", "the key is no uuid of 36 letters"),
    ],
)
def test_a_key_that_is_no_id_says_why(key: bytes | None, detail: str) -> None:
    assert str(refusal(HISTORY, {"months": {}}, key)).startswith(detail)


def test_a_moment_that_is_counted_in_units_names_them() -> None:
    assert (
        str(refusal(HISTORY, {"months": {}, "seen": "x"}, CARD_ID.encode()))
        == "seen is not ms since 1970: 'x'"
    )


def test_half_a_letter_is_no_text() -> None:
    value = json.dumps(PAID).replace('"NO"', '"\\ud83d"').encode()
    assert str(refusal(PAYMENT, value)) == "shop.country is not text: '\\ud83d'"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*PAID, "seen", "months"]), anything), st.none() | st.binary(max_size=9)
)
@examples(300)
def test_no_record_fails_but_as_unreadable_in_one_line(change: dict[str, Any], key: bytes | None) -> None:
    value = json.dumps(PAID | change).encode()
    for reader in (PAYMENT, HISTORY):
        try:
            found = reader.read(key, value, Counter())
        except Unreadable as fault:
            assert "\n" not in str(fault)  # noqa: PT017
        else:
            assert len(found.values) == len(card().sides[reader is HISTORY].features)


@given(st.none() | st.binary(max_size=60))
def test_no_bytes_fail_but_as_unreadable(value: bytes | None) -> None:
    for reader in (DEMOGRAPHIC, PAYMENT):
        refusal(reader, value)
