"""What people put in and get out: frames, lists and arrays; integers, text, reasons."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest

from benchmarks.mutations import mutate, read_originals
from liftstream import scoring
from liftstream.contracts.errors import InputError, LiftstreamError, ModelUnsupported
from liftstream.scoring.loading import load_any, load_content
from liftstream.scoring.reference import ReferenceModel, is_installed
from tests.scoring.documents import NUMBER, document, schema, score

CASES = Path(__file__).parent / "cases"
AUDIT = CASES / "sklearn2pmml" / "DecisionTreeAudit.pmml"


def audit(rows: int = 50) -> pd.DataFrame:
    return pd.read_csv(CASES / "sklearn2pmml" / "inputs" / "Audit.csv").head(rows)


def test_frames_lists_and_arrays_score_alike() -> None:
    model, frame = scoring.load(AUDIT), audit()
    expected = model.score(frame)["probability(1)"]
    forms = [
        {name: frame[name].tolist() for name in frame},
        {name: frame[name].to_numpy() for name in frame},
        {name: frame[name].astype(str).tolist() for name in frame},
        {name: frame[name].astype("category") for name in frame},
    ]
    for form in forms:
        assert np.array_equal(model.score(form)["probability(1)"], expected)


def test_whole_numbers_come_back_whole_and_results_become_a_frame() -> None:
    scores = scoring.load(AUDIT).score(audit())
    assert scores["Adjusted"].dtype == np.int64
    assert list(scores.to_frame()) == ["Adjusted", "probability(0)", "probability(1)"]


def test_a_row_that_cannot_be_scored_says_why_and_the_others_are_scored() -> None:
    frame = audit()
    frame.loc[2, "Employment"] = "Astronaut"
    scores = scoring.load(AUDIT).score(frame)
    assert scores.problems is not None
    assert scores.problems[2].startswith("Employment: 'Astronaut' is not among its values (Consultant")
    assert np.isnan(scores["Adjusted"][2])
    assert not np.isnan(np.delete(scores["probability(1)"], 2)).any()


def test_rows_without_any_input_are_refused_with_what_is_needed() -> None:
    with pytest.raises(
        InputError, match="none of the columns is an input of the model; it asks for Age, Employment"
    ):
        scoring.load(AUDIT).score({"other": [1]})
    with pytest.raises(InputError, match="columns of different lengths"):
        scoring.load(AUDIT).score({"Age": [1], "Hours": [1, 2]})


def test_the_order_of_rows_and_the_size_of_batches_do_not_matter() -> None:
    for case in ("sklearn2pmml/ExtraTreesAudit", "sklearn2pmml/AdaBoostAudit", "sklearn2pmml/StackingAudit"):
        model, frame = scoring.load(CASES / f"{case}.pmml"), audit(200)
        together = model.score(frame)["probability(1)"]
        order = np.random.default_rng(3).permutation(len(frame))
        shuffled = model.score(frame.iloc[order])["probability(1)"]
        assert np.allclose(shuffled, together[order], rtol=1e-13, atol=0)
        one = [model.score(frame.iloc[[row]])["probability(1)"][0] for row in range(5)]
        assert np.allclose(one, together[:5], rtol=1e-13, atol=0)


@pytest.mark.parametrize(
    "case", json.loads((CASES / "index.json").read_text())["cases"], ids=lambda case: case["id"]
)
def test_no_rows_give_no_rows(case: dict[str, str]) -> None:
    model = scoring.load(CASES / case["model"])
    scores = model.score({name: [] for name in model.inputs})
    assert {len(values) for values in scores.values()} == {0}


def test_an_unknown_family_is_refused_by_name_and_line(tmp_path: Path) -> None:
    path = tmp_path / "series.pmml"
    path.write_text(document("\n<TimeSeriesModel functionName='timeSeries'/>", t=NUMBER))
    with pytest.raises(
        ModelUnsupported, match="line 2: <TimeSeriesModel> forecasts a series, it does not score rows"
    ):
        scoring.load(path)


@pytest.mark.skipif(not is_installed(), reason="pypmml is not installed")
def test_what_is_not_compiled_goes_to_pypmml_and_says_so(tmp_path: Path) -> None:
    tables = "".join(
        f"<RegressionTable intercept='{i}' targetCategory='{name}'><NumericPredictor name='x' coefficient='1'/></RegressionTable>"
        for i, name in enumerate("abc")
    )
    path = tmp_path / "m.pmml"
    model = f"<RegressionModel functionName='classification' normalizationMethod='cloglog'>{schema('t', 'x')}{tables}</RegressionModel>"
    path.write_text(document(model, t="a|b|c", x=NUMBER))
    loaded = load_any(path)
    assert isinstance(loaded, ReferenceModel)
    assert "has normalizationMethod=cloglog for 3 categories" in loaded.reason
    assert (loaded.engine, loaded.inputs) == ("pypmml", ("x",))


@pytest.mark.parametrize("part", range(4))
def test_a_broken_model_is_scored_or_refused_in_one_line(part: int) -> None:
    originals = read_originals()
    values = np.array([None, "x", "1", "0.5", "-3", "true", "2020-01-02", "1e400", ""], dtype=object)
    for seed in range(part * 200, part * 200 + 200):
        random = Random(seed)
        _, content = random.choice(originals)
        try:
            model = load_content(mutate(content, random), Path("broken.pmml"))
            model.score(dict.fromkeys(model.inputs, values) or {"none": values})
        except LiftstreamError as error:
            if "\n" in str(error):
                pytest.fail(f"seed {seed}: {error}")


def test_a_model_without_inputs_scores_as_many_rows_as_it_is_given() -> None:
    constant = f"<RegressionModel functionName='regression'>{schema('t')}<RegressionTable intercept='2'/></RegressionModel>"
    assert score(document(constant, t=NUMBER), other=[1, 2, 3])["t"].tolist() == [2.0, 2.0, 2.0]


def test_truths_and_whole_numbers_are_themselves_beside_gaps() -> None:
    text = document(
        f"<RegressionModel functionName='regression'>{schema('y', 'x')}<Output><OutputField name='above' optype='categorical'"
        " dataType='boolean' feature='transformedValue'><Apply function='greaterThan'><FieldRef field='x'/>"
        "<Constant dataType='double'>1</Constant></Apply></OutputField><OutputField name='n' optype='continuous'"
        " dataType='integer' feature='transformedValue'><Apply function='round'><FieldRef field='x'/></Apply></OutputField>"
        "<OutputField name='mixed' optype='categorical' dataType='string' feature='transformedValue'><Apply function='if'>"
        "<Apply function='greaterThan'><FieldRef field='x'/><Constant dataType='double'>1</Constant></Apply>"
        "<Constant dataType='boolean'>false</Constant><Constant dataType='double'>0</Constant></Apply></OutputField>"
        "</Output><RegressionTable intercept='0'><NumericPredictor name='x' coefficient='1'/></RegressionTable>"
        "</RegressionModel>",
        x=NUMBER, y=NUMBER,
    )  # fmt: skip
    whole, gaps = score(text, x=[0.0, 2.0]), score(text, x=[0.0, 2.0, np.nan])
    assert whole["above"].tolist() == [False, True]
    assert gaps["above"].tolist() == [False, True, None]
    assert gaps["mixed"].tolist() == ["0.0", "false", None]
    assert whole["n"].dtype.kind == "i"
    assert gaps.whole == whole.whole == {"n"}


def test_the_first_model_that_is_made_for_scoring_scores() -> None:
    def constant(value: int, attributes: str = "") -> str:
        return f"<RegressionModel functionName='regression' {attributes}>{schema('t', 'x')}<RegressionTable intercept='{value}'/></RegressionModel>"

    unscorable = constant(1, "isScorable='false'")
    assert score(document(unscorable + constant(2) + constant(3), t=NUMBER, x=NUMBER), x=[0.0])[
        "t"
    ].tolist() == [2.0]
    with pytest.raises(ModelUnsupported, match="isScorable=false"):
        score(document(unscorable, t=NUMBER, x=NUMBER), x=[0.0])
