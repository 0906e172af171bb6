"""The Python examples of this package's pages run as they stand."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [p for p in ("experiment.md", "statistics.md", "tutorial-experiment.md") if (DOCS / p).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_the_page_run(
    page: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL):
        exec(block, names)  # noqa: S102
        shown = " ".join(line[2:].strip() for line in block.splitlines() if line.startswith("# "))
        if "print(" in block:
            assert " ".join(capsys.readouterr().out.split()) == " ".join(shown.split())
