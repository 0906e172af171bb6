"""What nyoka is known to get wrong: refused by name in its documents, and only there."""

import csv
from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused
from liftstream.scoring.loading import load_content
from liftstream.scoring.model import Scores
from tests.scoring.documents import NUMBER, document, schema

CASES = Path(__file__).parents[1] / "cases" / "nyoka"
BY_NYOKA = "<Header><Application name='Nyoka' version='5.5.0'/></Header>"
SCHEMA = schema("y", "a", "b")


def by_nyoka(text: str) -> str:
    return text.replace("<Header/>", BY_NYOKA)


def score(text: str, **columns: object) -> Scores:
    return load_content(text.encode(), Path("m.pmml")).score(columns)


def chain(
    *tables: str, name: str = "LogisticRegression", last: str = "normalizationMethod='simplemax'"
) -> str:
    """A regression for each of x, y and z, and one that makes shares of them."""
    segments = "".join(
        f"<Segment><True/><RegressionModel functionName='regression' normalizationMethod='logit'>{schema(None, 'a', 'b')}"
        f"<Output><OutputField name='p{i}' dataType='double' feature='predictedValue'/></Output>{table}"
        "</RegressionModel></Segment>"
        for i, table in enumerate(tables)
    )
    shares = "".join(
        f"<RegressionTable intercept='0' targetCategory='{c}'><NumericPredictor name='p{i}' coefficient='1'/></RegressionTable>"
        for i, c in enumerate("xyz")
    )
    joined = f"<RegressionModel functionName='classification' {last}>{schema('y', 'p0', 'p1', 'p2')}{shares}</RegressionModel>"
    return document(
        f"<MiningModel modelName='{name}' functionName='classification'>{SCHEMA}"
        f"<Segmentation multipleModelMethod='modelChain'>{segments}<Segment><True/>{joined}</Segment></Segmentation>"
        "</MiningModel>",
        a=NUMBER,
        b=NUMBER,
        y="x|y|z",
    )


def table(intercept: float, a: float, b: float) -> str:
    return (
        f"<RegressionTable intercept='{intercept}'><NumericPredictor name='a' coefficient='{a}'/>"
        f"<NumericPredictor name='b' coefficient='{b}'/></RegressionTable>"
    )


MULTINOMIAL = (table(0.1, 1.0, 0.5), table(-0.3, -2.0, 0.25), table(0.2, 1.0, -0.75))
ONE_VERSUS_REST = (table(0.1, 1.0, 0.5), table(-0.3, -2.0, 0.25), table(0.5, 1.5, -0.5))
BAYES = document(
    f"<NaiveBayesModel functionName='classification' threshold='0.001'>{schema('y', 'a')}<BayesInputs>"
    "<BayesInput fieldName='a'><TargetValueStats>"
    "<TargetValueStat value='x'><GaussianDistribution mean='0' variance='1'/></TargetValueStat>"
    "<TargetValueStat value='z'><GaussianDistribution mean='8' variance='1'/></TargetValueStat>"
    "</TargetValueStats></BayesInput></BayesInputs><BayesOutput fieldName='y'><TargetValueCounts>"
    "<TargetValueCount value='x' count='1'/><TargetValueCount value='z' count='1'/>"
    "</TargetValueCounts></BayesOutput></NaiveBayesModel>",
    a=NUMBER,
    y="x|z",
)


def forest(method: str, operator: str, value: str, node: str = "") -> str:
    """Two trees that say 0 below a value of `a`, 1 above it; added, averaged or voted on."""
    above = {"lessThan": "greaterOrEqual", "lessOrEqual": "greaterThan"}[operator]
    tree = (
        f"<Segment><True/><TreeModel functionName='regression'>{schema(None, 'a')}<Node {node}><True/>"
        f"<Node score='0'><SimplePredicate field='a' operator='{operator}' value='{value}'/></Node>"
        f"<Node score='1'><SimplePredicate field='a' operator='{above}' value='{value}'/></Node></Node></TreeModel></Segment>"
    )
    return document(
        f"<MiningModel functionName='regression'>{schema('y', 'a')}"
        f"<Segmentation multipleModelMethod='{method}'>{tree}{tree}</Segmentation></MiningModel>",
        a=NUMBER,
        y=NUMBER,
    )


ISOLATION = document(
    "<AnomalyDetectionModel functionName='regression' algorithmType='iforest' sampleDataSize='8'>"
    + schema(None, "a")
    + forest("average", "lessOrEqual", "0.5")
    .split("</DataDictionary>")[1]
    .removesuffix("</PMML>")
    .replace("field='y'", "")
    + "</AnomalyDetectionModel>",
    a=NUMBER,
    y=NUMBER,
)
NETWORK = document(
    f"<NeuralNetwork functionName='classification' activationFunction='logistic'>{schema('y', 'a')}<NeuralInputs>"
    "<NeuralInput id='0'><DerivedField optype='continuous' dataType='double'><FieldRef field='a'/></DerivedField></NeuralInput>"
    "</NeuralInputs><NeuralLayer>"
    + "".join(f"<Neuron id='{i}' bias='0.1'><Con from='0' weight='{i}'/></Neuron>" for i in (1, 2, 3))
    + "</NeuralLayer><NeuralOutputs>"
    + "".join(
        f"<NeuralOutput outputNeuron='{i}'><DerivedField optype='categorical' dataType='string'>"
        f"<NormDiscrete field='y' value='{c}'/></DerivedField></NeuralOutput>"
        for i, c in enumerate("xyz", start=1)
    )
    + "</NeuralOutputs></NeuralNetwork>",
    a=NUMBER,
    y="x|y|z",
)


