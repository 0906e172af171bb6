"""`liftstream train look-alike` from end to end, and what it leaves behind."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Typed, run_liftstream
from training.look_alike.generated import generate

FILES = {"look_alike.pmml", "look_alike.json", "look_alike_users.csv", "look_alike_choices.csv", "report"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("look-alike")
    done = run_liftstream(
        "train", "look-alike", "--users", 5_000, "--sessions", 2_000, "--seed", 3, "--json", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    (folder / "printed.json").write_text(done.stdout)
    return folder


def write_users(path: Path, count: int, seed: int) -> None:
    users = generate(count, seed)
    names = ["u0", "u1", "u2", "u3", "u4", "u5", "age"]
    columns = [users.names.index(name) for name in names]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user", *names, "engaged"])
        for user, row, label in zip(users.ids, users.matrix[:, columns].tolist(), users.engaged, strict=True):
            writer.writerow([user, *row, label])


def test_everything_is_written_and_printed(trained: Path) -> None:
    printed = json.loads((trained / "printed.json").read_text())
    assert {path.name for path in (trained / "look-alike").iterdir()} == FILES
    assert {path.name for path in (trained / "look-alike/report").iterdir()} == {
        "rounds.png",
        "frequency.png",
    }
    assert [one["number"] for one in printed["rounds"]] == list(range(len(printed["rounds"])))
    assert printed["parity"]["pypmml"] <= 1e-9
    shares = printed["decision"]["share_of_variation"]
    assert shares["reward"] + shares["penalty"] == pytest.approx(1)
    card = json.loads(
        (trained / "look-alike/look_alike.json").read_text(), parse_constant=pytest.fail
    )  # no NaN
    assert card["rows"] == printed["rounds"][printed["chosen_round"]]["trained_on"]


def test_the_model_passes_the_check_of_the_pipeline(trained: Path) -> None:
    done = run_liftstream("model", "check", "look-alike/look_alike.pmml", "--json", cwd=trained)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problem"] is None
    assert found["golden_rows"] == 16


def test_score_gives_every_user_the_v_that_training_gave(trained: Path) -> None:
    users = generate(5_000, 3)
    with (trained / "users.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(users.names)
        writer.writerows(users.matrix.astype(int).tolist())
    model = "look-alike/look_alike.pmml"
    done = run_liftstream("score", "--model", model, "users.csv", "--out", "scores.csv", cwd=trained)
    assert done.returncode == 0, done.stderr
    with (
        (trained / "scores.csv").open() as scores,
        (trained / "look-alike/look_alike_users.csv").open() as given,
    ):
        ours = np.array([float(row["probability(1)"]) for row in csv.DictReader(scores)])
        v = [(row["user"], float(row["v"])) for row in csv.DictReader(given)]
    assert [user for user, _ in v] == users.ids.tolist()
    assert ours == pytest.approx(np.array([value for _, value in v]), abs=1e-12)


@pytest.mark.slow
def test_users_of_a_file_are_learned_without_a_simulated_decision(tmp_path: Path) -> None:
    write_users(tmp_path / "users.csv", 2_000, 4)
    done = run_liftstream("train", "look-alike", "--data", ".", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert "decision" not in printed
    assert printed["auc"]["value"] > 0.7
    assert not (tmp_path / "look-alike/look_alike_choices.csv").exists()


@pytest.mark.slow
def test_features_that_say_nothing_are_not_sold_as_a_model(typed: Typed, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = [f"{x:.3f},{label}" for x, label in zip(rng.random(700), rng.integers(0, 2, 700), strict=True)]
    (tmp_path / "users.csv").write_text("x,engaged\n" + "\n".join(rows) + "\n")
    done = typed("train", "look-alike", "--data", "users.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "has 0.5 in its interval" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("v3,", "", "users.csv: .*every line needs as many values as the header"),
        (",engaged", ",stays", "users.csv, header: no column 'engaged'"),
    ],
)
def test_a_table_that_cannot_be_used_leaves_nothing_behind(
    typed: Typed, tmp_path: Path, old: str, new: str, message: str
) -> None:
    write_users(tmp_path / "users.csv", 600, 4)
    text = (tmp_path / "users.csv").read_text()
    (tmp_path / "users.csv").write_text(text.replace(old, new, 1))
    done = typed("train", "look-alike", "--data", "users.csv", "--out", "models", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert re.search(message, done.stderr)
    assert {path.name for path in tmp_path.iterdir()} == {"users.csv"}


def test_a_class_that_is_not_0_or_1_and_a_feature_that_is_no_number_are_named(
    typed: Typed, tmp_path: Path
) -> None:
    write_users(tmp_path / "users.csv", 600, 4)
    rows = (tmp_path / "users.csv").read_text().splitlines()
    for change, message in (
        (rows[2][:-1] + "yes", "users.csv, row 2, column engaged: 'yes' is not 0 or 1"),
        (rows[2].replace(",", ",often", 1), "users.csv, row 2, column u0: 'often"),
    ):
        (tmp_path / "users.csv").write_text("\n".join([*rows[:2], change, *rows[3:]]))
        done = typed("train", "look-alike", "--data", "users.csv", cwd=tmp_path)
        assert done.returncode == 1
        assert message in done.stderr
