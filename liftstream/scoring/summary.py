"""What a document says about its model, in the shape that people look at it: inputs, size, weights, a tree, layers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from liftstream.contracts.model_card import ModelCard
from liftstream.scoring.families.registry import FAMILIES, KINDS
from liftstream.scoring.fields.fields import MiningField
from liftstream.scoring.model import Model
from liftstream.scoring.xml.element import Element, PackedNodes, TreeElement

TEXTS_SHOWN: Final = 8
"""Of the values of a text input."""
CONDITIONS: Final = {
    "equal": "=",
    "notEqual": "≠",
    "lessThan": "<",
    "lessOrEqual": "≤",
    "greaterThan": ">",
    "greaterOrEqual": "≥",
    "isMissing": "is missing",
    "isNotMissing": "is not missing",
}


@dataclass(frozen=True)
class InputSummary:
    """A field that the model asks for."""

    name: str
    datatype: str
    accepted: str
    trained: str
    missing: str
    invalid: str


def describe_inputs(model: Model, card: ModelCard | None = None) -> list[InputSummary]:
    """The model's inputs, in its order, with the ranges that its card says it was trained on."""
    rules = {one.symbol.name: one.rule for one in model.document.inputs.given}
    seen = {} if card is None else {one.name: f"{one.low:g} to {one.high:g}" for one in card.features}
    if card is not None:
        seen |= {name: ", ".join(values[:TEXTS_SHOWN]) for name, values in card.texts.items()}
    return [_describe(rules[name], seen.get(name, "")) for name in model.inputs]


def _describe(rule: MiningField, trained: str) -> InputSummary:
    field = rule.field
    accepted = "any"
    if field.type.values:
        shown = ", ".join(field.type.values[:6])
        accepted = shown + (f" … {len(field.type.values)} values" if len(field.type.values) > 6 else "")
    elif field.ranges:
        accepted = ", ".join(f"{low:g} to {high:g}" for low, high in field.ranges[:3])
    missing = "stays missing" if rule.missing_replacement is None else f"becomes {rule.missing_replacement}"
    if rule.missing == "returnInvalid":
        missing = "row not scored"
    invalid = {
        "returnInvalid": "row not scored",
        "asIs": "kept",
        "asMissing": "taken as missing",
        "asValue": f"becomes {rule.invalid_replacement}",
    }[rule.invalid]
    return InputSummary(field.name, field.type.datatype, accepted, trained, missing, invalid)


def describe_size(model: Model) -> str:
    """What the model is made of: "300 trees, 2,100 nodes"."""
    elements = list(model.document.element.walk())
    counts = Counter(element.tag for element in elements)
    counts["Node"] += sum(len(packed) for packed in _packed(elements))
    counted = {tag: word for kind in KINDS for tag, word in kind.counted.items()}
    parts = [f"{counts[tag]:,} {word}" for tag, word in counted.items() if counts[tag] > (tag == "TreeModel")]
    return ", ".join(parts)


def _packed(elements: Iterable[Element]) -> list[PackedNodes]:
    """The trees among these whose nodes are no elements."""
    trees = (element.packed for element in elements if isinstance(element, TreeElement))
    return [packed for packed in trees if packed is not None]


def family_name(model: Model) -> str:
    """What people call the family."""
    return FAMILIES[model.document.element.tag].name


def read_weights(model: Model) -> list[tuple[str, float]]:
    """Terms of a linear model by the size of their coefficients, largest first; [] of any other model."""
    table = model.document.element.first("RegressionTable")
    if table is None:
        return []
    weights = [(_term_name(term), term.number("coefficient")) for term in table.children]
    return sorted(weights, key=lambda pair: -abs(pair[1]))


def _term_name(term: Element) -> str:
    if term.tag == "CategoricalPredictor":
        return f"{term.need('name')} = {term.need('value')}"
    if term.tag == "PredictorTerm":
        return " × ".join(ref.need("field") for ref in term.all("FieldRef"))
    exponent = term.number("exponent", 1.0)
    return term.need("name") if exponent == 1 else f"{term.need('name')} ^ {exponent:g}"


def count_uses(model: Model) -> list[tuple[str, int]]:
    """How often each field is asked for in the tests of trees and rules, most first."""
    elements = list(model.document.element.walk())
    tests = (e for e in elements if e.tag in ("SimplePredicate", "SimpleSetPredicate"))
    uses = Counter(test.attributes.get("field", "?") for test in tests)
    for packed in _packed(elements):
        uses.update(packed.fields_tested())
    return uses.most_common()


def find_tree(model: Model) -> Element | None:
    """The first tree's root node."""
    found: Iterator[Element] = (e for e in model.document.element.walk() if e.tag == "TreeModel")
    tree = next(found, None)
    if isinstance(tree, TreeElement) and tree.packed is not None:
        return tree.packed.unpack()
    return None if tree is None else tree.first("Node")


def read_condition(node: Element) -> str:
    """A node's predicate as people write it."""
    for child in node.children:
        if child.tag == "SimplePredicate":
            sign = CONDITIONS.get(child.get("operator") or "", "?")
            return f"{child.get('field')} {sign} {shorten(child.get('value') or '')}".strip()
        if child.tag == "SimpleSetPredicate":
            word = "in" if child.get("booleanOperator") == "isIn" else "not in"
            array = child.first("Array")
            return f"{child.get('field')} {word} {{{shorten(array.text if array else '')}}}"
        if child.tag == "CompoundPredicate":
            return f"{child.get('booleanOperator')} of {len(child.children)} conditions"
        if child.tag == "True":
            return "otherwise"
    return "?"


def shorten(text: str) -> str:
    """A value as a picture has room for it."""
    with suppress(ValueError):
        text = f"{float(text):.6g}"
    return text if len(text) <= 40 else text[:39] + "…"


def read_layers(model: Model) -> list[tuple[int, str]]:
    """(neurons, activation) of a network, the inputs first; [] of any other model."""
    element = model.document.element
    if element.tag != "NeuralNetwork":
        return []
    inputs = element.one("NeuralInputs").all("NeuralInput")
    layers: list[tuple[int, str]] = [(len(inputs), "inputs")]
    for layer in element.all("NeuralLayer"):
        kind = layer.get("activationFunction") or element.get("activationFunction") or ""
        method = layer.get("normalizationMethod") or element.get("normalizationMethod") or "none"
        layers.append((len(layer.all("Neuron")), kind if method == "none" else f"{kind}, {method}"))
    return layers


def to_document(model: Model) -> dict[str, Any]:
    """All of it for `--json`."""
    return {
        "file": str(model.path),
        "sha256": model.sha256,
        "engine": model.engine,
        "family": model.document.element.tag,
        "function": model.function,
        "size": describe_size(model),
        "target": model.target,
        "classes": list(model.classes),
        "inputs": [vars(one) for one in describe_inputs(model)],
        "outputs": list(model.output_names),
    }
