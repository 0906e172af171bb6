"""What topics hold becomes a first definition that reads them: ids, times, features, groups, what a model asks for."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_inputs import ModelInput, ModelOffer
from liftstream.contracts.places import model_named
from liftstream.scoring import load
from liftstream.simulation.shop.records import demographic_records, historic_records
from liftstream.streams.definition import IdSource, KeyForm, Stream
from liftstream.streams.inference.draft import Draft, TopicSample
from liftstream.streams.inference.draft_text import quoted, ranges, write
from liftstream.streams.inference.infer import infer
from liftstream.streams.inference.observed import Sampled
from liftstream.streams.model_fit import fit_model
from liftstream.streams.paths import parse_path
from liftstream.streams.record_reader import RecordReader
from liftstream.streams.yaml_nodes import DefinitionError
from testbed.examples import examples
from tests.streams.definitions import read, silocompro

NOON_MS = 1_709_290_800_000


def sample(
    topic: str, documents: list[dict[str, Any]], keys: list[bytes | None] | None = None
) -> TopicSample:
    keys = keys or [None] * len(documents)
    records = [
        Sampled(key, NOON_MS + 1000 * n, one)
        for n, (key, one) in enumerate(zip(keys, documents, strict=True))
    ]
    return TopicSample(topic, "json", records)


def shop(count: int = 200) -> tuple[list[bytes], list[bytes]]:
    rng = np.random.default_rng(3)
    features = (rng.random((count, len(FEATURES))) < 0.2).astype(np.uint8)
    features[:, 0] = rng.integers(18, 80, count)
    features[:, 2] = 1 - features[:, 1]
    uuids = (404_180 + rng.permutation(count)).tolist()
    return demographic_records(uuids, features), historic_records(uuids, features)


def payments(count: int = 120) -> list[dict[str, Any]]:
    rng = np.random.default_rng(4)
    return [
        {
            "card": {"id": f"6f1e0a52-4f0b-4c57-9d2e-{n:012x}", "kind": ["debit", "credit"][n % 2]},
            "paid_at": f"2024-03-01T11:{n // 60:02d}:{n % 60:02d}Z",
            "amount": float(rng.integers(1, 500)) / 4,
            "note": f"note {rng.integers(10**9)}",
            "country": None if n % 10 == 0 else "NO",
            "born": "1970-01-01",
            "basket": [{"unit price": 1}] * (n % 3),
            "foreign": n % 3 == 0,
            "odd.key": n % 7,
            "mixed": "x" if n == 5 else n,
        }
        for n in range(count)
    ]


def both(stream: Stream, text: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What two definitions say of the shop's records, features in the order of the first."""
    inferred = read(text)
    said = []
    for one in (stream, inferred):
        values: list[tuple[Any, ...]] = []
        for side, records in zip(one.sides, shop(), strict=True):
            reader = RecordReader(side)
            for record in records:
                found = reader.read(None, record, Counter())
                by_name = dict(zip(side.feature_names, found.values, strict=True))
                values.append((found.id, [by_name.get(name) for name in FEATURES]))
        said.append(values)
    return said[0], said[1]


@pytest.mark.parametrize("model", [None, "cross_selling"])
def test_the_shops_topics_are_read_as_the_shipped_definition_reads_them(model: str | None) -> None:
    samples = [
        sample(topic, [json.loads(one) for one in records])
        for topic, records in zip(silocompro().topics, shop(), strict=True)
    ]
    offer = None if model is None else load(model_named(model)).offer
    text = write(infer(samples, offer))
    shipped, inferred = both(silocompro(), text)
    assert shipped == inferred
    stream = read(text)
    assert (stream.answer, stream.topics) == (silocompro().answer, silocompro().topics)
    assert "names: [cat0..cat99, u0..u9], each: product" in text
    assert "man: {type: flag, opposite: woman}" in text


