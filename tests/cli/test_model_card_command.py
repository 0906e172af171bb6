"""`liftstream model card`: a card for a model of anybody's, judged on given rows by given money."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from liftstream.cli.app import liftstream
from liftstream.contracts.errors import InputError, ModelUnfit
from liftstream.contracts.features import FEATURES
from liftstream.scoring import load_for_decision
from liftstream.simulation.shop.population import draw_clients
from tests.scoring.documents import NUMBER, document, schema

ROOT = Path(__file__).parents[2]
ROWS = 4_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Test files of the simulated shop."""
    folder = tmp_path_factory.mktemp("shop")
    clients = draw_clients(np.random.default_rng(3), ROWS)
    with (folder / "X_test.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["idx", *FEATURES], *([i, *row] for i, row in enumerate(clients.features.tolist()))]
        )
    with (folder / "y_test.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["idx", "label"], *enumerate(clients.interested.tolist())])
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model without a card."""
    path = tmp_path / "mine.pmml"
    path.write_bytes((ROOT / "pmml" / "cross_selling.pmml").read_bytes())
    return path


def card(*arguments: object) -> Result:
    return CliRunner().invoke(liftstream, ["model", "card", *map(str, arguments)], catch_exceptions=False)


def test_a_card_is_written_with_pictures_and_serves(data: Path, model: Path) -> None:
    done = card(model, "--data", data, "--gain", 3, "--loss", 5.97)
    assert done.exit_code == 0
    assert "the score is the probability of class 1" in done.stdout
    assert {path.name for path in model.parent.iterdir()} == {
        "mine.pmml", "mine.json", "mine-calibration.png", "mine-profit.png",
    }  # fmt: skip
    scorer = load_for_decision(model, FEATURES)
    assert scorer.card is not None
    low, high = scorer.card.threshold_interval  # type: ignore[misc]
    assert low <= 5.97 / 8.97 <= high
    assert low <= scorer.card.threshold <= high
    assert scorer.default_threshold == scorer.card.threshold
    assert "Gains count 3.00 $" in scorer.card.about
    assert "fits better" not in scorer.card.about
    assert scorer.card.metrics["auc"]["low"] < 0.857 < scorer.card.metrics["auc"]["high"]


def test_the_money_moves_the_threshold(data: Path, model: Path) -> None:
    found = json.loads(card(model, "--data", data, "--gain", 6, "--loss", 2, "--json").stdout)
    low, high = found["threshold_interval"]
    assert low <= 0.25 <= high


def test_a_file_of_money_counts_client_by_client(data: Path, model: Path, tmp_path: Path) -> None:
    labels = np.genfromtxt(data / "y_test.csv", delimiter=",", skip_header=1, dtype=int)
    money = tmp_path / "money.csv"
    with money.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["idx", "value"], *((i, 3.0 if y else -5.97) for i, y in labels.tolist())]
        )
    by_file = json.loads(card(model, "--data", data, "--money", money, "--json").stdout)
    by_both = json.loads(card(model, "--data", data, "--gain", 3, "--loss", 5.97, "--json").stdout)
    assert by_file["metrics"] == by_both["metrics"]
    assert "$ per client from money.csv" in by_file["about"]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("idx,worth\n0,1\n", "header: the columns idx and value are needed"),
        ("idx,value\n0,1\n0,2\n", "row 2, column idx: 0 stands in row 1 already"),
        ("idx,value\n0,1.5\n1,abc\n", "row 2, column value: 'abc' is not a number"),
        ("idx,value\n0,1,5\n", "every line needs as many values as the header"),
        ("idx,value\n0,1\n", "no value for idx 1 of .*X_test.csv .3,999 such clients"),
    ],
)
def test_a_file_of_money_that_cannot_be_used_is_refused(
    data: Path, model: Path, tmp_path: Path, lines: str, problem: str
) -> None:
    (tmp_path / "money.csv").write_text(lines)
    with pytest.raises(InputError, match=problem):
        card(model, "--data", data, "--money", tmp_path / "money.csv")


def test_without_money_the_shops_is_named(data: Path, model: Path) -> None:
    assert "money is counted as in the simulated shop" in card(model, "--data", data).stderr


@pytest.mark.parametrize("options", [["--gain", 3], ["--gain", 3, "--loss", 2, "--money", "m.csv"]])
def test_half_of_the_money_is_wrong_usage(data: Path, model: Path, options: list[object]) -> None:
    done = CliRunner().invoke(
        liftstream,
        ["model", "card", str(model), "--data", str(data), *map(str, options)],
        standalone_mode=False,
    )
    assert "--gain" in str(done.exception.message)  # type: ignore[union-attr]


def test_training_rows_are_judged_where_there_are_no_others_and_this_is_said(
    data: Path, model: Path, tmp_path: Path
) -> None:
    for name in ("X", "y"):
        (tmp_path / f"{name}_train.csv").write_bytes((data / f"{name}_test.csv").read_bytes())
    assert "flatter a model" in card(model, "--data", tmp_path, "--gain", 3, "--loss", 5.97).stderr


def test_a_model_whose_score_is_no_probability_is_refused(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.pmml"
    path.write_text(
        document(
            f"<RegressionModel functionName='regression'>{schema('y', 'age')}<RegressionTable intercept='0'>"
            "<NumericPredictor name='age' coefficient='1'/></RegressionTable></RegressionModel>",
            age=NUMBER, y=NUMBER,
        )
    )  # fmt: skip
    with pytest.raises(ModelUnfit, match="a card needs probabilities"):
        card(path, "--data", data)


def test_a_model_for_other_topics_is_refused_before_the_files_are_read(tmp_path: Path) -> None:
    iris = ROOT / "tests" / "scoring" / "cases" / "sklearn2pmml" / "DecisionTreeIris.pmml"
    with pytest.raises(ModelUnfit, match=r"asks for Sepal.* needs a stream definition \(docs/streams.md\)"):
        card(iris, "--data", tmp_path)


def test_a_card_of_another_file_is_written_anew(data: Path, model: Path) -> None:
    card(model, "--data", data)
    model.write_text(model.read_text().replace("</PMML>", "\n</PMML>"))
    assert card(model, "--data", data).exit_code == 0
