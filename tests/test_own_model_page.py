"""docs/your-own-model.md: its Python is the example's, and the example runs from data to a served model."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream
from liftstream.demo.plan import Request
from liftstream.demo.truth import CandidateModel

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "your-own-model.md").read_text()
EXAMPLE = ROOT / "examples" / "own_model.py"


def test_the_page_shows_the_example() -> None:
    block, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert EXAMPLE.read_text().split('"""\n\n', 1)[1] == block


@pytest.mark.slow
def test_the_ten_lines_make_a_model_that_demo_and_pipeline_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for script in ([ROOT / "examples" / "shop_files.py", "my-shop"], [EXAMPLE]):
        subprocess.run([sys.executable, *map(str, script)], check=True, cwd=tmp_path)
    lines = re.findall(r"^liftstream (model c(?:ard|heck) .*)$", PAGE, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        done = CliRunner().invoke(liftstream, line.split(), catch_exceptions=False)
        assert done.exit_code == 0
    assert "golden rows   16 of its card, all agree" in done.stdout
    request = Request(50, 1, "mine", Path("pmml/mine.pmml"), tmp_path / "demo")
    assert 0.5 < CandidateModel(request).threshold < 0.65
