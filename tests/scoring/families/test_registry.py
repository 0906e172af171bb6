"""Every family states what it is in one record, is registered once, and is on the page."""

from pathlib import Path

from liftstream.scoring.families.registry import FAMILIES, KINDS, REFUSED
from tests.scoring.families.one_of_each import MODELS

PAGE = Path(__file__).parents[3] / "docs" / "scoring.md"


def test_every_model_of_the_standard_is_a_family_or_refused_with_a_reason() -> None:
    assert set(FAMILIES) | set(REFUSED) == MODELS
    assert not set(FAMILIES) & set(REFUSED)
    assert len(FAMILIES) == len(KINDS)


def test_every_family_has_its_row_on_the_page() -> None:
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert [tag for tag in FAMILIES if not any(tag in row for row in rows)] == []
