"""CatBoost's own files, whose default children are not those that CatBoost takes.

Whether a missing value counts as the smallest or as the greatest is a setting of each feature: every node that tests a
field sends missing values to the same side. The file names default children only at nodes that lie behind a test that
was true, and there the side of the field of that test, not of the field that the node's children test. So what the file
says is read as a field's side, and every node is given the default child of the field that it tests. A field whose side
the file does not tell has none: rows in which it is missing have no prediction, and say so.
"""

from collections.abc import Iterator

from liftstream.scoring.xml.element import Element


def give_default_children(root: Element) -> None:
    """Puts the default children right."""
    sides: dict[str, int] = {}
    nodes = [node for node in root.walk() if node.tag == "Node"]
    for node in nodes:
        sides.update(_said(node))
    for node in nodes:
        children = node.all("Node")
        field = _tested(children[0]) if len(children) == 2 else None
        if field is None:
            continue
        rest = {name: value for name, value in node.attributes.items() if name != "defaultChild"}
        node.attributes = (
            rest | {"defaultChild": children[sides[field]].need("id")} if field in sides else rest
        )


def _tested(node: Element) -> str | None:
    """The field of a node's own test."""
    test = node.first("SimplePredicate")
    return None if test is None else test.get("field")


def _said(node: Element) -> Iterator[tuple[str, int]]:
    """The field of a node's own test, and the side on which its default child stands."""
    ids = [child.get("id") for child in node.all("Node")]
    field, default = _tested(node), node.get("defaultChild")
    if field is not None and default in ids:
        yield field, ids.index(default)
