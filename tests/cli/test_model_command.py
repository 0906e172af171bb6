import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from liftstream.cli.app import liftstream
from liftstream.cli.model.engine_comparison import find_differences
from liftstream.contracts.errors import ModelError, ModelRefused, ModelUnfit
from liftstream.scoring import load
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.families.registry import KINDS
from liftstream.scoring.reference import is_installed
from liftstream.streams.yaml_nodes import DefinitionError
from tests.scoring.documents import NUMBER, document, schema
from tests.scoring.families.one_of_each import documents

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "scoring" / "cases"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(liftstream, ["model", *map(str, arguments)], catch_exceptions=False)


def test_check_says_what_a_model_needs_and_gives_and_that_it_is_served() -> None:
    text = run("check", ROOT / "pmml" / "cross_selling.pmml").stdout
    assert "113 inputs: age, man, woman" in text
    assert "compiled: arrays" in text
    assert "golden rows   16 of its card, all agree" in text
    threshold = json.loads((ROOT / "pmml" / "cross_selling.json").read_text())["threshold"]
    assert f"serves it: the score is the probability of class 1, shown from {threshold:g}" in text


def test_check_as_json() -> None:
    document = json.loads(run("check", ROOT / "pmml" / "original.pmml", "--json").stdout)
    assert (document["family"], document["classes"], document["problem"]) == ("TreeModel", ["0", "1"], None)
    assert document["sha256"] == json.loads((ROOT / "pmml" / "original.json").read_text())["sha256"]


def test_check_refuses_what_the_pipeline_cannot_serve_after_saying_all_it_knows() -> None:
    path = CASES / "sklearn2pmml" / "DecisionTreeIris.pmml"
    with pytest.raises(ModelUnfit, match="not served: .* asks for .*Petal_Length"):
        run("check", path)
    result = CliRunner().invoke(liftstream, ["model", "check", str(path)])
    assert "gives         Species" in result.stdout


IRIS = """\
name: flowers
sides:
  flower:
    topic: topic_flower
    id: {key: true, type: text}
    features:
      Sepal_Length: {type: number}
      Sepal_Width: {type: number}
      Petal_Length: {type: number}
      Petal_Width: {type: number}
      Colour: {type: text}
decision: class
answer:
  topic: topic_species
  fields: {flower: id, species: decision, sure: probability(setosa)}
"""


def test_check_says_whether_a_model_fits_a_stream_of_ones_own(tmp_path: Path) -> None:
    file, model = tmp_path / "flowers.yaml", CASES / "sklearn2pmml" / "DecisionTreeIris.pmml"
    file.write_text(IRIS)
    text = run("check", model, "--stream", file).stdout
    assert "serves it: the predicted class decides" in text
    assert "stream        flowers" in text
    assert "notice        the model does not use Sepal_Width, Colour" in text
    file.write_text(IRIS.replace("Petal_Width: {type: number}", "petal_width: {type: text}"))
    with pytest.raises(
        ModelUnfit, match="asks for Petal_Width, and no side of flowers provides it; .*: FEATURE}"
    ):
        run("check", model, "--stream", file)


def test_check_names_every_fault_of_a_stream_definition_by_line(tmp_path: Path) -> None:
    file = tmp_path / "flowers.yaml"
    file.write_text(IRIS.replace("text}", "txt}").replace("class\n", "clas\n"))
    with pytest.raises(DefinitionError) as caught:
        run("check", ROOT / "pmml" / "original.pmml", "--stream", file)
    assert [line.split(":")[1] for line in str(caught.value).split("\n")] == ["5", "11", "12"]


def test_check_refuses_a_hostile_file() -> None:
    with pytest.raises(ModelRefused, match="DOCTYPE"):
        run("check", CASES / "hostile" / "xxe_file.pmml")


@pytest.mark.parametrize(
    ("model", "seen"),
    [
        ("pmml/cross_selling.pmml", ["Terms by weight", "cat28", "█", "age", "pipeline"]),
        ("pmml/mlp.pmml", ["Layers", "63", "rectifier"]),
        ("pmml/gradient_boosting.pmml", ["Fields by use", "First tree", "300 trees", "man ≤ 0.5"]),
        ("tests/scoring/cases/dmg/dmg_naive_bayes.pmml", ["naive Bayes", "domicile", "suburban"]),
    ],
)
def test_show_draws_a_picture(model: str, seen: list[str]) -> None:
    text = run("show", ROOT / model).stdout
    assert [word for word in seen if word not in text] == []


@pytest.mark.parametrize("kind", KINDS, ids=[kind.tag for kind in KINDS])
def test_every_family_can_be_shown(kind: FamilyKind, tmp_path: Path) -> None:
    path = tmp_path / "m.pmml"
    path.write_text(documents()[kind.tag])
    shown = run("show", path)
    assert shown.exit_code == 0
    assert f"m.pmml: {kind.name} (" in shown.stdout


BRACKETS = ["income [usd]", "x[/b]", "[red]"]


def test_names_in_brackets_are_shown_as_they_are(tmp_path: Path) -> None:
    """Fields, values and conditions of a document are text, never a style of the terminal."""
    income, flag, colour = BRACKETS
    tests = "".join(
        f"<Node score='{number}'><SimplePredicate field='{flag}' operator='greaterThan' value='{number}'/></Node>"
        for number in (1, 2)
    )
    text = document(
        f"<TreeModel functionName='regression'>{schema('y', *BRACKETS)}<Node score='0'><True/>{tests}</Node></TreeModel>",
        **{income: NUMBER, flag: NUMBER, colour: "a[/a]|[b]", "y": NUMBER},
    )
    (tmp_path / "model.pmml").write_text(text)
    shown = run("show", tmp_path / "model.pmml").stdout
    assert all(f"{name} " in shown for name in (*BRACKETS, "a[/a], [b]", f"{flag} > 1"))


def test_compare_needs_rows() -> None:
    result = CliRunner().invoke(
        liftstream,
        ["model", "check", str(ROOT / "pmml/mlp.pmml"), "--compare", "pypmml"],
        standalone_mode=False,
    )
    assert "--compare and --rows go together" in str(result.exception.message)  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.skipif(not is_installed(), reason="pypmml is not installed")
def test_compare_shows_where_pypmml_differs_and_why(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    lines = (CASES / "sklearn2pmml" / "inputs" / "Silocompro.csv").read_text().splitlines()
    rows.write_text("\n".join(lines[:6]) + "\n")
    path = CASES / "sklearn2pmml" / "XGBSilocompro.pmml"
    result = CliRunner().invoke(
        liftstream, ["model", "check", str(path), "--compare", "pypmml", "--rows", str(rows), "--json"]
    )
    assert isinstance(result.exception, ModelError)
    assert "the engines differ in" in str(result.exception)
    difference = json.loads(result.stdout)["differences"][0]
    assert difference["why"] == "the model asks for single precision, which pypmml ignores"


def test_differences_are_found_by_row_and_column() -> None:
    model = load(CASES / "dmg" / "dmg_tree_normal.pmml")
    ours = {"p": np.array([0.5, np.nan, 0.25]), "t": np.array(["a", "b", "c"], dtype=object)}
    theirs = {"p": [0.5 + 1e-12, None, 0.5], "t": ["a", None, "c"]}
    found = find_differences(model, ours, theirs, [None, "x is missing", None])
    assert [(one.row, one.column, one.why) for one in found] == [
        (2, "t", "ours does not score the row: x is missing"),
        (3, "p", ""),
    ]
