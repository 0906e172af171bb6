"""Broken models made of good ones: the tree of elements is changed in a few places, then written as XML again."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random

CASES = Path(__file__).parents[1] / "tests" / "scoring" / "cases"
VALUES = (
    "", "0", "1", "-1", "1e308", "-1e308", "1e-320", "NaN", "INF", "9" * 400, "x", "true", "None", "0.5", "2147483648",
    "\u0660", "a" * 1000, "regression", "classification", "double", "string", "integer", "categorical", "ordinal", "(a+)+$",
)  # fmt: skip
SMALL = 40_000


def read_originals() -> list[tuple[str, bytes]]:
    """The good models that are small enough to be changed quickly."""
    files = sorted(
        [*CASES.glob("dmg/*.pmml"), *CASES.glob("sklearn2pmml/*.pmml"), *CASES.glob("forms/*.pmml")]
    )
    return [(file.stem, file.read_bytes()) for file in files if file.stat().st_size < SMALL]


def mutate(document: bytes, random: Random) -> bytes:
    """The document with one to four changes."""
    root = ET.fromstring(document)  # noqa: S314  # our own files
    for _ in range(random.randint(1, 4)):
        elements = list(root.iter())
        random.choice(CHANGES)(root, random.choice(elements), elements, random)
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if namespace:
        ET.register_namespace("", namespace)
    return ET.tostring(root)


def _change_attribute(_root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    if at.attrib:
        at.set(random.choice(sorted(at.attrib)), random.choice(VALUES))


def _borrow_attribute(_root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    other = random.choice(elements)
    if other.attrib:
        name = random.choice(sorted(other.attrib))
        at.set(name, other.attrib[name])


def _drop_attribute(_root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    if at.attrib:
        del at.attrib[random.choice(sorted(at.attrib))]


def _drop_element(root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    if len(at):
        at.remove(random.choice(list(at)))


def _repeat_element(root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    if len(at):
        at.insert(random.randint(0, len(at)), deepcopy(random.choice(list(at))))


def _move_element(root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    copy = deepcopy(random.choice(elements[1:] or elements))
    at.insert(random.randint(0, len(at)), copy)


def _rename_element(root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    at.tag = random.choice(elements).tag


def _change_text(root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    at.text = random.choice(VALUES)


def _swap_children(root: ET.Element, at: ET.Element, elements: list[ET.Element], random: Random) -> None:
    children = list(at)
    random.shuffle(children)
    for child in children:
        at.remove(child)
    at.extend(children)


Change = Callable[[ET.Element, ET.Element, list[ET.Element], Random], None]
CHANGES: tuple[Change, ...] = (
    _change_attribute,
    _change_attribute,
    _borrow_attribute,
    _drop_attribute,
    _drop_element,
    _repeat_element,
    _move_element,
    _rename_element,
    _change_text,
    _swap_children,
)
