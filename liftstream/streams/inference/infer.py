"""Derives a first definition from records: sides, ids, features and groups, with comments on each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain, combinations, count
from typing import Final

from liftstream.contracts.model_inputs import ModelInput, ModelOffer
from liftstream.streams.definition import DecisionRule
from liftstream.streams.ids import Id, read_id, read_key
from liftstream.streams.inference.candidates import (
    ChosenIds,
    IdCandidate,
    TimeCandidate,
    choose_ids,
    id_candidates,
    time_candidates,
    value_at,
)
from liftstream.streams.inference.draft import Draft, DraftFeature, DraftSide, TopicSample
from liftstream.streams.inference.observed import FieldSeen, Sampled, observe
from liftstream.streams.paths import Path
from liftstream.streams.unreadable import Unreadable

FEWEST_OF_A_GROUP: Final = 12
"""Fewest numbers of one object that are declared together."""
FEWEST_FOR_IDS: Final = 50
"""Fewest records from which texts that differ are taken for ids."""
MOST_OF_AN_ID: Final = 0.9
"""Smallest share of different texts that are taken for ids."""
FLAG: Final = frozenset({0, 1})
MOST_FLAGS: Final = 100
"""Flags of a topic that are compared with each other."""
LEAST_KNOWN: Final = 0.9
"""Smallest share of a field's values that a model must know for the field to be shown as the one that is meant."""
NOT_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


def infer(samples: Sequence[TopicSample], model: ModelOffer | None = None) -> Draft:
    """Infers a first definition.

    Args:
        samples: of each topic, one of them at least; topics of which no record could be read have no features.
        model: that is to score it: only what it asks for becomes a feature.
    """
    observed = [observe([record.document for record in sample.records]) for sample in samples]
    candidates = [
        id_candidates(sample.records, seen) if sample.records else []
        for sample, seen in zip(samples, observed, strict=True)
    ]
    ids = choose_ids(candidates)
    names = _side_names([sample.topic for sample in samples])
    sides = []
    for number, (sample, seen) in enumerate(zip(samples, observed, strict=True)):
        chosen = ids.chosen[number] if ids else None
        times = time_candidates(sample.records, seen)
        features = tuple(_features(sample, seen, chosen, times))
        others = ids.others[number] if ids else ()
        sides.append(DraftSide(names[number], sample, chosen, others, tuple(times), features))
    named = _with_own_names(sides)
    inputs, unprovided = _match(named, model) if model else ({}, ())
    if model is not None:
        named = _only_needed(named, {inputs.get(one.name, one.name) for one in model.inputs})
    decision: DecisionRule = "class" if model is not None and len(model.classes) > 2 else "threshold"
    return Draft(tuple(named), ids, _apart_s(samples, ids), inputs, decision, unprovided, model)


def _side_names(topics: Sequence[str]) -> list[str]:
    """Names of sides: those of the topics without `topic_`, each once."""
    short = [topic.removeprefix("topic_").removeprefix("topic-").removeprefix("topic.") for topic in topics]
    names = []
    for number, name in enumerate(short):
        clean = NOT_A_NAME.sub("_", name).strip("_-") or f"side{number + 1}"
        clean = clean if clean[0].isalpha() else f"side_{clean}"
        names.append(clean[:60] if clean[:60] not in names else f"{clean[:50]}_{number + 1}")
    return names


def _features(
    sample: TopicSample,
    observed: Mapping[Path, FieldSeen],
    chosen: IdCandidate | None,
    times: Sequence[TimeCandidate],
) -> Iterator[DraftFeature]:
    """Features, groups, and what is left out with its reason, in the order of the records."""
    groups = {path: names for path in observed if (names := _group_names(path, observed))}
    time_paths = {one.path for one in times}
    flags = dict(_contraries(observed, sample.records))
    for path, one in observed.items():
        above = Path(path.steps[:-1]) if len(path.steps) > 1 else None
        if path in groups:
            kind = observed[path.then(groups[path][0])].feature_type()
            yield DraftFeature(
                one.name, path, kind, one, "false" if kind == "boolean" else "0", names=groups[path]
            )
        elif above in groups or (chosen is not None and path == chosen.path):
            continue
        elif one.list_above is not None and one.is_plain:
            yield _of_list(one, observed[one.list_above].longest)
        elif one.is_plain or not one.there or (one.kind == "list" and not one.longest):
            yield _feature(one, flags, is_time=path in time_paths)