def test_records_of_every_kind_are_drafted_with_what_was_seen() -> None:
    text = write(infer([sample("topic_payment", payments())]))
    stream = read(text)
    (side,) = stream.sides
    assert (side.name, side.id) == ("payment", IdSource("uuid", parse_path("card.id")))
    types = {one.name: (one.type, one.missing is None) for one in side.features}
    assert types == {
        "kind": ("text", False),
        "amount": ("number", False),
        "country": ("text", True),
        "born": ("date", False),
        "foreign": ("boolean", False),
        "odd.key": ("number", False),
        "mixed": ("number", False),
    }
    assert "country: {type: text, missing: null}   # always NO; missing in 10.0 %, null in 10.0 %" in text
    assert "# or time: {path: paid_at, unit: iso}: Kafka's timestamp is 0 s later" in text
    assert "# note: {type: text}   # left out: nearly every value differs" in text
    assert (
        '# "unit price": {path: "basket[0].\\"unit price\\"", type: number, missing: null}   # left out: of the first'
        in text
    )
    assert "in a list of up to 2; [1] is the second, [-1] the last; always 1; missing in 33.3 %" in text
    assert "ALSO text in 0.8 %: those records will be invalid" in text
    assert "path: '" not in text


def test_ids_are_the_fields_that_topics_share_not_those_that_only_differ() -> None:
    one = [{"order": n, "client": f"c{n % 80}"} for n in range(120)]
    other = [{"client_ref": f"c{n % 80}", "row": 10_000 + n} for n in range(100)]
    found = infer([sample("orders", one), sample("clients", other)])
    assert [str(side.id) for side in found.sides] == ["client", "client_ref"]
    assert found.ids is not None
    assert found.ids.common == 80


def test_an_id_in_the_key_is_found_where_no_field_has_it() -> None:
    documents = [{"amount": n % 5} for n in range(30)]
    keys: list[bytes | None] = [b"client-%d" % n for n in range(30)]
    (side,) = read(write(infer([sample("paid", documents, keys)]))).sides
    assert side.id == IdSource("text", None)


def test_keys_that_are_bytes_of_integers_are_no_texts() -> None:
    documents = [{"amount": n % 5} for n in range(30)]
    keys: list[bytes | None] = [n.to_bytes(8, "big", signed=True) for n in range(-1, 29)]
    (side,) = read(write(infer([sample("paid", documents, keys)]))).sides
    assert side.id == IdSource("integer", None, "big-endian")


@pytest.mark.parametrize(
    ("keys", "form", "kind"),
    [
        ([b"\0\0\0\0\x07\x08c%03d" % n for n in range(30)], "avro", "text"),
        ([b"\0\0\0\1\5" + bytes([2 * n | 0x80, 0xAA, n]) for n in range(1, 31)], "avro", "integer"),
        ([b'\0\0\0\0\x07"%03d"' % n for n in range(30)], "json", "text"),
        ([b'{"id": %d}' % n for n in range(30)], "json", "integer"),
    ],
)
def test_keys_behind_the_id_of_a_schema_and_in_json_are_found(
    keys: list[bytes | None], form: Any, kind: Any
) -> None:
    text = write(infer([sample("paid", [{"amount": n % 5} for n in range(30)], keys)]))
    assert read(text).sides[0].id == IdSource(kind, None, form)


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ("text", lambda n: f"c{n}".encode()),
        ("big-endian", lambda n: (n - 30).to_bytes(8, "big", signed=True)),
        ("json", lambda n: json.dumps({"id": f"c{n}"}).encode()),
        ("avro", lambda n: b"\0\0\0\0\7" + bytes([2 * len(f"c{n}")]) + f"c{n}".encode()),
    ],
)
def test_a_few_faulty_records_hide_neither_the_id_nor_the_event_time(form: KeyForm, key: Any) -> None:
    keys = [key(n) for n in range(60)]
    documents = [{"at": 1_709_290_800 + n, "card": f"k{n}"} for n in range(60)]
    keys[7], keys[8] = None, None if form == "text" else b"abc"
    documents[9], documents[10] = {"at": None, "card": None}, {}
    in_keys = infer([sample("a", [{"at": one.get("at")} for one in documents], keys)])
    assert in_keys.sides[0].id is not None
    assert (in_keys.sides[0].id.path, in_keys.sides[0].id.key_form) == (None, form)
    assert "# MISSING in 3.3 % of the records" in write(in_keys)
    assert "{path: at, unit: s}" in write(in_keys)
    in_fields = infer([sample("a", documents), sample("b", documents)])
    assert [str(side.id) for side in in_fields.sides] == ["card", "card"]


