"""The `features` of a side: from nodes of the file to records, with errors by line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from liftstream.streams.definition import (
    FEATURE_TYPES,
    REQUIRED,
    TIME_UNITS,
    Feature,
    FeatureGroup,
    FeatureType,
    FeatureValue,
    Nulls,
    Required,
)
from liftstream.streams.moments import NoMoment, iso
from liftstream.streams.paths import Path, PathError, parse_path
from liftstream.streams.yaml_nodes import Node, nearest

MOST_FEATURES: Final = 5_000
"""Features of a side."""
LONGEST_NAME: Final = 200
NULLS: Final[tuple[Nulls, ...]] = ("missing", "invalid")
COMMON: Final = ("path", "type", "missing", "nulls")
OWN: Final[dict[FeatureType, tuple[str, ...]]] = {
    "number": ("range", "categories"),
    "flag": ("opposite",),
    "boolean": (),
    "text": ("categories",),
    "date": ("unit",),
    "time": (),
    "datetime": ("unit",),
}
"""Keys that only some types have."""
OF_GROUPS: Final = ("names", "each")
OF_TYPES: Final = tuple(dict.fromkeys(key for keys in OWN.values() for key in keys))
NUMBERED: Final = re.compile(r"(?P<stem>.*?)(?P<first>\d+)\.\.(?P=stem)(?P<last>\d+)")


def read_features(node: Node) -> tuple[tuple[Feature, ...], tuple[FeatureGroup, ...]]:
    """The features of a side in column order, and the groups among them."""
    features: list[Feature] = []
    groups: list[FeatureGroup] = []
    nodes: dict[str, Node] = {}
    for name, one in node.entries():
        if one.is_mapping and any(key == "names" for key, _ in one.entries()):
            group = _read_group(name, one)
            groups.append(group)
            features += group.features
        else:
            features.append(_read_feature(name, one))
        nodes[name] = one
    if not features and node.is_mapping:
        node.fault("without features; a side has at least one")
    if len(features) > MOST_FEATURES:
        node.fault(f"{len(features):,} features; a side has at most {MOST_FEATURES:,}")
    _check_opposites({one.name: one for one in features if one.group is None}, nodes)
    return tuple(features), tuple(groups)


def read_path(node: Node) -> Path:
    """The path that a node says; `?` after a fault."""
    text = node.text()
    try:
        return parse_path(text) if text else Path(("?",))
    except PathError as error:
        node.fault(f'{node.shown()}: {error}; a path is written like a.b, a[0].b or a."odd.key"')
        return Path(("?",))


def check_name(name: str, node: Node) -> None:
    """Notes a fault if a feature cannot have this name."""
    if len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        node.fault(f"{name[:60]!r} is no name; up to {LONGEST_NAME} letters that can be seen are")


def _read_feature(name: str, node: Node) -> Feature:
    check_name(name, node)
    found = _section(node, (*COMMON, *OF_TYPES), required=("type",))
    path = read_path(found["path"]) if "path" in found else Path((name,))
    feature = _typed(name, path, found)
    if "opposite" in found:
        if feature.missing is not REQUIRED:
            found["missing"].fault("does not go with opposite: one of both flags must be there")
        return replace(feature, opposite=found["opposite"].text())
    return feature


def _read_group(name: str, node: Node) -> FeatureGroup:
    check_name(name, node)
    found = _section(node, (*COMMON, *OF_GROUPS, *OF_TYPES), required=("type", "names"))
    if "opposite" in found:
        found["opposite"].fault("does not go with names")
    path = read_path(found["path"]) if "path" in found else Path((name,))
    each = found["each"].text() if "each" in found else "feature"
    like = _typed(name, path, found)
    names = list(_names(found["names"]))
    features = tuple(replace(like, name=one, path=path.then(one), group=name) for one in names)
    return FeatureGroup(name, path, each, features)


def _section(node: Node, accepted: Sequence[str], required: tuple[str, ...]) -> dict[str, Node]:
    """The keys of a feature; those that do not go with its type are faults and left out."""
    found = node.section(accepted, required)
    kind = _type(found, note=True)
    if kind is None:
        return found
    strange = set(found) - {*COMMON, *OF_GROUPS, *OWN[kind]}
    for key in sorted(strange):
        having = [one for one, keys in OWN.items() if key in keys]
        found[key].fault(f"goes with type {' or '.join(having)} only, and this is a {kind}")
    return {key: one for key, one in found.items() if key not in strange}


def _type(found: dict[str, Node], *, note: bool = False) -> FeatureType | None:
    """The feature's type, None if it has none; `note` reports that as a fault."""
    node = found.get("type")
    if node is None:
        return None
    if note:
        node.word(FEATURE_TYPES)
    written = node.yaml.value
    return next((one for one in FEATURE_TYPES if one == written), None)


