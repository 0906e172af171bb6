"""Stream definitions: what a file says, and every fault of it by line with what is accepted."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.errors import InputError
from liftstream.contracts.features import AGE_MAX, AGE_MIN, FEATURES, PRODUCTS
from liftstream.contracts.settings import load_settings
from liftstream.streams.definition import (
    ANSWER_SOURCES,
    DECISION_RULES,
    FEATURE_TYPES,
    FORMATS,
    ID_TYPES,
    REQUIRED,
    TIME_UNITS,
    AnswerField,
    Feature,
    IdSource,
    TimeSource,
)
from liftstream.streams.definition_file import read_definition_file
from liftstream.streams.feature_section import COMMON, OF_GROUPS, OF_TYPES
from liftstream.streams.loading import load_stream, references
from liftstream.streams.paths import parse_path
from liftstream.streams.yaml_nodes import DefinitionError
from testbed.examples import examples
from tests.streams.definitions import CARD, read


def faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read(text)
    return str(caught.value).split("\n")


def changed(old: str, new: str) -> str:
    assert old in CARD
    return CARD.replace(old, new, 1)


def test_the_shipped_definition_is_the_tasks_messages() -> None:
    stream = load_stream(load_settings(environment={}))
    demographic, historic = stream.sides
    assert stream.feature_names == FEATURES
    assert (stream.window_s, stream.decision, stream.inputs) == (3.0, "threshold", {})
    assert stream.topics == ("topic_demographic", "topic_historic")
    for side in stream.sides:
        assert (side.format, side.id, side.time) == (
            "json",
            IdSource("integer", parse_path("uuid")),
            TimeSource(),
        )
    age, man, woman = demographic.features
    assert (age.low, age.high, age.missing) == (AGE_MIN, AGE_MAX, REQUIRED)
    assert (man.type, man.opposite, woman.type, woman.opposite) == ("flag", "woman", "flag", None)
    (products,) = historic.groups
    assert (products.each, tuple(products.by_name)) == ("product", PRODUCTS)
    assert {(one.type, one.missing, one.nulls) for one in products.features} == {("number", 0.0, "invalid")}
    assert stream.answer.fields == (
        AnswerField("uuid", "id"),
        AnswerField("value", "decision"),
        AnswerField("token", "token"),
    )
    assert (stream.answer.topic, stream.answer.keyed) == ("topic_student_prediction", True)


def test_settings_name_the_topics_and_the_window_of_the_shipped_definition() -> None:
    stream = load_stream(
        load_settings(
            environment={}, overrides={"KAFKA__TOPIC_HISTORIC": "past", "PIPELINE__JOIN_WINDOW_S": "5.5"}
        )
    )
    assert (stream.topics, stream.window_s) == (("topic_demographic", "past"), 5.5)


def test_a_definition_of_ones_own_is_read_with_its_types_and_places() -> None:
    stream = read(CARD)
    payment, history = stream.sides
    assert (stream.name, stream.window_s, stream.decision, stream.id_type) == (
        "card-risk",
        60,
        "class",
        "uuid",
    )
    assert payment.features == (
        Feature("amount", parse_path("amount"), "number", low=0, high=100_000),
        Feature("country", parse_path("shop.country"), "text", missing="??"),
        Feature("channel", parse_path("channel"), "text", categories=("web", "shop", "no")),
        Feature("price0", parse_path("basket[0].price"), "number", missing=0.0),
        Feature("paid_on", parse_path("paid_on"), "date", missing=None),
        Feature("foreign", parse_path("foreign"), "boolean", missing=0.0),
    )
    assert (payment.id.path, payment.time) == (
        parse_path("card.id"),
        TimeSource(parse_path("paid_at"), "iso"),
    )
    assert (history.format, history.id.path, history.time) == ("avro", None, TimeSource())
    assert history.feature_names == ("seen", "m08", "m09", "m10", "older")
    assert history.features[1].path == parse_path("months.m08")
    assert (history.features[0].unit, history.groups[0].each) == ("ms", "feature")
    assert stream.inputs == {"AMOUNT": "amount"}
    assert stream.answer.fields[2:4] == (
        AnswerField("risk", "probability", "fraud"),
        AnswerField("reason", "output", "Reason Code"),
    )
    assert not stream.answer.keyed


def test_the_moment_of_a_missing_feature_is_written_as_those_of_records_are() -> None:
    text = changed("unit: ms, missing: null}", 'unit: iso, missing: "2024-03-01 01:30+02:00"}')
    assert read(text).sides[1].features[0].missing == "2024-02-29T23:30:00"


def test_a_window_that_was_set_wins_over_the_definitions(tmp_path: Path) -> None:
    file = tmp_path / "card.yaml"
    file.write_text(CARD)
    assert load_stream(load_settings(environment={}), file).window_s == 60
    set_to_2 = load_settings(environment={}, overrides={"PIPELINE__JOIN_WINDOW_S": "2"})
    assert load_stream(set_to_2, file).window_s == 2


FAULTS = [
    ("type: uuid}\n    time", "type: int}\n    time", 6, ["sides.payment.id.type: 'int' is not accepted; one of integer, text, uuid"]),
    ("window_s: 60", "window: 60", 2, ["window: unknown key", "did you mean window_s?"]),
    ("window_s: 60", "window_s: 0", 2, ["window_s: 0 s", "0.001 to 86,400"]),
    ("window_s: 60", "window_s: 0.0004", 2, ["window_s: 0.0004 s", "0.001 to 86,400"]),
    ("window_s: 60", "window_s: soon", 2, ["'soon'", "finite number"]),
    ("window_s: 60", "window_s: ${KAFKA__TOPIC_REVENUE}", 2, ["PIPELINE__JOIN_WINDOW_S"]),
    ("name: card-risk", "", 2, ["name missing"]),
    ("topic: topic_payment", "topic: ${KAFKA__TOPIC_HISTORI}", 5, ["did you mean KAFKA__TOPIC_HISTORIC?"]),
    ("topic: topic_payment", "topic: ${KAFKA__PASSWORD}", 5, ["no setting that is accepted here"]),
    ("topic: topic_payment", "topic: topic payment", 5, ["no topic", "249 letters"]),
    ("topic: topic_payment", "topic: [a]", 5, ["a list is not accepted; a text is"]),
    ("topic: topic_history", "topic: topic_payment", 15, ["is that of side payment"]),
    ("topic: topic_risk", "topic: topic_history", 24, ["is that of a side"]),
    ("    topic: topic_payment\n", "", 4, ["sides.payment: topic missing"]),
    ("format: avro", "format: avor", 17, ["json, avro, json-schema, protobuf; did you mean avro?"]),
    ("{key: true, type: uuid}", "{key: true, type: text}", 15, ["its id is of type text", "uuid"]),
    ("{key: true, type: uuid}", "{key: false, type: uuid}", 18, ["key: 'false' is not accepted; one of true, big-endian, avro, json"]),
    ("{key: true, type: uuid}", "{key: big-endian, type: uuid}", 18, ["goes with type integer only"]),
    ("{key: true, type: uuid}", "{type: uuid}", 18, ["path: a.b, or key: true"]),
    ("{key: true, type: uuid}", "{key: true, path: x, type: uuid}", 18, ["one of both"]),
    ("{path: card.id, type", "{path: card..id, type", 6, ["no path from letter 5", "a.b, a[0].b"]),
    ("unit: iso", "unit: minutes", 7, ["'minutes'", "s, ms, us, iso"]),
    ("{path: paid_at, unit: iso}", "{path: paid_at}", 7, ["unit missing"]),
    ("{path: paid_at, unit: iso}", "record", 7, ["'record' is not accepted; one of kafka"]),
    ("amount: {type: number, ", "amount: {typ: number, ", 9, ["unknown key", "did you mean type?"]),
    ("amount: {type: number, ", "amount: {type: float, ", 9, ["'float' is not accepted", "number, flag, boolean"]),
    ("range: [0, 100000]", "range: [9, 1]", 9, ["9 to 1 is empty"]),
    ("range: [0, 100000]", "range: [0]", 9, ["two numbers"]),
    ("range: [0, 100000]", "range: [0, much]", 9, ["range[1]: 'much'"]),
    ("range: [0, 100000]", "opposite: foreign", 9, ["goes with type flag only, and this is a number"]),
    ("range: [0, 100000]", "missing: none", 9, ["'none'", "finite number"]),
    ("foreign: {type: boolean, missing: false}", "foreign: {type: boolean, missing: 0}", 14, ["true or false"]),
    ("foreign: {type: boolean, missing: false}", "foreign: {type: flag, opposite: amount}", 14, ["no other flag"]),
    ("paid_on: {type: date, missing: null}", "paid_on: {type: date, missing: today}", 13, ["a date in ISO form"]),
    ("categories: [web, shop, no]", "categories: []", 11, ["without any"]),
    ("categories: [web, shop, no]", "range: [0, 1]", 11, ["type number only"]),
    ("channel: {", "amount: {", 11, ["sides.payment.features.amount: is there twice"]),
    ("seen: {", "amount: {", 15, ["the feature amount is that of side payment too"]),
    ("names: [m08..m10, older]", "names: [m10..m08]", 21, ["'m10..m08' has 0 names"]),
    ("names: [m08..m10, older]", "names: [m1..m999999]", 21, ["999,999 names"]),
    ("names: [m08..m10, older]", "names: [m1, m1]", 21, ["'m1' is there twice"]),
    ("names: [m08..m10, older]", "names: many", 21, ["a list of names"]),
    ("names: [m08..m10, older]", "names: []", 21, ["without any name"]),
    ("model: {AMOUNT: amount}", "model: {amount: AMOUNT}", 22, ["'AMOUNT' is no feature of a side"]),
    ("decision: class", "decision: clas", 23, ["threshold, class, none; did you mean class?"]),
    ("decision: class", "decision: none", 27, ["a field says the decision"]),
    ("card: id, ", "", 27, ["so records cannot be joined"]),
    ("card: id, ", "card: uuid, ", 27, ["'uuid' is not accepted; one of id, decision, score"]),
    ("{card: id, class: decision, risk: probability(fraud), reason: output(Reason Code), model: sha256}", "{}", 27, ["0 fields; 1 to 200"]),
    ("class: decision", "class: decison", 27, ["did you mean decision?"]),
    ("key: none", "key: uuid", 26, ["one of id, none"]),
    ("  payment:", "  pay ment:", 4, ["no name of a side"]),
    ("name: card-risk", "name: &a card-risk\nx: *a", 2, ["alias *a"]),
    ("name: card-risk", "name: [card", 2, ["not YAML"]),
    ("model: sha256}", 'model: "sha256}', 27, ["not YAML"]),
    ("    topic: topic_payment", "\ttopic: topic_payment", 5, ["a tab, where YAML wants spaces"]),
    ("name: card-risk", "name: " + "[" * 20 + "]" * 20, 1, ["more than 12 levels"]),
    ("name: card-risk", "name: card-risk\n---\na: b", 2, ["not YAML", "single document"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words"), FAULTS, ids=[new[:40] for _, new, _, _ in FAULTS])
def test_a_fault_is_named_by_file_and_line_with_what_is_accepted(
    old: str, new: str, line: int, words: list[str]
) -> None:
    said = faults(changed(old, new))
    assert [
        one for one in said if one.startswith(f"card.yaml:{line}: ") and all(word in one for word in words)
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "just words", "- a list", "sides: {}"])
def test_a_file_that_defines_nothing_is_refused(text: str) -> None:
    assert faults(text)[0].startswith("card.yaml:1: ")


def test_every_fault_is_said_at_once_in_the_order_of_lines() -> None:
    text = changed("type: uuid}\n    time", "type: int}\n    time")
    text = text.replace("format: avro", "format: avor").replace("key: none", "key: all")
    assert [one.split(":")[1] for one in faults(text)] == ["6", "17", "26"]


def test_a_file_that_is_missing_or_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such stream definition"):
        load_stream(load_settings(environment={}), tmp_path / "gone.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(DefinitionError, match="UTF-8"):
        read_definition_file(tmp_path / "bytes.yaml", references(load_settings(environment={})))


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
@examples(150)
def test_any_value_in_any_place_is_read_or_refused_by_line(data: st.DataObject) -> None:
    tree = yaml.safe_load(CARD)
    here = tree
    while True:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            break
        here = here[key]
    here[key] = data.draw(yaml_values)
    try:
        stream = read(yaml.safe_dump(tree, allow_unicode=True))
    except DefinitionError as error:
        said = str(error).split("\n")
    else:
        said = []
        assert len(set(stream.feature_names)) == len(stream.features) > 0
    assert all(re.match(r"card.yaml:( and)? ?\d+", line) for line in said)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@examples(150)
def test_any_text_is_refused_in_words(text: str) -> None:
    assert faults(text)


PAGE = (Path(__file__).parents[2] / "docs" / "streams.md").read_text()


def test_the_definition_on_the_page_is_accepted() -> None:
    example = re.search(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert example is not None
    stream = read(example[1])
    assert (len(stream.sides), len(stream.features)) == (2, 18)


def test_every_key_and_type_is_on_the_page() -> None:
    words = {
        *COMMON,
        *OF_TYPES,
        *OF_GROUPS,
        *FEATURE_TYPES,
        *ID_TYPES,
        *FORMATS,
        *DECISION_RULES,
        *TIME_UNITS,
    }
    words |= {
        "name",
        "window_s",
        "sides",
        "model",
        "decision",
        "answer",
        "topic",
        "format",
        "id",
        "time",
        "features",
    }
    words |= set(ANSWER_SOURCES) - {"probability", "output"} | {"probability(CLASS)", "output(NAME)"}
    assert {word for word in words if f"`{word}`" not in PAGE} == set()
