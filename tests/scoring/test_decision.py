"""A model is served only after every check; its score is the one that interface.md names."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from shutil import copy

import numpy as np
import pytest

from liftstream.contracts.errors import ModelError, ModelUnfit
from liftstream.contracts.features import FEATURES
from liftstream.scoring import DecisionScorer, load, load_for_decision
from liftstream.scoring.decision import draw_sample
from tests.scoring.documents import NUMBER, document, schema

SHIPPED = Path(__file__).parents[2] / "pmml"


def write(folder: Path, text: str) -> Path:
    path = folder / "model.pmml"
    path.write_text(text)
    return path


def logistic(target: str, first: str, verification: str = "", slope: float = 1.0, field: str = "age") -> str:
    model = (
        f"<RegressionModel functionName='classification' normalizationMethod='logit'>{schema('t', field)}"
        f"<RegressionTable intercept='-40' targetCategory='{first}'><NumericPredictor name='{field}' coefficient='{slope}'/>"
        f"</RegressionTable>{verification}</RegressionModel>"
    )
    return document(model, t=target, **{field: NUMBER})


def scores_of(scorer: DecisionScorer, ages: list[float]) -> list[float]:
    matrix = np.zeros((len(ages), len(FEATURES)))
    matrix[:, FEATURES.index("age")] = ages
    return [float(score) for score in scorer.score(matrix)]


@pytest.mark.parametrize("name", ["cross_selling", "mlp", "gradient_boosting", "original"])
def test_a_shipped_model_is_served_with_its_cards_threshold(name: str) -> None:
    scorer = load_for_decision(SHIPPED / f"{name}.pmml", FEATURES)
    matrix = draw_sample(FEATURES)
    columns = {feature: matrix[:, place] for place, feature in enumerate(FEATURES)}
    expected = load(SHIPPED / f"{name}.pmml").score(columns)["probability(1)"]
    assert np.array_equal(scorer.score(matrix), expected)
    assert scorer.default_threshold == json.loads((SHIPPED / f"{name}.json").read_text())["threshold"]
    assert scorer.sha256 == sha256((SHIPPED / f"{name}.pmml").read_bytes()).hexdigest()


def test_the_score_is_the_probability_of_class_1(tmp_path: Path) -> None:
    scorer = load_for_decision(write(tmp_path, logistic("0|1", "0")), FEATURES)
    assert scores_of(scorer, [40.0]) == [0.5]
    assert scores_of(scorer, [41.0])[0] < 0.5
    assert (scorer.default_threshold, scorer.notice) == (None, None)


def test_the_second_of_two_classes_is_said_aloud(tmp_path: Path) -> None:
    scorer = load_for_decision(write(tmp_path, logistic("no|yes", "yes")), FEATURES)
    assert scorer.notice is not None
    assert "the probability of 'yes', the second of" in scorer.notice
    assert scores_of(scorer, [41.0])[0] > 0.5
    three = logistic("no|yes|maybe", "yes").replace(
        "</RegressionTable>", "</RegressionTable><RegressionTable intercept='0' targetCategory='no'/>"
        "<RegressionTable intercept='0' targetCategory='maybe'/>",
    )  # fmt: skip
    with pytest.raises(ModelUnfit, match="none of its classes .* is 1 or true"):
        load_for_decision(write(tmp_path, three.replace("logit", "softmax")), FEATURES)


def test_a_regression_gives_its_prediction_and_a_missing_value_no_score(tmp_path: Path) -> None:
    model = (
        f"<RegressionModel functionName='regression'>{schema('t', 'age')}<RegressionTable intercept='0'>"
        "<NumericPredictor name='age' coefficient='0.01'/></RegressionTable></RegressionModel>"
    )
    scorer = load_for_decision(write(tmp_path, document(model, t=NUMBER, age=NUMBER)), FEATURES)
    found = scores_of(scorer, [50.0, np.nan])
    assert found[0] == 0.5
    assert np.isnan(found[1])


def test_a_model_that_gives_only_a_label_decides_itself(tmp_path: Path) -> None:
    model = (
        f"<TreeModel functionName='classification'>{schema('t', 'age')}<Node><True/>"
        "<Node score='1'><SimplePredicate field='age' operator='greaterThan' value='40'/></Node>"
        "<Node score='0'><SimplePredicate field='age' operator='lessOrEqual' value='40'/></Node></Node></TreeModel>"
    )
    scorer = load_for_decision(write(tmp_path, document(model, t="0|1", age=NUMBER)), FEATURES)
    assert (scores_of(scorer, [40.0, 41.0]), scorer.default_threshold) == ([0.0, 1.0], 0.5)


def test_a_field_that_the_topics_do_not_give_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match="asks for income; the two topics give age, man, woman"):
        load_for_decision(write(tmp_path, logistic("0|1", "1", field="income")), FEATURES)


def test_a_model_that_tells_nobody_apart_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match="gives everybody the same score"):
        load_for_decision(write(tmp_path, logistic("0|1", "1", slope=0.0)), FEATURES)


def test_golden_rows_must_agree(tmp_path: Path) -> None:
    copy(SHIPPED / "original.pmml", tmp_path)
    card = json.loads((SHIPPED / "original.json").read_text())
    card["golden_rows"][3]["score"] = 0.25
    (tmp_path / "original.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="golden row 4 of its card scores 0.0, trained was 0.25"):
        load_for_decision(tmp_path / "original.pmml", FEATURES)


VERIFICATION = (
    "<ModelVerification><VerificationFields><VerificationField field='age' column='age'/>"
    "<VerificationField field='probability(1)' column='p' precision='1e-6'/></VerificationFields><InlineTable>"
    "<row><age>40</age><p>{}</p></row></InlineTable></ModelVerification>"
)


def test_verification_rows_must_agree(tmp_path: Path) -> None:
    output = "<Output><OutputField name='probability(1)' feature='probability' value='1' dataType='double'/></Output>"

    def text(expected: str) -> str:
        return logistic("0|1", "1", VERIFICATION.format(expected)).replace(
            "<RegressionTable", f"{output}<RegressionTable", 1
        )

    assert load_for_decision(write(tmp_path, text("0.5")), FEATURES)
    with pytest.raises(ModelError, match=r"verification row 1: probability\(1\) is 0.5, expected was '0.6'"):
        load_for_decision(write(tmp_path, text("0.6")), FEATURES)


def test_the_worker_loads_nothing_heavy() -> None:
    program = (
        "import sys; from liftstream.scoring import load_for_decision; from liftstream.contracts.features import FEATURES;"
        f"load_for_decision({str(SHIPPED / 'mlp.pmml')!r}, FEATURES);"
        "print([m for m in ('scipy', 'pandas', 'sklearn', 'statsmodels', 'pypmml', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