def of_text(index: str) -> str:
    derived = f"<DerivedField name='t' optype='continuous' dataType='double'>{index}</DerivedField>"
    return document(
        f"<RegressionModel functionName='regression'>{schema('y', 'w')}<LocalTransformations>{derived}</LocalTransformations>"
        "<RegressionTable intercept='0'><NumericPredictor name='t' coefficient='1'/></RegressionTable></RegressionModel>",
        w="",
        y=NUMBER,
    )


TERM = "<TextIndex textField='w'><Constant>good</Constant></TextIndex>"
MISTAKES = {
    "is an isolation forest of nyoka": ISOLATION,
    "has the threshold 0.001, which nyoka writes": BAYES,
    "is a multinomial regression or discriminant analysis": chain(*MULTINOMIAL),
    "is a multinomial regression or discriminant analysis that": chain(
        *ONE_VERSUS_REST, name="LinearDiscriminantAnalysis"
    ),
    "has a regression for each class, and nothing": chain(*ONE_VERSUS_REST, last=""),
    "lets trees vote": forest("majorityVote", "lessOrEqual", "0.5"),
    "asks lessThan where LightGBM asks lessOrEqual": forest("sum", "lessThan", "37.0000000000000071"),
    "has 3 categories and no softmax": NETWORK,
    "is a tf-idf of nyoka": of_text(f"<Apply function='*'><Constant>1.5</Constant>{TERM}</Apply>"),
    r"has wordSeparatorCharacterRE='\\\\b": of_text(
        TERM.replace("='w'", r"='w' wordSeparatorCharacterRE='\b\w\w+\b'")
    ),
}


@pytest.mark.parametrize(("message", "text"), MISTAKES.items(), ids=[key[:40] for key in MISTAKES])
def test_a_document_that_nyoka_is_known_to_get_wrong_is_refused_by_line_and_element(
    message: str, text: str
) -> None:
    with pytest.raises(ModelRefused, match=rf"^m\.pmml: line \d+: <\w+> {message}"):
        load_content(by_nyoka(text).encode(), Path("m.pmml"))


@pytest.mark.parametrize(
    "text", [text for key, text in MISTAKES.items() if "vote" not in key], ids=lambda _: ""
)
def test_the_same_document_of_another_converter_is_scored_as_it_stands(text: str) -> None:
    load_content(text.encode(), Path("m.pmml"))


def test_regressions_of_one_class_against_the_rest_are_scored() -> None:
    values = np.array([[0.1 + 1.0 * 2, -0.3 - 2.0 * 2, 0.5 + 1.5 * 2]])
    shares = 1.0 / (1.0 + np.exp(-values))
    scores = score(by_nyoka(chain(*ONE_VERSUS_REST)), a=[2.0], b=[0.0])
    found = [scores[f"probability({c})"][0] for c in "xyz"]
    assert np.allclose(found, shares[0] / shares.sum(), rtol=1e-12)


def test_naive_bayes_gives_the_densities_once_its_threshold_is_written_as_0() -> None:
    scores = score(by_nyoka(BAYES.replace("0.001", "0")), a=[3.5])
    odds = np.exp(-(3.5**2) / 2 + 4.5**2 / 2)
    assert np.isclose(scores["probability(x)"][0], odds / (1 + odds), rtol=1e-12)
    assert not np.isclose(score(BAYES, a=[3.5])["probability(x)"][0], odds / (1 + odds), rtol=1e-2)


def test_trees_of_xgboost_compare_and_add_in_single_precision() -> None:
    text = (
        forest("sum", "lessThan", "0.2730000020000000")
        .replace("score='1'", "score='0.1'")
        .replace("score='0'", "score='0.2'")
    )
    single = np.float32(0.1) + np.float32(0.1)
    assert score(by_nyoka(text), a=[0.273])["y"][0] == single
    assert score(text, a=[0.273])["y"][0] == 0.4


@pytest.mark.parametrize(
    ("value", "threshold", "expected"),
    [
        (0.3, "0.3", 0.0),  # the short text of a number of single precision, which is a little above it
        (0.30000001, "0.3", 0.0),  # the same number in single precision
        (0.31, "0.3", 1.0),
        (0.3, "0.3000000059604645", 1.0),  # a double: 0.3 is 0.300000012 in single precision
        (0.3, "0.3000000178813934", 0.0),
    ],
)
def test_trees_of_scikit_learn_compare_a_single_with_a_double(
    value: float, threshold: str, expected: float
) -> None:
    text = by_nyoka(forest("average", "lessOrEqual", threshold, "recordCount='2'"))
    assert score(text, a=[value])["y"][0] == expected


def test_a_forest_of_nyoka_differs_where_a_value_meets_a_threshold_and_nowhere_else() -> None:
    content = (CASES / "ForestScaled.pmml").read_text()
    with (CASES / "ForestScaled.input.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    ours = score(content, **columns)["probability(yes)"]
    others = score(content.replace('name="Nyoka"', 'name="Another"'), **columns)["probability(yes)"]
    assert 0 < (np.abs(ours - others) > 1e-9).sum() <= 3