def _of_list(one: FieldSeen, longest: int) -> DraftFeature:
    """A value of a list's first element, left out: people, or the model, decide whether it is a feature."""
    why_not = f"of the first in a list of up to {longest}; [1] is the second, [-1] the last"
    return DraftFeature(one.name, one.path, one.feature_type(), one, "null", why_not=why_not)


def _feature(one: FieldSeen, flags: Mapping[Path, Path | None], *, is_time: bool) -> DraftFeature:
    kind = one.feature_type()
    missing = "null" if one.missing_share > 0 else None
    found = DraftFeature(one.name, one.path, kind, one, missing)
    if not one.there:
        return replace(found, why_not="always null")
    if one.kind == "list":
        return replace(found, why_not="a list that is always empty")
    if is_time:
        return replace(found, why_not="it may be the event time")
    if kind == "text" and one.there >= FEWEST_FOR_IDS and one.distinct_share > MOST_OF_AN_ID:
        return replace(found, why_not="nearly every value differs, so it tells a model nothing")
    if one.path in flags:
        return replace(found, type="flag", opposite=flags[one.path])
    return found


def _group_names(path: Path, observed: Mapping[Path, FieldSeen]) -> tuple[str, ...]:
    """The keys of an object that are declared together: many features of one kind."""
    one = observed[path]
    if set(one.kinds) != {"object"} or one.there != one.records or one.list_above is not None:
        return ()
    below = [child for child in observed.values() if child.path.steps[:-1] == path.steps]
    kinds = {kind for child in below for kind in child.kinds}
    if len(below) < FEWEST_OF_A_GROUP or len(kinds) != 1 or not kinds <= {"number", "boolean"}:
        return ()
    names = tuple(str(child.path.steps[-1]) for child in below)
    return () if any(".." in name for name in names) else names


def _contraries(
    observed: Mapping[Path, FieldSeen], records: Sequence[Sampled]
) -> Iterator[tuple[Path, Path | None]]:
    """Pairs of flags of which always exactly one is 1: the first with the second, which decides, then the
    second alone."""
    flags = [
        one
        for one in observed.values()
        if set(one.kinds) == {"number"} and set(one.values) == FLAG and one.there == one.records
    ]
    taken: set[Path] = set()
    for first, second in ((one.path, other.path) for one, other in combinations(flags[:MOST_FLAGS], 2)):
        if first.steps[:-1] != second.steps[:-1] or taken & {first, second}:
            continue
        if all(first.find(one.document) + second.find(one.document) == 1 for one in records):
            taken |= {first, second}
            yield first, second
            yield second, None


def _with_own_names(sides: Sequence[DraftSide]) -> list[DraftSide]:
    """The sides with names of features that are unique in the stream."""
    taken: set[str] = set()
    found = []
    for side in sides:
        features = []
        for one in side.features:
            named = _with_own_name(one, side.name, taken)
            taken |= set(named.names or (named.name,))  # of those left out too: a model may ask for one
            features.append(named)
        found.append(replace(side, features=tuple(features)))
    return found


def _with_own_name(one: DraftFeature, side: str, taken: set[str]) -> DraftFeature:
    """The feature by its last key, else its path, else with its side before it; a group's names are its keys."""
    if one.names:
        both = taken & set(one.names)
        return replace(one, why_not=f"{min(both)} is the name of another feature too") if both else one
    path = "_".join(map(str, one.path.steps))
    numbered = (f"{side}_{path}_{number}" for number in count(2))
    names = chain((one.name, path, f"{side}_{path}"), numbered)
    return replace(one, name=next(name for name in names if name not in taken))


