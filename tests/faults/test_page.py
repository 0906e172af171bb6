"""docs/faults.md lists every scenario as it is."""

from pathlib import Path

import pytest

from liftstream.prove.scenarios import SCENARIOS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_the_page_has_the_row_of(name: str) -> None:
    one = SCENARIOS[name]
    assert f"| `{name}` | {one.throws} | {'yes' if one.quick else ''} |" in PAGE.read_text()
