"""A model as people look at it in a terminal: weights as bars, a small tree, the layers of a network."""

from dataclasses import astuple
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from liftstream.contracts.model_card import ModelCard
from liftstream.scoring.model import Model
from liftstream.scoring.summary import (
    count_uses,
    describe_inputs,
    find_tree,
    read_condition,
    read_layers,
    read_weights,
    shorten,
)
from liftstream.scoring.xml.element import Element

BAR_WIDTH = 30
MOST_BARS = 20
DEEPEST = 4
MOST_INPUTS = 25


def draw(model: Model, card: ModelCard | None, console: Console) -> None:
    """Prints the picture of the model and its inputs."""
    for part in (_weights(model), _layers(model), _uses(model), _tree(model)):
        if part is not None:
            console.print(part)
            console.print()
    console.print(inputs_table(model, card))


def _bar(value: float, largest: float) -> Text:
    length = max(1, round(abs(value) / largest * BAR_WIDTH)) if largest and value else 0
    return Text("█" * length, style="red" if value < 0 else "blue")


def _weights(model: Model) -> RenderableType | None:
    weights = read_weights(model)
    if not weights:
        return None
    table = Table(
        "term", "coefficient", "", box=None, pad_edge=False, title="Terms by weight", title_justify="left"
    )
    table.columns[1].justify = "right"
    largest = abs(weights[0][1])
    for name, weight in weights[:MOST_BARS]:
        table.add_row(name, f"{weight:+.4g}", _bar(weight, largest))
    return _with_rest(table, len(weights) - MOST_BARS, "terms with smaller weights")


def _with_rest(table: Table, rest: int, what: str) -> RenderableType:
    return table if rest <= 0 else Group(table, Text(f"and {rest:,} {what}", style="dim"))


def _uses(model: Model) -> RenderableType | None:
    uses = count_uses(model)
    if not uses:
        return None
    table = Table("field", "tests", "", box=None, pad_edge=False, title="Fields by use", title_justify="left")
    table.columns[1].justify = "right"
    for name, count in uses[:MOST_BARS]:
        table.add_row(name, f"{count:,}", _bar(count, uses[0][1]))
    return _with_rest(table, len(uses) - MOST_BARS, "fields used less")


def _tree(model: Model) -> RenderableType | None:
    root = find_tree(model)
    if root is None:
        return None
    several = model.document.element.tag != "TreeModel"
    tree = Tree("First tree" if several else "Tree")
    _grow(tree, root, 0)
    return tree


def _grow(branch: Tree, node: Element, depth: int) -> None:
    for child in node.all("Node"):
        label = Text(read_condition(child))
        if child.get("score") is not None:
            label.append(f"  → {shorten(child.need('score'))}", style="bold")
        below = branch.add(label)
        if depth + 1 < DEEPEST:
            _grow(below, child, depth + 1)
        elif rest := sum(element.tag == "Node" for element in child.walk()) - 1:
            below.add(Text(f"… {rest:,} nodes below", style="dim"))


def _layers(model: Model) -> RenderableType | None:
    layers = read_layers(model)
    if not layers:
        return None
    table = Table(box=None, pad_edge=False, show_header=False, title="Layers", title_justify="left")
    largest = max(neurons for neurons, _ in layers)
    for neurons, kind in layers:
        table.add_row(f"{neurons:,}", _bar(neurons, largest), kind)
    table.columns[0].justify = "right"
    return table


def inputs_table(model: Model, card: ModelCard | None) -> RenderableType:
    """The inputs with what they accept and what happens to other values; neighbours that are alike in one line."""
    table = Table("input", "type", "accepts", "trained on", "missing", "invalid", box=None, pad_edge=False)
    groups = [
        list(group) for _, group in groupby(describe_inputs(model, card), key=lambda one: astuple(one)[1:])
    ]
    for group in groups[:MOST_INPUTS]:
        first, last = group[0], group[-1]
        name = first.name if len(group) == 1 else f"{first.name} … {last.name} ({len(group)})"
        table.add_row(name, *astuple(first)[1:])
    rest = sum(len(group) for group in groups[MOST_INPUTS:])
    return _with_rest(table, rest, "inputs more; --json lists all")
