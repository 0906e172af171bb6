"""`liftstream train uplift` as people type it: what it prints, what it leaves, and how it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from liftstream.cli.app import liftstream
from tests.training.uplift.trial_clients import draw


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(liftstream, [*map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return 1, result.stdout, f"{type(result.exception).__name__}: {result.exception}"
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment's clients in one file, with an identifier and a copy of the arm."""
    clients = draw(6_000, columns=1)
    columns = {
        "client": np.arange(6_000),
        "x": ["" if np.isnan(x) else repr(float(x)) for x in clients.table["x"]],
        "channel": ["" if c is None else c for c in clients.table["channel"]],
        "n0": clients.table["n0"],
        "letter": np.where(clients.treatment == 1, "sent", "none"),
        "email": clients.treatment,
        "bought": clients.outcome.astype(int),
    }
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    file = tmp_path_factory.mktemp("data") / "clients.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_a_file_becomes_a_model_whose_scores_are_those_of_liftstream_score(
    file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    code, printed, said = run(
        "train", "uplift", "--data", file, "--treatment", "email", "--outcome", "bought",
        "--depth", 2, "--value", 20, "--cost", 1, "--out", out, "--json",
    )  # fmt: skip
    assert code == 0, said
    document = json.loads(printed)
    assert {"auuc", "qini", "uplift_at_30", "ci", "baselines", "challengers"} <= set(document)
    assert set(document["baselines"]) == {"random", "one column"}
    assert document["ci"]["qini"][0] > 0
    assert document["threshold"] == 0.05
    assert "column 'client' is left out" in said
    assert "column 'letter' is left out: it differs between the arms" in said
    card = json.loads((out / "uplift.json").read_text())
    assert card["serves"] == "files"
    assert sorted(path.name for path in (out / "report").iterdir()) == [
        "curves.png",
        "leaves.png",
        "metrics.json",
        "profit.png",
    ]

    code, checked, said = run("model", "check", out / "uplift.pmml")
    assert code == 0, said
    assert f"{len(card['golden_rows'])} of its card, all agree" in checked
    code, _, said = run("score", "--model", out / "uplift.pmml", file, "--out", tmp_path / "scores.csv")
    assert code == 0, said
    scores = [float(line) for line in (tmp_path / "scores.csv").read_text().splitlines()[1:]]
    assert {row["score"] for row in card["golden_rows"]} == set(scores)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_a_changed_model_is_not_the_card_s(
    file: Path, tmp_path: Path
) -> None:
    asked = (
        "train",
        "uplift",
        "--data",
        file,
        "--treatment",
        "email",
        "--outcome",
        "bought",
        "--features",
        "x,channel",
    )
    for name in ("a", "b"):
        assert run(*asked, "--out", tmp_path / name)[0] == 0
    model = tmp_path / "a" / "uplift.pmml"
    assert model.read_bytes() == (tmp_path / "b" / "uplift.pmml").read_bytes()
    card = model.with_suffix(".json")
    card.write_text(card.read_text().replace('"score": 0.', '"score": 1.', 1))
    code, _, said = run("model", "check", model)
    assert code == 1
    assert "golden row" in said


def test_nothing_is_written_where_nothing_can_be_learned(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    lines = [f"{rng.normal():.3f},{i % 2},{int(rng.random() < 0.3)}" for i in range(1_000)]
    noise = tmp_path / "noise.csv"
    noise.write_text("\n".join(["x,email,bought", *lines]) + "\n")
    code, printed, said = run(
        "train",
        "uplift",
        "--data",
        noise,
        "--treatment",
        "email",
        "--outcome",
        "bought",
        "--out",
        tmp_path / "out",
    )
    assert (code, printed) == (1, "")
    assert "nothing here tells apart whom influencing changes" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "FILE"), "--data FILE needs --treatment COLUMN and --outcome COLUMN"),
        (("--experiment", "FILE"), "--experiment needs --features FILE:"),
        (("--data", "FILE", "--experiment", "FILE"), "give one of them"),
        (("--treatment", "email"), "describe files; name one by --data or --experiment"),
        (
            ("--data", "FILE", "--treatment", "a", "--outcome", "b", "--rows", "2000"),
            "--rows is for the simulated campaign",
        ),
        (("--cost", "-1"), "--cost"),
        (("--depth", "0"), "--depth"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    words: tuple[str, ...], said: str, file: Path
) -> None:
    code, _, error = run("train", "uplift", *(str(file) if word == "FILE" else word for word in words))
    assert code == 2
    assert said in error


@pytest.mark.slow
def test_rows_may_be_chosen_by_thompson_sampling_beside_its_baselines(tmp_path: Path) -> None:
    code, printed, said = run(
        "train", "uplift", "--rows", 3_000, "--choose-data", "--out", tmp_path, "--json", "--seed", 4
    )
    assert code == 0, said
    selection = json.loads(printed)["data_selection"]
    assert set(selection["auuc_test"]) == {"thompson", "random order", "all data"}
    assert selection["rows"]["thompson"] == selection["rows"]["random order"]
    assert json.loads((tmp_path / "uplift.json").read_text())["serves"] == "pipeline"
