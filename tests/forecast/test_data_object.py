"""What is wrong with a data object is said by path, all of it at once; what is right is read exactly."""

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.forecast.request.data_object import NotJson, parse_json, read_data_object
from liftstream.forecast.request.problem import InvalidRequest
from tests.forecast.shop_data import MONTHLY, data_object

Change = Callable[[dict[str, Any]], Any]
GOOD = data_object({143: MONTHLY[143]})


def problems_of(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        read_data_object(document)
    return {problem.path: problem.reason for problem in refused.value.problems}


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    change(document)
    return document


WRONG: list[tuple[str, str, Change]] = [
    ("$.products[3].price", "null is not a price", lambda d: d["products"][3].update(price=None)),
    ("$.products[3].price", "-1 is not a price", lambda d: d["products"][3].update(price=-1)),
    ("$.products[3].price", "is not a price; accepted is a number from 0 to 1,000,000", lambda d: d["products"][3].update(price=1e12)),
    ("$.products[3].price", "'12.5' is not a price", lambda d: d["products"][3].update(price="12.5")),
    ("$.products[3].price", "is missing", lambda d: d["products"][3].pop("price")),
    ("$.products[1].product_id", "duplicate of $.products[0]", lambda d: d["products"][1].update(product_id=d["products"][0]["product_id"])),
    ("$.sessions[2].product_id", "'9' is not among $.products", lambda d: d["sessions"][2].update(product_id=9)),
    ("$.sessions[2].product_id", "null is not an id", lambda d: d["sessions"][2].update(product_id=None)),
    ("$.sessions[2].user_id", "'9' is not among $.users", lambda d: d["sessions"][2].update(user_id=9)),
    ("$.sessions[2].event_type", "'LOOK' is not an event", lambda d: d["sessions"][2].update(event_type="LOOK")),
    ("$.sessions[2].timestamp", "'yesterday' is not a time", lambda d: d["sessions"][2].update(timestamp="yesterday")),
    ("$.sessions[2].timestamp", "is not a time in 1990..2099", lambda d: d["sessions"][2].update(timestamp=1_638_000_000)),
    ("$.sessions[2].timestamp", "is not a time in 1990..2099", lambda d: d["sessions"][2].update(timestamp="0001-01-01")),
    ("$.sessions[2].timestamp", "null is not a time", lambda d: d["sessions"][2].update(timestamp=None)),
    ("$.sessions[2].offered_discount", "101 is not a discount", lambda d: d["sessions"][2].update(offered_discount=101)),
    ("$.sessions[2].offered_discount", "-5 is not a discount", lambda d: d["sessions"][2].update(offered_discount=-5)),
    ("$.sessions[2].offered_discount", "true is not a discount", lambda d: d["sessions"][2].update(offered_discount=True)),
    ("$.sessions[18]", "is a duplicate of $.sessions[0]", lambda d: d["sessions"].append(dict(d["sessions"][0]))),
    ("$.sessions[18].purchase_id", "is a duplicate", lambda d: d["sessions"].append(d["sessions"][1] | {"timestamp": "2021-01-16"})),
    ("$.sessions[1]", "7 is not an object", lambda d: d["sessions"].__setitem__(1, 7)),
    ("$.users[1].user_id", "duplicate of $.users[0]", lambda d: d["users"].append(dict(d["users"][0]))),
    ("$.users[0].user_id", "'a\\x00' is not an id", lambda d: d["users"][0].update(user_id="a\0")),
    ("$.users[0].city", "7 is not a city", lambda d: d["users"][0].update(city=7)),
    ("$.users", "is missing", lambda d: d.pop("users")),
    ("$.sessions", "null is not a list", lambda d: d.update(sessions=None)),
    ("$.deliveries", "is not a list", lambda d: d.update(deliveries="none")),
]  # fmt: skip


@pytest.mark.parametrize(("path", "reason", "change"), WRONG, ids=[f"{p} {r}" for p, r, _ in WRONG])
def test_a_wrong_value_is_named_by_its_path_with_the_reason(path: str, reason: str, change: Change) -> None:
    found = problems_of(changed(change))
    assert path in found, found
    assert reason in found[path]


def test_every_wrong_value_is_named_at_once() -> None:
    document = changed(lambda d: d["products"][3].update(price=None))
    document["sessions"][0]["timestamp"] = "?"
    document["sessions"][5]["event_type"] = 3
    assert set(problems_of(document)) == {
        "$.products[3].price",
        "$.sessions[0].timestamp",
        "$.sessions[5].event_type",
    }


def test_of_very_many_problems_the_first_hundred_are_named_and_the_others_counted() -> None:
    document = copy.deepcopy(GOOD)
    document["users"] = [{"user_id": None}] * 500
    found = problems_of(document)
    assert len(found) == 101
    assert "more problems are not listed" in found["$"]


@pytest.mark.parametrize("document", [{}, [], None, 7, "text", {"users": []}])
def test_another_shape_is_refused(document: Any) -> None:
    assert problems_of(document)


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"[1,]", b"\xff", b'{"a": 1e999}x', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson, match="not JSON"):
        parse_json(body)


def test_a_purchase_of_several_products_is_no_duplicate() -> None:
    document = changed(lambda d: [event.update(purchase_id=7) for event in d["sessions"]])
    assert read_data_object(document).bought.sum() == 7


def test_a_discount_lowers_what_is_paid_and_a_view_costs_nothing() -> None:
    document = changed(lambda d: [event.update(offered_discount=20) for event in d["sessions"]])
    history = read_data_object(document)
    assert history.paid.sum() == pytest.approx(0.8 * sum(MONTHLY[143]))


def test_ids_may_be_numbers_texts_or_what_pandas_makes_of_them() -> None:
    document = changed(lambda d: d["sessions"][0].update(user_id="143", product_id=14301.0))
    assert np.array_equal(read_data_object(document).user, read_data_object(GOOD).user)


def test_times_with_a_zone_are_read_in_it() -> None:
    document = changed(lambda d: d["sessions"][0].update(timestamp="2021-02-01T00:30:00+01:00"))
    assert read_data_object(document).time_ms[0] == 1_612_135_800_000


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["users", "sessions", "products", "user_id", "price", "timestamp"]), inner, max_size=4),
))  # fmt: skip
def test_whatever_is_sent_is_read_or_refused(document: Any) -> None:
    with suppress(InvalidRequest):
        read_data_object(document)