def _match(sides: Sequence[DraftSide], model: ModelOffer) -> tuple[dict[str, str], tuple[str, ...]]:
    """The features whose names differ from the model's inputs, by input, and the inputs that no topic has."""
    features = [one for side in sides for one in side.features]
    names = [name for one in features for name in (one.names or (one.name,))]
    alike = {_bare(name): name for name in reversed(names)}
    inputs, unprovided = {}, []
    for one in model.inputs:
        found = _of_several(one, features) or (one.name if one.name in names else alike.get(_bare(one.name)))
        if found is None:
            unprovided.append(_describe(one, names, features))
        elif found != one.name:
            inputs[one.name] = found
    return inputs, tuple(unprovided)


def _of_several(asked: ModelInput, features: Sequence[DraftFeature]) -> str | None:
    """The field with the name of an input whose values the model knows best; None unless there are several."""
    called = [one for one in features if not one.names and one.observed.name == asked.name]
    if len(called) < 2 or not asked.categories:
        return None
    return max(called, key=lambda one: _share_known(one, asked)).name


def _share_known(one: DraftFeature, asked: ModelInput) -> float:
    """The share of the values of a field that a model knows."""
    known = sum(times for value, times in one.observed.values.items() if str(value) in asked.categories)
    return known / max(1, one.observed.there)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _describe(asked: ModelInput, names: Sequence[str], features: Sequence[DraftFeature]) -> str:
    near = get_close_matches(asked.name, names, n=1, cutoff=0.6)
    fitting = [one.name for one in features if one.type == "text" and _share_known(one, asked) > LEAST_KNOWN]
    hints = [f"near it: {near[0]}"] if near else []
    hints += [f"its values are those of: {', '.join(fitting[:3])}"] if fitting else []
    return ", ".join([f"{asked.name} ({asked.datatype})", *hints])


def _only_needed(sides: Sequence[DraftSide], needed: set[str]) -> list[DraftSide]:
    """The sides with the features that a model asks for, flags with their contraries; others are left out.

    A side of which it asks for nothing stays as it is, since a side has features.
    """
    found = []
    for side in sides:
        name_at = {one.path: one.name for one in side.features}
        pairs = [{one.name, name_at[one.opposite]} for one in side.features if one.opposite is not None]
        own = needed.union(*(pair for pair in pairs if pair & needed))
        judged = tuple(_judge(one, own) for one in side.features)
        any_left = any(one.why_not is None for one in judged)
        found.append(replace(side, features=judged) if any_left else side)
    return found


def _judge(one: DraftFeature, needed: set[str]) -> DraftFeature:
    if needed & (set(one.names) or {one.name}):
        can_be = one.observed.is_plain or bool(one.names)
        return replace(one, why_not=None if can_be else one.why_not)
    return replace(one, why_not=one.why_not or "the model does not ask for it")


def _apart_s(samples: Sequence[TopicSample], ids: ChosenIds | None) -> float | None:
    """The 99th percentile of how far apart Kafka's timestamps are, over the ids that all topics have."""
    if ids is None or len(samples) < 2 or not ids.common:
        return None
    times = []
    for sample, chosen in zip(samples, ids.chosen, strict=True):
        found = [(_id_of(record, chosen), record.timestamp_ms) for record in sample.records]
        times.append({i: time_ms for i, time_ms in found if i is not None})
    common = set(times[0]).intersection(*times[1:])
    apart = sorted(max(one[i] for one in times) - min(one[i] for one in times) for i in common)
    return apart[int(0.99 * (len(apart) - 1))] / 1000 if apart else None


def _id_of(record: Sampled, chosen: IdCandidate) -> Id | None:
    try:
        if chosen.path is None:
            return read_key(record.key, chosen.type, chosen.key_form)
        return read_id(value_at(chosen.path, record.document), chosen.type, str(chosen.path))
    except Unreadable:
        return None
