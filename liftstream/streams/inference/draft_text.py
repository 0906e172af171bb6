"""A draft as the text of a definition's file, with comments that say what was seen."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from liftstream.streams.inference.candidates import LEAST_APART
from liftstream.streams.inference.draft import Draft, DraftFeature, DraftSide
from liftstream.streams.inference.observed import FieldSeen
from liftstream.streams.paths import Path

PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that YAML does not read as text."""
VALUES_SHOWN: Final = 8
LARGEST_SHOWN: Final = 1e12
LARGEST_WHOLE: Final = 2**53
"""Largest whole number up to which float64 holds every one."""
LONGEST_VALUE: Final = 24
NUMBERED: Final = re.compile(r"(.*?)(0|[1-9]\d{0,3})")
ENDING_IN_DIGITS: Final = re.compile(r"(.*?)(\d{1,9})", re.ASCII)
FEWEST_OF_A_RANGE: Final = 3


def write(draft: Draft) -> str:
    """The file's text; `definition_file.read_definition` reads it, unless a side has no id or no feature."""
    return "\n".join([*_head(draft), "sides:", *_sides(draft), *_tail(draft), ""])


def quoted(text: str) -> str:
    """A text as it is written in YAML."""
    plain = PLAIN.fullmatch(text) and text.lower() not in WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def ranges(names: Sequence[str]) -> list[str]:
    """Names, with runs of numbered ones as ranges.

    >>> ranges(["cat0", "cat1", "cat2", "u0", "x"])
    ['cat0..cat2', 'u0', 'x']
    """
    found: list[list[str]] = []
    for name in sorted(names, key=_by_number):
        run = found[-1] if found else []
        if run and _follows(run[-1], name):
            run.append(name)
        else:
            found.append([name])
    parts = ([f"{run[0]}..{run[-1]}"] if len(run) >= FEWEST_OF_A_RANGE else run for run in found)
    return [name for part in parts for name in part]


def _by_number(name: str) -> tuple[str, int]:
    match = ENDING_IN_DIGITS.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, -1)


def _follows(earlier: str, name: str) -> bool:
    one, other = NUMBERED.fullmatch(earlier), NUMBERED.fullmatch(name)
    return bool(one and other) and one[1] == other[1] and int(one[2]) + 1 == int(other[2])  # type: ignore[index]


def _head(draft: Draft) -> Iterator[str]:
    read = ", ".join(f"{len(side.sample.records)} records of {side.sample.topic}" for side in draft.sides)
    yield f"# A first definition, from {read}. Look at every comment, then: liftstream stream check FILE"
    yield "# docs/streams.md says what every key means."
    for one in draft.unprovided:
        yield f"# NOT PROVIDED: the model asks for {one}, and no field of the topics is called so."
    yield f"name: {quoted('-'.join(side.name for side in draft.sides)[:100])}"
    if len(draft.sides) > 1:
        yield from _window(draft)


def _window(draft: Draft) -> Iterator[str]:
    common = draft.ids.common if draft.ids else 0
    if draft.apart_s is None:
        yield f"# NOT KNOWN: of the records that were read {common} ids are in all topics."
    else:
        yield f"# Of {common} ids that all topics have, 99 % have Kafka timestamps at most {draft.apart_s:g} s apart."
    yield "window_s: ${PIPELINE__JOIN_WINDOW_S}"


def _sides(draft: Draft) -> Iterator[str]:
    for side in draft.sides:
        yield f"  {side.name}:"
        for reason, times in side.sample.unreadable.items():
            records = "1 record" if times == 1 else f"{times} records"
            yield f"    # {records} could not be read: {_one_line(reason)}"
        yield f"    topic: {quoted(side.sample.topic)}"
        yield f"    format: {side.sample.format}"
        yield from _id(side, draft)
        yield "    time: kafka"
        for time in side.times:
            word = "later" if time.behind_s >= 0 else "earlier"
            behind = f"Kafka's timestamp is {abs(time.behind_s):g} s {word}, at the median"
            yield f"    # or time: {{path: {quoted_path(time.path)}, unit: {time.unit}}}: {behind}"
        yield "    features:"
        yield from _features(side)


def _id(side: DraftSide, draft: Draft) -> Iterator[str]:
    if side.id is None:
        yield "    # NOT FOUND: no field, nor the key, is an id in nearly every record. Write where it is."
        yield "    id: {key: true, type: text}"
        return
    if side.id.without:
        share = side.id.without / side.id.records
        yield f"    # MISSING in {100 * share:.1f} % of the records, which will be invalid."
    if len(draft.sides) > 1:
        yield f"    # {100 * side.id.distinct_share:.0f} % of the records have one of their own; {draft.ids.common if draft.ids else 0} are in all topics."
    elif side.id.distinct_share <= LEAST_APART:
        yield f"    # FEW: {len(side.id.ids)} ids in {side.id.records} records. Write where the id is, if it is not this."
    for other in side.other_ids[:3]:
        yield f"    # or {other}, {other.type}: {100 * other.distinct_share:.0f} % of the records have one of their own"
    key = f"key: {'true' if side.id.key_form == 'text' else side.id.key_form}"
    where = key if side.id.path is None else f"path: {quoted_path(side.id.path)}"
    yield f"    id: {{{where}, type: {side.id.type}}}"


