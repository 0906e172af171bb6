"""The notebooks of `examples/` run from the first cell to the last, and what a cell ends with can be shown."""

import ast
import json
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.ipynb"))


def run_cell(source: str, names: dict[str, object]) -> object:
    """What the last expression of a cell is, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307


@pytest.mark.parametrize("notebook", EXAMPLES, ids=lambda path: path.stem)
def test_the_notebook_runs_and_shows_what_it_says(notebook: Path) -> None:
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    shown = [run_cell("".join(cell["source"]), names) for cell in cells]
    shown = [value for value in shown if value is not None]
    assert len(shown) >= 2
    for value in shown:
        if hasattr(value, "to_dict") and type(value).__module__.startswith("altair"):
            assert value.to_dict()["$schema"].startswith("https://vega.github.io/schema/vega-lite")
        else:
            assert value._repr_html_().startswith(("<table>", "<div>"))
    assert all(cell["outputs"] == [] for cell in cells)


def test_there_is_a_notebook_for_planning_analysing_and_looking_early() -> None:
    assert {path.stem for path in EXAMPLES} == {"planning", "analysing", "looking_early"}
