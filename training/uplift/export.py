"""The tree as PMML: a regression tree whose prediction is the uplift, that any PMML engine scores."""

from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from training.uplift.features import Column, Field
from training.uplift.tree.tree import LEAF, Tree

VERSION: Final = "4.4"
TARGET: Final = "uplift"
NAMESPACE: Final = "http://www.dmg.org/PMML-4_4"
NO_TEXT: Final = "\N{REPLACEMENT CHARACTER}"
"""A missing text; no file holds it, so it equals nothing."""


def export_tree(tree: Tree, fields: Sequence[Field], columns: Sequence[Column], about: str) -> bytes:
    """The document; the same tree gives the same bytes.

    A missing number goes to the child where missing ones went in training, or the larger one; a text that was never
    seen, or is missing, equals none of the texts.

    Args:
        columns: of the matrix on which the tree was grown.
        about: for the header.
    """
    asked = asked_fields(tree, fields, columns)
    target = target_of(asked)
    root = Element("PMML", {"xmlns": NAMESPACE, "version": VERSION})
    header = SubElement(root, "Header", {"description": about})
    SubElement(header, "Application", {"name": "liftstream"})
    _dictionary(root, asked, target)
    model = SubElement(
        root,
        "TreeModel",
        {
            "modelName": "uplift",
            "functionName": "regression",
            "missingValueStrategy": "defaultChild",
            "splitCharacteristic": "binarySplit",
        },
    )
    schema = SubElement(model, "MiningSchema")
    SubElement(schema, "MiningField", {"name": target, "usageType": "target"})
    for field in asked:
        SubElement(schema, "MiningField", {"name": field.name, **_treatment(field)})
    _node(model, tree, 0, dict(enumerate(columns)), {})
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written + b"\n"


def asked_fields(tree: Tree, fields: Sequence[Field], columns: Sequence[Column]) -> list[Field]:
    """The fields that the tree's tests ask for."""
    used = {columns[column].field for column in tree.column[tree.column != LEAF].tolist()}
    return [field for field in fields if field.name in used]


def target_of(fields: Sequence[Field]) -> str:
    """The name of the prediction: `uplift`, or another one if a field has that name."""
    taken = {field.name for field in fields}
    return next(
        name for name in (TARGET, *(f"{TARGET}_{n}" for n in range(2, len(taken) + 3))) if name not in taken
    )


def _dictionary(root: Element, fields: Sequence[Field], target: str) -> None:
    dictionary = SubElement(root, "DataDictionary", {"numberOfFields": str(len(fields) + 1)})
    SubElement(dictionary, "DataField", {"name": target, "optype": "continuous", "dataType": "double"})
    for field in fields:
        kind = ("categorical", "string") if field.values else ("continuous", "double")
        SubElement(dictionary, "DataField", {"name": field.name, "optype": kind[0], "dataType": kind[1]})


def _treatment(field: Field) -> dict[str, str]:
    """The treatment of missing values, if the default child is not what training did."""
    return {"missingValueReplacement": NO_TEXT} if field.values else {}


def _node(
    above: Element, tree: Tree, number: int, columns: Mapping[int, Column], test: dict[str, str]
) -> None:
    clients = int(tree.clients[number].sum())
    attributes = {"id": str(number), "score": repr(float(tree.uplift[number])), "recordCount": str(clients)}
    column = int(tree.column[number])
    left, right = int(tree.left[number]), int(tree.right[number])
    if column != LEAF:
        attributes["defaultChild"] = str(left if tree.missing_left[number] else right)
    node = SubElement(above, "Node", attributes)
    SubElement(node, *(("SimplePredicate", test) if test else ("True",)))
    if column == LEAF:
        return
    for child, goes_left in ((left, True), (right, False)):
        _node(node, tree, child, columns, _test(columns[column], float(tree.threshold[number]), goes_left))


def _test(column: Column, threshold: float, goes_left: bool) -> dict[str, str]:
    if column.value is not None:  # a 0/1 column: the left child has the other texts
        operator = "notEqual" if goes_left else "equal"
        return {"field": column.field, "operator": operator, "value": column.value}
    operator = "lessOrEqual" if goes_left else "greaterThan"
    return {"field": column.field, "operator": operator, "value": repr(threshold)}
