"""`liftstream train` from end to end, and what it leaves behind."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import msgspec
import numpy as np
import pytest

from liftstream import scoring
from liftstream.contracts.errors import InputError
from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_card import ModelCard, read_card
from liftstream.contracts.threads import VARIABLES
from tests.conftest import Typed
from training.artefacts import refuse_unwritable
from training.cross_selling import run
from training.cross_selling.dataset import simulate
from training.cross_selling.models import MODELS

ROWS, HELD_OUT, SEED = 2_000, 985, 11
NAMES = [model.name for model in MODELS]


def train(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "liftstream.cli", "train", *map(str, arguments)]
    # Two threads here, and one in the process of the tests: the bytes must be the same.
    environment = {**os.environ, **dict.fromkeys(VARIABLES, "2"), "COLUMNS": "100"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training."""
    folder = tmp_path_factory.mktemp("trained")
    done = train("--rows", ROWS, "--seed", SEED, "--out", "models", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "printed.json").write_text(done.stdout)
    return folder


def card_of(folder: Path, name: str) -> ModelCard:
    model = folder / "models" / f"{name}.pmml"
    card = read_card(model, model.read_bytes())
    assert card is not None
    return card


def test_every_model_stands_beside_its_card_and_nothing_else_is_left(trained: Path) -> None:
    expected = {f"{name}.{end}" for name in NAMES for end in ("pmml", "json")} | {"report"}
    assert {path.name for path in (trained / "models").iterdir()} == expected
    assert {path.name for path in (trained / "models/report").iterdir()} == {
        "calibration.png",
        "profit.png",
        "metrics.json",
    }
    assert {path.name for path in trained.iterdir()} == {"models", "printed.json"}


def test_what_is_printed_is_one_document_with_every_model(trained: Path) -> None:
    printed = json.loads((trained / "printed.json").read_text())
    assert list(printed["models"]) == NAMES
    assert (printed["rows"], printed["held_out_rows"]) == (ROWS, HELD_OUT)
    served = printed["models"]["cross_selling"]
    for figure in ("accuracy", "auc", "log_loss", "brier", "gain_per_client"):
        assert served[figure]["low"] < served[figure]["value"] < served[figure]["high"]
    assert served["threshold_interval"][0] <= served["threshold"] <= served["threshold_interval"][1]
    assert served["gain_expected"] <= served["gain_best_possible"]


@pytest.mark.parametrize("name", NAMES)
def test_a_card_tells_what_serving_needs(trained: Path, name: str) -> None:
    card = card_of(trained, name)
    assert (card.name, card.rows, card.seed) == (name, ROWS, SEED)
    assert 0 < card.threshold < 1
    assert {feature.name for feature in card.features} <= set(FEATURES)
    assert {(f.low, f.high) for f in card.features if f.name != "age"} == {(0, 1)}
    assert card.metrics["parity"]["rows"] == HELD_OUT
    assert max(card.metrics["parity"]["pypmml"], card.metrics["parity"]["liftstream"]) <= 1e-9
    inputs = {f.name: np.array([row.inputs[f.name] for row in card.golden_rows]) for f in card.features}
    scores = scoring.load(trained / "models" / f"{name}.pmml").score(inputs)["probability(1)"]
    assert np.allclose(scores, [row.score for row in card.golden_rows], rtol=1e-9, atol=1e-9)
    assert {row.score >= card.threshold for row in card.golden_rows} == {True, False}


def test_the_pictures_are_pictures(trained: Path) -> None:
    for name in ("calibration.png", "profit.png"):
        content = (trained / "models/report" / name).read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        assert len(content) > 20_000


def test_the_same_seed_gives_the_same_bytes_but_for_the_time(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = {name: card_of(trained, name).metrics["parity"] for name in NAMES}
    monkeypatch.setattr(run, "compare", lambda names, *_: [run.Parity(**proof[name]) for name in names])
    results = run.train_models(simulate(ROWS, SEED), SEED, "later", lambda _: nullcontext())
    run.write_models(results, tmp_path)
    for name in NAMES:
        first = trained / "models" / f"{name}.pmml"
        assert (tmp_path / first.name).read_bytes() == first.read_bytes()
        created = card_of(trained, name).created
        again = (
            (tmp_path / f"{name}.json").read_text().replace('"created": "later"', f'"created": "{created}"')
        )
        assert again == first.with_suffix(".json").read_text()


def test_a_mistake_in_the_files_is_one_line_and_leaves_nothing(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "X_train.csv").write_text("idx,age\n1,forty\n")
    done = typed("train", "--data", ".", "--out", "models", cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if "read the files" not in line]
    assert done.returncode == 1
    assert len(lines) == 1
    assert lines[0].startswith("liftstream: X_train.csv, header: no column 'man'")
    assert [path.name for path in tmp_path.iterdir()] == ["X_train.csv"]


@pytest.mark.parametrize(
    "arguments", [["--rows", "999"], ["--rows", "many"], ["--seed", "-1"], ["--rows", "2000", "--data", "."]]
)
def test_impossible_requests_are_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    done = train(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file/models: cannot be written: Not a directory"):
        refuse_unwritable(tmp_path / "file/models")
    refuse_unwritable(tmp_path / "new/models")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_card_is_read_back_by_the_contract(trained: Path) -> None:
    content = (trained / "models/cross_selling.json").read_bytes()
    assert msgspec.json.decode(content, type=ModelCard) == card_of(trained, "cross_selling")
