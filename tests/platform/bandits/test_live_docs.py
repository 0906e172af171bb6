"""What docs/live-bandits.md shows can be sent as it stands, and its table has every reason."""

import json
import re
from pathlib import Path

import pytest

from liftstream.platform.bandits.request import read_bandit
from liftstream.platform.ingest.reasons import REASONS
from tests.platform.bandits.block import BANDIT

PAGE = (Path(__file__).parents[3] / "docs" / "live-bandits.md").read_text()
BODIES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body["name"]))
def test_a_bandit_of_the_page_is_accepted(body: dict[str, object]) -> None:
    assert read_bandit(body, salt="s").definition.name == body["name"]


def test_the_generator_of_the_page_is_accepted() -> None:
    text = re.search(r'`(\{"kind": "genetic".*?\})`', PAGE, re.DOTALL)
    assert text
    generator = read_bandit({**BANDIT, "generator": json.loads(text[1])}, salt="s").definition.generator
    assert generator is not None
    assert generator["population"] == 12


def test_every_reason_of_a_bandit_s_feedback_is_in_the_table() -> None:
    of_experiments = {"outside", "after_end", "unit_is_no_uuid"}
    reasons = {reason for kind, reason in REASONS if kind in ("impression", "outcome")} - of_experiments
    assert [reason for reason in reasons if f"`{reason}`" not in PAGE] == []
