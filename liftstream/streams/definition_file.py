"""Reads a stream definition from its file, and reports all errors at once with file, line and what is accepted."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Final, Literal

from liftstream.contracts.errors import InputError
from liftstream.streams.definition import (
    ANSWER_SOURCES,
    DECISION_RULES,
    FORMATS,
    ID_TYPES,
    KEY_FORMS,
    OF_NAMED,
    TIME_UNITS,
    Answer,
    AnswerField,
    AnswerSource,
    DecisionRule,
    IdSource,
    IdType,
    KeyForm,
    SideDefinition,
    Stream,
    TimeSource,
)
from liftstream.streams.feature_section import check_name, read_features, read_path
from liftstream.streams.yaml_nodes import DefinitionError, Node, compose, nearest

__all__ = ["DefinitionError", "read_definition", "read_definition_file"]

SHORTEST_WINDOW_S: Final = 0.001
LONGEST_WINDOW_S: Final = 86_400.0
MOST_SIDES: Final = 16
MOST_ANSWER_FIELDS: Final = 200
SIDE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
REFERENCE: Final = re.compile(r"\$\{(\w+)\}")
OF: Final = re.compile(r"(probability|output)\((.+)\)", re.DOTALL)
WINDOW: Final = "PIPELINE__JOIN_WINDOW_S"
KEY_WORDS: Final[tuple[Literal["true"] | KeyForm, ...]] = ("true", *KEY_FORMS[1:])
"""What a definition says of a key; true: it is text."""
PREDICTION: Final = "KAFKA__TOPIC_PREDICTION"


def read_definition_file(file: FilePath, settings: Mapping[str, str]) -> Stream:
    """The stream that a file defines; see `read_definition`.

    Raises:
        InputError: the file cannot be read.
        DefinitionError: it has faults.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{file}: the stream definition cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DefinitionError(f"{file}:1: not text in UTF-8") from None
    return read_definition(text, str(file), settings)


def read_definition(text: str, file: str, settings: Mapping[str, str]) -> Stream:
    """The stream that a text defines.

    Args:
        text: YAML.
        file: what messages call it.
        settings: what `${NAME}` may stand for: topics and the window, with values as text. PIPELINE__JOIN_WINDOW_S and
            KAFKA__TOPIC_PREDICTION are among them, as a definition may leave them out.

    Raises:
        DefinitionError: it has faults; the message has a line for each.
    """
    top = compose(text, file)
    found = top.section(
        ("name", "window_s", "sides", "model", "decision", "answer"), required=("name", "sides", "answer")
    )
    name = found["name"].text() if "name" in found else ""
    sides = _read_sides(found["sides"], settings) if "sides" in found else ()
    decision = found["decision"].word(DECISION_RULES) if "decision" in found else "threshold"
    window_s = _read_window(found["window_s"], settings) if "window_s" in found else float(settings[WINDOW])
    inputs = _read_inputs(found["model"], sides) if "model" in found else {}
    answer = Answer("", True, ())
    if "answer" in found:
        answer = _read_answer(found["answer"], decision, settings)
        if answer.topic and answer.topic in [side.topic for side in sides]:
            found["answer"].fault(f"the topic {answer.topic} is that of a side; answers have their own")
    top.faults.raise_any()
    return Stream(name, sides, window_s, inputs, decision, answer, file)


def _read_sides(node: Node, settings: Mapping[str, str]) -> tuple[SideDefinition, ...]:
    sides, nodes = [], []
    for name, one in node.entries():
        if not SIDE_NAME.fullmatch(name):
            one.fault("no name of a side; letters, digits, _ and - are accepted, a letter first")
        sides.append(_read_side(name, one, settings))
        nodes.append(one)
    if not 1 <= len(sides) <= MOST_SIDES and node.is_mapping:
        node.fault(f"{len(sides)} sides; 1 to {MOST_SIDES} are accepted")
    _check_topics(sides, nodes)
    if not node.faults.said:  # a type that is not accepted is no other type
        _check_ids(sides, nodes)
    _check_names(sides, nodes)
    return tuple(sides)


def _read_side(name: str, node: Node, settings: Mapping[str, str]) -> SideDefinition:
    keys = ("topic", "format", "id", "time", "features")
    found = node.section(keys, required=("topic", "id", "features"))
    features, groups = read_features(found["features"]) if "features" in found else ((), ())
    return SideDefinition(
        name,
        _read_topic(found["topic"], settings) if "topic" in found else "",
        found["format"].word(FORMATS) if "format" in found else "json",
        _read_id(found["id"]) if "id" in found else IdSource("integer", None),
        _read_time(found["time"]) if "time" in found else TimeSource(),
        features,
        groups,
    )


def _read_topic(node: Node, settings: Mapping[str, str]) -> str:
    text = _resolved(node, settings, "KAFKA__TOPIC_")
    if text and not is_topic_name(text):
        node.fault(f"{text[:60]!r} is no topic; up to 249 letters of A-Z a-z 0-9 . _ - are accepted")
    return text


def is_topic_name(text: str) -> bool:
    """Whether Kafka accepts it as a topic's name."""
    return TOPIC.fullmatch(text) is not None and text not in {".", ".."}


def _resolved(node: Node, settings: Mapping[str, str], prefix: str) -> str:
    """The text of a node, or the value of the setting that it names as `${NAME}`."""
    text = node.text()
    reference = REFERENCE.fullmatch(text)
    if reference is None:
        return text
    accepted = [name for name in settings if name.startswith(prefix)]
    if reference[1] not in accepted:
        near = nearest(reference[1], accepted)
        node.fault(f"{text} names no setting that is accepted here; those are {', '.join(accepted)}{near}")
        return ""
    return settings[reference[1]]


