"""A class name stands for one thing, and a folder is a room that one can take in at a glance."""

import ast
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parents[1]
PRODUCT = ("liftstream", "pipeline", "training")
ROOM = 15
"""Python files beside each other; the folder's `__init__.py` is not counted."""


def imports_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    froms = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return froms | {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}


def product_files() -> list[Path]:
    return [file for root in PRODUCT for file in sorted((HERE / root).rglob("*.py"))]


def test_no_class_name_stands_for_two_things() -> None:
    """A private one is seen in its own file only."""
    homes = defaultdict(list)
    for file in product_files():
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(file.relative_to(HERE)))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def test_no_folder_is_crowded_without_saying_why() -> None:
    beside = defaultdict(int)
    for file in [*product_files(), *sorted((HERE / "benchmarks").glob("*.py"))]:
        beside[file.parent] += file.name != "__init__.py"
    silent = {
        str(folder.relative_to(HERE)): files
        for folder, files in beside.items()
        if files > ROOM and "More than fifteen files:" not in (folder / "__init__.py").read_text()
    }
    assert silent == {}


def test_benchmarks_and_what_they_share_with_tests_import_no_test() -> None:
    files = [file for root in ("benchmarks", "testbed") for file in (HERE / root).rglob("*.py")]
    assert [
        str(file) for file in files if any(name.split(".")[0] == "tests" for name in imports_of(file))
    ] == []


def test_what_tests_share_is_in_a_file_of_its_own() -> None:
    """A test that imports another test's file would be run or skipped with it."""
    assert [
        str(file)
        for file in sorted((HERE / "tests").rglob("*.py"))
        if any(name.startswith("tests.") and ".test_" in name for name in imports_of(file))
    ] == []


def test_every_picture_has_the_style_of_the_house() -> None:
    """Only the style's file turns charts into pictures and sets how axes and titles look."""
    style = HERE / "liftstream/experiment/charts/style.py"
    assert [
        str(file.relative_to(HERE))
        for file in product_files()
        if file != style
        and any(
            word in file.read_text() for word in ("vegalite_to_", ".configure_", "alt.Title(", ".save(buffer")
        )
    ] == []