def test_an_id_that_tells_few_records_apart_is_no_silent_guess() -> None:
    keys: list[bytes | None] = [b'{"id": %d, "shop": 1}' % n for n in range(30)]
    text = write(infer([sample("paid", [{"amount": n % 5} for n in range(30)], keys)]))
    assert "# FEW: 5 ids in 30 records." in text


def test_the_id_of_a_change_of_a_database_is_in_the_row_that_its_deletes_do_not_have() -> None:
    ops = [("c", "u", "u", "d")[n % 4] for n in range(40)]
    changes = [
        {"op": op, "before": None if op == "c" else {"id": n, "sum": 1.5}, "after": None if op == "d" else {"id": n, "sum": 2}}
        for n, op in enumerate(ops)
    ]  # fmt: skip
    text = write(infer([sample("cdc.accounts", changes)]))
    assert read(text).sides[0].id == IdSource("integer", parse_path("after.id"))
    assert "# MISSING in 25.0 % of the records, which will be invalid." in text
    assert "# or before.id, integer: 75 %" in text
    paid = [{"account": n, "amount": n % 7} for n in range(40)]
    both = infer([sample("cdc.accounts", changes), sample("paid", paid)])
    assert both.apart_s is not None


def test_three_topics_are_three_sides() -> None:
    topics = [
        sample(f"t{number}", [{"id": n, f"x{number}": n % 3} for n in range(40)]) for number in range(3)
    ]
    stream = read(write(infer(topics)))
    assert [str(side.id.path) for side in stream.sides] == ["id"] * 3
    assert stream.feature_names == ("x0", "x1", "x2")


def test_a_model_chooses_the_features_and_is_mapped_where_names_differ() -> None:
    asked = ("amount", "KIND", "odd_key", "limit")
    model = ModelOffer(tuple(ModelInput(name, "double") for name in asked), "classification", ("a", "b", "c"))
    text = write(infer([sample("topic_payment", payments())], model))
    stream = read(text)
    assert set(stream.feature_names) == {"amount", "kind", "odd.key"}
    assert stream.inputs == {"KIND": "kind", "odd_key": "odd.key"}
    assert stream.decision == "class"
    assert "# NOT PROVIDED: the model asks for limit (double), and no field" in text
    assert "left out: the model does not ask for it" in text
    assert fit_model(stream, model).unused == ()


def test_a_model_may_ask_for_what_is_in_a_list() -> None:
    documents = [
        {"client": f"c{n}", "basket": [{"price": n % 5, "size": [n % 3]}] * (n % 2), "none": []}
        for n in range(60)
    ]
    offer = ModelOffer((ModelInput("price", "double"), ModelInput("size", "double")), "regression")
    text = write(infer([sample("paid", documents)], offer))
    (side,) = read(text).sides
    assert {one.name: (str(one.path), one.missing) for one in side.features} == {
        "price": ("basket[0].price", None),
        "size": ("basket[0].size[0]", None),
    }
    assert "# none: {type: number}   # left out: a list that is always empty; list" in text


