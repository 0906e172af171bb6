"""`liftstream train spending --data`: a folder in, models and report out; what is wrong is one line."""

import json
from pathlib import Path

import pytest

from liftstream.forecast.calendar import month_of
from liftstream.forecast.models.regression import PooledRegression
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop
from tests.conftest import Typed, run_liftstream

DOCUMENT = generate_shop(40, users=60).data_object()


@pytest.mark.slow
def test_a_folder_of_files_becomes_served_models_and_a_report(tmp_path: Path) -> None:
    data = tmp_path / "shop"
    data.mkdir()
    for name in ("users", "sessions", "products"):
        (data / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in DOCUMENT[name]))
    done = run_liftstream("train", "spending", "--data", "shop", "--out", "models", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["users"] == 60
    assert list(found["models"]) == ["constant", "last period", "mean", "A", "B", "C"]
    assert found["models"]["A"]["to_trend"] == 1
    assert found["models"]["C"]["mse"]["low"] < found["models"]["C"]["mse"]["value"]
    assert found["models"]["constant"]["spearman"]["value"] is None
    history = read_data_object(DOCUMENT)
    assert PooledRegression.load_model(tmp_path / "models").predict_expenses(
        history, month_of("2022-01")
    ).shape == (60,)
    assert {file.name for file in (tmp_path / "models" / "report").iterdir()} == {
        "calibration.png",
        "errors.png",
        "metrics.json",
    }


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--data", "nowhere"], 1, "nowhere: no such folder"),
        (["--data", "x", "--users", "100"], 2, "--users is for the simulated shop"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_line(
    typed: Typed, arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = typed("train", "spending", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