def _features(side: DraftSide) -> Iterator[str]:
    name_at = {one.path: one.name for one in side.features}
    for one in side.features:
        entry = _entry(one, name_at)
        if one.why_not is None:
            yield f"      {entry}   # {describe(one)}"
        else:
            yield f"      # {entry}   # left out: {_printable(one.why_not)}; {describe(one)}"
    if all(one.why_not is not None for one in side.features):
        yield "      # NO FEATURES: nothing of this topic can be one. Write some, or leave the side out."


def _entry(one: DraftFeature, name_at: dict[Path, str]) -> str:
    parts = []
    if one.path != Path((one.name,)):
        parts.append(f"path: {quoted_path(one.path)}")
    parts.append(f"type: {one.type}")
    if one.names:
        parts.append(f"names: [{', '.join(map(quoted, ranges(one.names)))}]")
        parts.append(f"each: {quoted(_one_of(one.name))}")
    if one.opposite is not None:
        parts.append(f"opposite: {quoted(name_at[one.opposite])}")
    if one.missing is not None:
        parts.append(f"missing: {one.missing}")
    return f"{quoted(one.name)}: {{{', '.join(parts)}}}"


def quoted_path(path: Path) -> str:
    """A path as it is written in YAML."""
    return quoted(str(path))


def _one_of(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 3 else name


def describe(one: DraftFeature) -> str:
    """What was seen of a feature, in one line."""
    seen = one.observed
    if one.names:
        return f"{len(one.names)} names; one that is not there is {one.missing}"
    parts = [_values(seen)] if seen.there else []
    if seen.missing_share:
        nulls = f", null in {_share(seen.nulls / seen.records)}" if seen.nulls else ""
        parts.append(f"missing in {_share(seen.missing_share)}{nulls}")
    others = [
        f"{kind} in {_share(times / seen.records)}" for kind, times in seen.kinds.items() if kind != seen.kind
    ]
    if others:
        parts.append(f"ALSO {', '.join(others)}: those records will be invalid")
    return "; ".join(parts) or "never there"


def _values(seen: FieldSeen) -> str:
    plain = [value for value, _ in seen.values.most_common() if not isinstance(value, bool)]
    if seen.kind == "number":
        whole = all(float(value).is_integer() for value in plain if not isinstance(value, str))
        if seen.low == seen.high:
            return f"always {_number(seen.low)}"
        told = f"{_number(seen.low)} to {_number(seen.high)}" + (", whole numbers" if whole else "")
        beyond = max(-seen.low, seen.high) > LARGEST_WHOLE
        return told + (
            "; LARGE: a model gets 16 digits of them, so read them as text where each counts"
            if beyond
            else ""
        )
    if seen.kind == "boolean":
        return f"true in {_share(seen.values[True] / max(1, seen.there))}"
    if seen.kind == "text":
        shown = ", ".join(_one_line(str(value)) or "the empty text" for value in plain[:VALUES_SHOWN])
        more = len(plain) - VALUES_SHOWN
        if len(plain) == 1:
            return f"always {shown}"
        return f"{len(plain)} values: {shown}" + (f" and {more} more" if more > 0 else "")
    return seen.kind


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _number(value: float) -> str:
    """A number; with all its digits if it is whole and not too large."""
    return str(int(value)) if float(value).is_integer() and abs(value) < LARGEST_SHOWN else f"{value:g}"


def _one_line(text: str) -> str:
    shown = _printable(text)
    return shown if len(shown) <= LONGEST_VALUE * 4 else shown[: LONGEST_VALUE * 4] + "…"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _tail(draft: Draft) -> Iterator[str]:
    if draft.inputs:
        yield "# The model's input: the feature, where the names differ."
        yield f"model: {{{', '.join(f'{quoted(one)}: {quoted(name)}' for one, name in draft.inputs.items())}}}"
    if draft.decision == "class" and draft.model is not None:
        yield f"# The model has the classes {', '.join(map(_one_line, draft.model.classes[:VALUES_SHOWN]))}."
    yield f"decision: {draft.decision}"
    yield "answer:"
    yield "  topic: ${KAFKA__TOPIC_PREDICTION}"
    yield "  key: id"
    path = draft.sides[0].id.path if draft.sides[0].id else None
    name = "id" if path is None else str(path.steps[-1])
    yield f"  fields: {{{quoted(name)}: id, value: decision, token: token}}"