def test_numbers_are_shown_whole_and_those_that_no_float_holds_are_named() -> None:
    documents = [
        {"client": f"c{n}", "since": 1_700_000_000 + n % 9, "card": 2**53 + n % 7} for n in range(60)
    ]
    text = write(infer([sample("paid", documents)]))
    assert "since: {type: number}   # 1700000000 to 1700000008, whole numbers" in text
    assert "LARGE: a model gets 16 digits of them" in text


def test_of_fields_of_one_name_a_model_means_the_one_whose_values_it_knows() -> None:
    bought = [{"id": n, "kind": ["fuel", "food"][n % 2]} for n in range(40)]
    cards = [{"id": n, "kind": ["debit", "credit"][n % 2], "home": ["NO", "SE"][n % 2]} for n in range(40)]
    samples = [sample("paid", bought), sample("cards", cards)]
    asked = (
        ModelInput("kind", "string", ("debit", "credit")),
        ModelInput("country", "string", ("NO", "SE", "DK")),
    )
    found = infer(samples, ModelOffer(asked, "regression"))
    assert found.inputs == {"kind": "cards_kind"}
    assert found.unprovided == ("country (string), its values are those of: home",)
    assert fit_model(read(write(found)), ModelOffer(asked[:1], "regression")).problems == ()


def test_times_and_dates_are_no_candidates_for_the_id() -> None:
    (side,) = infer([sample("topic_payment", payments())]).sides
    assert [str(one) for one in side.other_ids] == ["note"]


def test_a_field_that_is_called_an_id_is_one_even_where_it_could_be_a_time() -> None:
    seconds = NOON_MS // 1000
    documents = [{"paidAt": seconds + n, "clientId": seconds + 2 * n} for n in range(40)]
    (side,) = infer([sample("paid", documents)]).sides
    assert str(side.id) == "clientId"
    assert side.other_ids == ()


def test_names_that_two_topics_have_are_told_apart() -> None:
    topics = [
        sample(f"{name}_log", [{"id": n, "amount": n % 9} for n in range(40)]) for name in ("paid", "sent")
    ]
    stream = read(write(infer(topics)))
    assert stream.feature_names == ("amount", "sent_log_amount")


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["cat1", "cat0", "cat2", "x"], ["cat0..cat2", "x"]),
        (["m08", "m09", "m10"], ["m08", "m09", "m10"]),
        (["a1", "a2", "b3"], ["a1", "a2", "b3"]),
        (["9", "10", "11"], ["9..11"]),
    ],
)
def test_runs_of_numbered_names_are_written_as_ranges(names: list[str], written: list[str]) -> None:
    assert ranges(names) == written


@pytest.mark.parametrize(
    ("text", "written"), [("NO", '"NO"'), ("12", '"12"'), ("a: b", '"a: b"'), ("cat0", "cat0")]
)
def test_texts_that_yaml_takes_for_something_else_are_quoted(text: str, written: str) -> None:
    assert quoted(text) == written


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=4) | st.just("2024-03-01"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
documents = st.dictionaries(st.text(max_size=4) | st.sampled_from(["id", "a", "on"]), values, max_size=5)


@given(st.lists(st.lists(documents, max_size=4), min_size=1, max_size=3))
@examples(150)
def test_whatever_topics_hold_the_draft_is_a_definition_that_reads_it(
    topics: list[list[dict[str, Any]]],
) -> None:
    found: Draft = infer([sample(f"topic_{n}", records) for n, records in enumerate(topics)])
    try:
        stream = read(write(found))
    except DefinitionError as error:
        assert "without features" in str(error) or "features: null" in str(error)  # noqa: PT017
        return
    for side, records in zip(stream.sides, topics, strict=True):
        drafted = next(one for one in found.sides if one.name == side.name)
        mixed = any(len(one.observed.kinds) > 1 for one in drafted.features)
        whole = drafted.id is not None and not drafted.id.without
        for record in records if whole and not mixed else ():
            RecordReader(side).read_document(None, record, Counter())
