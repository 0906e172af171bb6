"""Every case of the collection: files of known tools with the results that their makers (or the standard) give."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from liftstream import scoring
from tests.scoring.case_files import agree, read_columns

CASES = Path(__file__).parent / "cases"
INDEX = json.loads((CASES / "index.json").read_text())["cases"]


@pytest.mark.parametrize("case", INDEX, ids=[case["id"] for case in INDEX])
def test_a_case_gives_what_its_makers_say(case: dict[str, Any]) -> None:
    missing = {*case["missing"], ""}
    columns = read_columns(CASES / case["input"], missing)
    expected = read_columns(CASES / case["expected"], missing)
    scores = scoring.load(CASES / case["model"]).score(columns)
    for name, values in expected.items():
        pairs = list(zip(scores[name], values, strict=True))
        assert len(pairs) == case["rows"]
        wrong = [row for row, pair in enumerate(pairs) if not agree(*pair, case["tolerance"])]
        assert not wrong, f"{name}: row {wrong[0]} gives {pairs[wrong[0]]}, {len(wrong)} rows differ"


def test_a_number_is_compared_within_the_tolerance() -> None:
    tolerance = {"abs": 1e-9, "rel": 0.0}
    assert agree(np.float64(1.0), "1.0000000001", tolerance)
    assert not agree(np.float64(1.0), "1.00001", tolerance)
    assert not agree(None, "1", tolerance)