def _typed(name: str, path: Path, found: dict[str, Node]) -> Feature:
    """The feature with the keys that every type may have, and range, categories and unit."""
    kind: FeatureType = _type(found) or "text"
    low, high = _range(found["range"]) if "range" in found else (None, None)
    categories: tuple[float | str, ...] = ()
    if "categories" in found:
        entries = found["categories"].items("categories")
        categories = tuple(one.number() if kind == "number" else one.text() for one in entries)
        if not entries:
            found["categories"].fault("without any; leave the key out where all are accepted")
    return Feature(
        name,
        path,
        kind,
        missing=_missing(found["missing"], kind) if "missing" in found else REQUIRED,
        nulls=found["nulls"].word(NULLS) if "nulls" in found else "missing",
        low=low,
        high=high,
        categories=categories,
        unit=found["unit"].word(TIME_UNITS) if "unit" in found else "iso",
    )


def _range(node: Node) -> tuple[float | None, float | None]:
    ends = node.items("numbers")
    if len(ends) != 2:
        node.fault("a range has two numbers, [low, high]")
        return None, None
    low, high = (None if end.is_null else end.number() for end in ends)
    if low is not None and high is not None and low > high:
        node.fault(f"{low:g} to {high:g} is empty; a range is [low, high], null where it has no end")
    return low, high


def _missing(node: Node, kind: FeatureType) -> FeatureValue | Required:
    """The value for a missing feature; a fault if it is not of the feature's type."""
    if node.is_null:
        return None
    if kind == "number":
        return node.number()
    if kind == "boolean":
        return float(node.truth())
    if kind == "flag":
        return float(node.word(("0", "1")))
    if kind == "text":
        return str(node.yaml.value) if node.is_scalar else node.text()
    text = node.text()
    try:
        return iso(text, kind)
    except NoMoment:
        if text:
            node.fault(f"{node.shown()} is not accepted; a {kind} in ISO form is, or null")
        return None


def _names(node: Node) -> Iterator[str]:
    """The names of a group, ranges like cat0..cat99 written out; each once."""
    seen: set[str] = set()
    for entry in node.items("names"):
        for name in _written_out(entry):
            check_name(name, entry)
            if name in seen:
                entry.fault(f"{name!r} is there twice")
            elif len(seen) > MOST_FEATURES:
                return
            else:
                seen.add(name)
                yield name
    if not seen and node.yaml.value == []:
        node.fault("without any name")


def _written_out(entry: Node) -> Iterator[str]:
    text = entry.text()
    numbered = NUMBERED.fullmatch(text)
    if numbered is None:
        if text:
            yield text
        return
    first, last = int(numbered["first"]), int(numbered["last"])
    if not first <= last < first + MOST_FEATURES:
        entry.fault(f"{text!r} has {max(0, last - first + 1):,} names; 1 to {MOST_FEATURES:,} are accepted")
        return
    width = len(numbered["first"]) if numbered["first"].startswith("0") else 1
    for number in range(first, last + 1):
        yield f"{numbered['stem']}{number:0{width}d}"


def _check_opposites(features: dict[str, Feature], nodes: dict[str, Node]) -> None:
    """Errors if the opposite of a flag is not a flag of the same side, or has an opposite itself."""
    flags = [one.name for one in features.values() if one.type == "flag"]
    for one in features.values():
        if one.opposite is None:
            continue
        other = features.get(one.opposite)
        node = next(child for key, child in nodes[one.name].entries() if key == "opposite")
        if other is None or other.type != "flag" or other is one:
            beside = [name for name in flags if name != one.name]
            near = nearest(one.opposite, beside)
            node.fault(
                f"{one.opposite!r} is no other flag of this side; there are {', '.join(beside) or 'none'}{near}"
            )
        elif other.opposite is not None or other.missing is not REQUIRED:
            node.fault(
                f"{other.name} has an opposite or a value for missing itself; only one of both is derived"
            )
        elif sum(flag.opposite == other.name for flag in features.values()) > 1:
            node.fault(f"{other.name} is the opposite of two flags; it can be that of one")
