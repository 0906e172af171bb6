"""What README and docs tell people to type: every command exists, takes those options, and prints what is shown.

A ```sh block is a list of commands. A ```console block holds `$ command` lines, each followed by its exact output.
Commands that need a Kafka, a file of the reader's or minutes are not run here but parsed by the command itself.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from liftstream.cli.app import liftstream

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for found, text in BLOCK.findall(page.read_text()):
            if found == kind:
                yield page.name, text


def typed(text: str) -> list[list[str]]:
    """The commands of a block, as argument lists without comments and variable assignments in front."""
    lines = [shlex.split(line, comments=True) for line in text.replace("\\\n", " ").splitlines()]
    bare = [
        line[next((i for i, w in enumerate(line) if not re.match(r"^\w+=", w)), len(line)) :]
        for line in lines
    ]
    return [line for line in bare if line]


def commands() -> list[tuple[str, list[str]]]:
    from_sh = [(page, line) for page, text in blocks("sh") for line in typed(text)]
    shown = [
        (page, line)
        for page, text in blocks("console")
        for line in re.findall(r"^\$ (.*)$", text, re.MULTILINE)
    ]
    return from_sh + [(page, words) for page, line in shown for words in typed(line)]


def ids(pair: tuple[str, list[str]]) -> str:
    return f"{pair[0]}: {' '.join(pair[1])}"


def parse(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the command itself read its arguments, without running it."""
    command: click.Command = liftstream
    context = click.Context(liftstream)
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    files = [p for p in command.params if isinstance(p.type, click.Path | click.File)]
    for parameter in files:
        monkeypatch.setattr(parameter, "type", click.STRING)  # the reader's files are not here
    command.make_context(
        context.info_name, [a for a in arguments if a not in {"|", ">"}], parent=context.parent
    )


@pytest.mark.parametrize("pair", [c for c in commands() if c[1][0].endswith("liftstream")], ids=ids)
def test_a_liftstream_command_of_the_documentation_takes_those_arguments(
    pair: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = pair[1]
    end = next((i for i, word in enumerate(words) if word in {"|", ">", "&"}), len(words))
    parse(words[1:end], monkeypatch)


@pytest.mark.parametrize("pair", [c for c in commands() if c[1][0] == "make"], ids=ids)
def test_a_make_target_of_the_documentation_exists(pair: tuple[str, list[str]]) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for word in pair[1][1:] if "=" not in word} <= targets


@pytest.mark.parametrize("pair", [c for c in commands() if "python" in c[1][0] and len(c[1]) > 1], ids=ids)
def test_a_script_of_the_documentation_exists(pair: tuple[str, list[str]]) -> None:
    script = pair[1][1]
    assert script in {"-m", "-c"} or (ROOT / script).is_file()


CONSOLE = [
    (page, *m)
    for page, text in blocks("console")
    for m in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M)
]


@pytest.mark.parametrize(("page", "line", "output"), CONSOLE, ids=[f"{p}: {line}" for p, line, _ in CONSOLE])
def test_a_console_example_of_the_documentation_prints_what_it_shows(
    page: str, line: str, output: str, tmp_path: Path
) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "100"}
    done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, env=environment)  # noqa: S602
    assert (done.stdout + done.stderr).strip() == output.strip()


def test_every_link_between_pages_leads_somewhere() -> None:
    links = [
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert links == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_to_a_heading_finds_it() -> None:
    links = [
        (page, (page.parent / target).resolve() if target else page, anchor)
        for page in PAGES
        for target, anchor in re.findall(r"\]\(([^)#:]*\.md)?#([^)]+)\)", page.read_text())
    ]
    assert links
    assert [(page.name, anchor) for page, target, anchor in links if anchor not in anchors(target)] == []


def test_every_python_file_that_a_page_names_is_there() -> None:
    """A page may name a file by the end of its path."""
    files = [f"/{file.relative_to(ROOT)}" for file in ROOT.rglob("*.py") if ".venv" not in file.parts]
    pages = [*PAGES, ROOT / "benchmarks" / "README.md"]
    named = {
        (page.name, name) for page in pages for name in re.findall(r"`([\w./-]+\.py)`", page.read_text())
    }
    assert len(named) > 100
    assert {(page, name) for page, name in named if not any(f.endswith(f"/{name}") for f in files)} == set()


def test_no_page_names_a_command_that_does_not_exist() -> None:
    from liftstream.cli.app import COMMANDS

    named = {
        (page.name, word)
        for page in PAGES
        for word in re.findall(r"`liftstream ([a-z][a-z-]+)", page.read_text())
    }
    assert {(page, word) for page, word in named if word not in COMMANDS} == set()