def _read_window(node: Node, settings: Mapping[str, str]) -> float:
    if node.is_scalar and REFERENCE.fullmatch(node.yaml.value):
        text = _resolved(node, settings, WINDOW)
        return float(text) if text else 0.0
    window_s = node.number()
    if window_s < SHORTEST_WINDOW_S or window_s > LONGEST_WINDOW_S:
        node.fault(f"{window_s:g} s is not accepted; {SHORTEST_WINDOW_S} to {LONGEST_WINDOW_S:,.0f} are")
    return window_s


def _read_id(node: Node) -> IdSource:
    found = node.section(("path", "key", "type"), required=("type",))
    kind = found["type"].word(ID_TYPES) if "type" in found else "integer"
    key_form = _read_key_form(found["key"], kind) if "key" in found else "text"
    if node.is_mapping and ("path" in found) == ("key" in found):
        node.fault("says where the id is: path: a.b, or key: true, one of both")
    return IdSource(kind, read_path(found["path"]) if "path" in found else None, key_form)


def _read_key_form(node: Node, kind: IdType) -> KeyForm:
    form = node.word(KEY_WORDS)
    if form == "true":
        return "text"
    if form == "big-endian" and kind != "integer":
        node.fault(f"{form} goes with type integer only, and this is a {kind}")
    return form


def _read_time(node: Node) -> TimeSource:
    if node.is_scalar:
        if node.yaml.value != "kafka":
            node.fault(f"{node.shown()} is not accepted; one of kafka, {{path: a.b, unit: ms}}")
        return TimeSource()
    found = node.section(("path", "unit"), required=("path", "unit"))
    unit = found["unit"].word(TIME_UNITS) if "unit" in found else "ms"
    return TimeSource(read_path(found["path"]) if "path" in found else None, unit)


def _check_topics(sides: list[SideDefinition], nodes: list[Node]) -> None:
    taken: dict[str, str] = {}
    for side, node in zip(sides, nodes, strict=True):
        if side.topic and side.topic in taken:
            node.fault(f"the topic {side.topic} is that of side {taken[side.topic]}; every side has its own")
        taken.setdefault(side.topic, side.name)


def _check_ids(sides: list[SideDefinition], nodes: list[Node]) -> None:
    for side, node in zip(sides, nodes, strict=True):
        if side.id.type != sides[0].id.type:
            node.fault(
                f"its id is of type {side.id.type}, that of side {sides[0].name} is {sides[0].id.type};"
                " sides are joined by ids of one type"
            )


def _check_names(sides: list[SideDefinition], nodes: list[Node]) -> None:
    """Faults for features that have the name of an earlier one."""
    taken: dict[str, str] = {}
    for side, node in zip(sides, nodes, strict=True):
        for name, times in Counter(side.feature_names).items():
            if name in taken or times > 1:
                where = taken.get(name, side.name)
                node.fault(f"the feature {name} is that of side {where} too; names are unique in a stream")
        taken |= dict.fromkeys(side.feature_names, side.name)


def _read_inputs(node: Node, sides: tuple[SideDefinition, ...]) -> dict[str, str]:
    names = [name for side in sides for name in side.feature_names]
    inputs = {}
    for field, one in node.entries():
        check_name(field, one)
        inputs[field] = one.text()
        if inputs[field] and inputs[field] not in names:
            near = nearest(inputs[field], names)
            one.fault(
                f"{inputs[field]!r} is no feature of a side; write the model's field: the feature{near}"
            )
    return inputs


def _read_answer(node: Node, decision: DecisionRule, settings: Mapping[str, str]) -> Answer:
    found = node.section(("topic", "key", "fields"), required=("fields",))
    topic = _read_topic(found["topic"], settings) if "topic" in found else settings[PREDICTION]
    keyed = (found["key"].word(("id", "none")) if "key" in found else "id") == "id"
    fields = _read_answer_fields(found["fields"]) if "fields" in found else ()
    answer = Answer(topic, keyed, fields)
    if "fields" in found and found["fields"].is_mapping:
        if not keyed and not answer.asks_for("id"):
            found["fields"].fault(
                "no field holds the id, and the key does not either, so records cannot be joined"
            )
        if decision == "none" and answer.asks_for("decision"):
            found["fields"].fault("a field says the decision, and decision is none; take score, or decide")
    return answer


def _read_answer_fields(node: Node) -> tuple[AnswerField, ...]:
    fields = tuple(_read_answer_field(name, one) for name, one in node.entries())
    if not 1 <= len(fields) <= MOST_ANSWER_FIELDS and node.is_mapping:
        node.fault(f"{len(fields)} fields; 1 to {MOST_ANSWER_FIELDS} are accepted")
    return fields


def _read_answer_field(name: str, node: Node) -> AnswerField:
    plain: list[AnswerSource] = [source for source in ANSWER_SOURCES if source not in OF_NAMED]
    text = node.yaml.value if node.is_scalar else ""
    of = OF.fullmatch(text)
    if of is not None:
        source: AnswerSource = "probability" if of[1] == "probability" else "output"
        return AnswerField(name, source, of[2])
    for source in plain:
        if source == text:
            return AnswerField(name, source)
    near = nearest(text, [*plain, *OF_NAMED])
    node.fault(
        f"{node.shown()} is not accepted; one of {', '.join(plain)}, probability(CLASS), output(NAME){near}"
    )
    return AnswerField(name, "id")
