"""The examples of this package's pages run as they stand, in order: Python, and commands with what they print."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```(python|sh|text)\n(.*?)```", re.DOTALL)


def run_python(block: str, names: dict[str, object]) -> None:
    """What it prints is what its comments at the start of a line say."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(block, names)  # noqa: S102
    shown = " ".join(line[2:].strip() for line in block.splitlines() if line.startswith("# "))
    if "print(" in block:
        assert " ".join(out.getvalue().split()) == " ".join(shown.split())


def run_command(block: str) -> str:
    words = shlex.split(block)
    words, into = (words[:-2], words[-1]) if ">" in words else (words, None)
    result = CliRunner().invoke(liftstream, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    if into:
        Path(into).write_text(result.stdout)
    return result.stdout


@pytest.mark.parametrize("document", ["experiment.md", "tutorial-experiment.md"])
def test_the_examples_of_the_page_run(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    names: dict[str, object] = {}
    printed = ""
    for kind, block in BLOCK.findall((DOCS / document).read_text()):
        if kind == "python":
            run_python(block, names)
        elif kind == "sh" and block.startswith("liftstream"):
            printed = run_command(block)
        elif kind == "text":
            assert [line.rstrip() for line in printed.splitlines()] == block.splitlines()


def test_every_public_name_is_on_a_page() -> None:
    from liftstream import experiment

    pages = "".join(
        (DOCS / page).read_text() for page in ("experiment.md", "statistics.md", "tutorial-experiment.md")
    )
    assert [name for name in experiment.__all__ if not re.search(rf"\b{name}\b", pages)] == []
