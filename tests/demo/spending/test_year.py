"""The spending story, played: it ends by itself with a sentence that is right, and a picture."""

import json
from pathlib import Path

import pytest

from liftstream.demo.spending.year import least_error
from liftstream.simulation.spending.shop import generate_shop
from tests.conftest import run_liftstream


@pytest.mark.slow
def test_a_year_ends_with_the_sentence_a_picture_and_one_document(tmp_path: Path) -> None:
    done = run_liftstream("demo", "spending", "--users", 150, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [month["period"] for month in found["months"]] == [f"2021-{m:02}" for m in range(2, 13)] + [
        "2022-01"
    ]
    assert found["least_rmse"] < found["rmse"]["C"] < found["rmse"]["A"]
    assert found["sentence"].startswith("Model C predicts better than A")
    assert (tmp_path / "demo" / "spending.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "demo" / "spending.json").read_text())["sentence"] == found["sentence"]
    assert len(done.stderr.splitlines()) == 13
    assert not list(tmp_path.glob("*.db"))


def test_the_least_error_is_that_of_the_known_truth() -> None:
    few, many = (least_error(generate_shop(seed, users=400)) for seed in (3, 4))
    assert 500 < few < 5_000
    assert 500 < many < 5_000
