"""Regressions, networks, Targets and Output, worked out by hand."""

import tracemalloc
from math import exp, tanh

import numpy as np
import pytest
from scipy.special import ndtr

from liftstream.contracts.errors import ModelRefused, ModelUnsupported
from tests.scoring.documents import NUMBER, document, schema, score

ORDERED = "optype='ordinal' dataType='string'><Value value='low'/><Value value='mid'/><Value value='high'/"


def table(intercept: float, slope: float, category: str = "") -> str:
    named = f"targetCategory='{category}'" if category else ""
    return f"<RegressionTable intercept='{intercept}' {named}><NumericPredictor name='x' coefficient='{slope}'/></RegressionTable>"


def classifier(method: str, tables: str, target: str) -> str:
    model = (
        f"<RegressionModel functionName='classification' normalizationMethod='{method}'>{schema('t', 'x')}{tables}"
        "</RegressionModel>"
    )
    return document(model, t=target, x=NUMBER)


@pytest.mark.parametrize(
    ("method", "share"),
    [
        ("logit", 1 / (1 + exp(-0.3))), ("probit", ndtr(0.3)), ("cloglog", 1 - exp(-exp(0.3))), ("loglog", exp(-exp(-0.3))),
        ("cauchit", 0.5 + np.arctan(0.3) / np.pi), ("none", 0.3), ("softmax", exp(0.3) / (exp(0.3) + exp(0.1))),
    ],
)  # fmt: skip
def test_two_categories_are_normalized(method: str, share: float) -> None:
    text = classifier(method, table(0.2, 0.1, "b") + table(0.1, 0, "a"), "a|b")
    scores = score(text, x=[1.0])
    assert scores["probability(b)"][0] == pytest.approx(share, rel=1e-14)
    assert scores["probability(a)"][0] == pytest.approx(1 - share, rel=1e-14)


def test_one_table_implies_the_other_category() -> None:
    scores = score(classifier("logit", table(0.2, 0.1, "b"), "a|b"), x=[1.0])
    assert scores["probability(b)"][0] == pytest.approx(1 / (1 + exp(-0.3)))
    assert scores["t"].tolist() == ["b"]


@pytest.mark.parametrize("method", ["none", "softmax", "logit"])
def test_a_category_that_is_not_known_leaves_none_known(method: str) -> None:
    """What is left to 1 for the last category, and who wins, is told by all tables together."""
    tables = table(5, 0, "a") + table(2, 1, "b") + table(0, 0, "c")
    scores = score(classifier(method, tables, "a|b|c"), x=[None])
    assert scores["t"].tolist() == [None]
    assert np.isnan([scores[f"probability({name})"][0] for name in "abc"]).all()


def test_several_categories_are_normalized() -> None:
    tables = table(1, 0, "a") + table(2, 0, "b") + table(0, 1, "c")
    soft = score(classifier("softmax", tables, "a|b|c"), x=[3.0])
    assert soft["probability(c)"][0] == pytest.approx(exp(3) / (exp(1) + exp(2) + exp(3)))
    simple = score(classifier("simplemax", tables, "a|b|c"), x=[3.0])
    assert simple["probability(c)"][0] == pytest.approx(0.5)
    with pytest.raises(ModelUnsupported, match="normalizationMethod=probit for 3 categories"):
        score(classifier("probit", tables, "a|b|c"), x=[3.0])


def test_an_output_of_a_rank_is_of_the_next_likely_class() -> None:
    outputs = "".join(
        f"<OutputField name='{feature}{rank}' feature='{feature}' rank='{rank}' dataType='{kind}'/>"
        for feature, kind in (("predictedValue", "string"), ("probability", "double"), ("entityId", "string"))
        for rank in (1, 2, 4)
    )
    tables = table(1, 0, "a") + table(3, 0, "b") + table(2, 0, "c")
    text = classifier("simplemax", tables, "a|b|c").replace(
        "<RegressionTable", f"<Output>{outputs}</Output><RegressionTable", 1
    )
    scores = score(text, x=[3.0])
    assert [scores[f"predictedValue{rank}"][0] for rank in (1, 2, 4)] == ["b", "c", None]
    assert [scores[f"probability{rank}"][0] for rank in (1, 2)] == [0.5, pytest.approx(2 / 6)]
    assert np.isnan(scores["probability4"][0])
    assert [scores[f"entityId{rank}"][0] for rank in (1, 2)] == ["b", None]


@pytest.mark.parametrize(
    ("rank", "why"), [("rank='2'", "predicts one number"), ("rankOrder='ascending'", "rankOrder")]
)
def test_a_rank_that_there_is_not_is_refused(rank: str, why: str) -> None:
    output = f"<Output><OutputField name='o' feature='predictedValue' {rank} dataType='double'/></Output>"
    with pytest.raises(ModelUnsupported, match=why):
        score(regression("", output), x=[1.0])


def test_ordered_categories_take_differences() -> None:
    tables = (
        table(-1, 0, "low") + table(1, 0, "mid") + "<RegressionTable intercept='0' targetCategory='high'/>"
    )
    scores = score(classifier("logit", tables, ORDERED), x=[0.0])
    low, cumulative = 1 / (1 + exp(1)), 1 / (1 + exp(-1))
    found = [scores[f"probability({name})"][0] for name in ("low", "mid", "high")]
    assert found == pytest.approx([low, cumulative - low, 1 - cumulative])


def test_cumulative_shares_that_are_not_normalized_stay_between_0_and_1() -> None:
    tables = table(-1, 0.5, "low") + table(0.5, 0.5, "mid") + "<RegressionTable targetCategory='high'/>"
    scores = score(classifier("none", tables, ORDERED), x=[3.0, 0.5])
    found = np.column_stack([scores[f"probability({name})"] for name in ("low", "mid", "high")])
    assert found.tolist() == [[0.5, 0.5, 0.0], [0.0, 0.75, 0.25]]


def regression(inside: str, extra: str = "", **fields: str) -> str:
    model = f"<RegressionModel functionName='regression'>{schema('t', 'x', 'c')}{extra}<RegressionTable intercept='1'>{inside}</RegressionTable></RegressionModel>"
    return document(model, t=fields.get("t", NUMBER), x=NUMBER, c="a|b")


def test_terms_of_every_kind_add_up() -> None:
    inside = (
        "<NumericPredictor name='x' exponent='2' coefficient='3'/><CategoricalPredictor name='c' value='a' coefficient='10'/>"
        "<PredictorTerm coefficient='0.5'><FieldRef field='x'/><FieldRef field='x'/><FieldRef field='x'/></PredictorTerm>"
    )
    scores = score(regression(inside), x=[2.0, 2.0, 2.0, None], c=["a", "b", None, "a"])
    assert scores["t"].tolist()[:3] == [27.0, 17.0, 17.0]
    assert np.isnan(scores["t"][3])


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("rescaleFactor='2' rescaleConstant='5'", 11.4), ("castInteger='round'", 3.0), ("castInteger='ceiling'", 4.0),
        ("castInteger='floor'", 3.0), ("min='4'", 4.0), ("min='-INF' max='INF'", 3.2), ("max='2' rescaleFactor='3'", 6.0),
    ],
)  # fmt: skip
def test_targets_clip_rescale_and_cast(attributes: str, expected: float) -> None:
    text = regression(
        "<NumericPredictor name='x' coefficient='2.2'/>",
        f"<Targets><Target field='t' {attributes}/></Targets>",
    )
    assert score(text, x=[1.0])["t"][0] == pytest.approx(expected)


def test_a_target_has_a_default_for_missing_predictions() -> None:
    targets = "<Targets><Target field='t'><TargetValue defaultValue='42'/></Target></Targets>"
    text = regression("<NumericPredictor name='x' coefficient='2'/>", targets)
    assert score(text, x=[None, 1.0], c=["a", "a"])["t"].tolist() == [42.0, 3.0]


def test_outputs_of_every_feature() -> None:
    output = (
        "<Output><OutputField name='p' feature='predictedValue' dataType='double'/>"
        "<OutputField name='double p' feature='transformedValue' dataType='double'><Apply function='*'><FieldRef field='p'/>"
        "<Constant>2</Constant></Apply></OutputField>"
        "<OutputField name='hidden' feature='predictedValue' dataType='double' isFinalResult='false'/>"
        "<OutputField name='buy' feature='decision' dataType='string'><Apply function='if'><Apply function='greaterThan'>"
        "<FieldRef field='hidden'/><Constant>2</Constant></Apply><Constant>yes</Constant><Constant>no</Constant></Apply>"
        "</OutputField></Output>"
    )
    scores = score(regression("<NumericPredictor name='x' coefficient='1'/>", output), x=[1.0, 4.0])
    assert scores["double p"].tolist() == [4.0, 10.0]
    assert scores["buy"].tolist() == ["no", "yes"]
    assert "hidden" not in scores


def test_a_class_has_its_share_and_its_displayed_name() -> None:
    output = (
        "<Output><OutputField name='best' feature='probability' dataType='double'/>"
        "<OutputField name='of b' feature='probability' value='b' dataType='double'/>"
        "<OutputField name='shown' feature='predictedDisplayValue' dataType='string'/></Output>"
    )
    model = (
        f"<RegressionModel functionName='classification' normalizationMethod='logit'>{schema('t', 'x')}{output}"
        f"{table(0, 1, 'a')}{table(0, 0, 'b')}</RegressionModel>"
    )
    target = "optype='categorical' dataType='string'><Value value='a' displayValue='Alpha'/><Value value='b'/"
    scores = score(document(model, t=target, x=NUMBER), x=[2.0, -2.0])
    share = 1 / (1 + exp(-2))
    assert scores["best"].tolist() == pytest.approx([share, share])
    assert scores["of b"].tolist() == pytest.approx([1 - share, share])
    assert scores["shown"].tolist() == ["Alpha", "b"]


def test_targets_may_spell_a_category_otherwise_than_the_dictionary() -> None:
    targets = (
        "<Output><OutputField name='shown' feature='predictedDisplayValue' dataType='string'/></Output><Targets><Target"
        " field='t'><TargetValue value='1.0' displayValue='yes' priorProbability='0.9'/><TargetValue value='0.0'"
        " displayValue='no' priorProbability='0.1'/></Target></Targets>"
    )
    target = "optype='categorical' dataType='integer'><Value value='0'/><Value value='1'/"
    text = classifier("logit", table(0, 1, "1") + table(0, 0, "0"), target)
    scores = score(text.replace("<RegressionTable", targets + "<RegressionTable", 1), x=[-2.0, 2.0, None])
    assert scores["shown"].tolist() == ["no", "yes", "yes"]
    assert scores["t"].tolist() == [0, 1, 1]
    assert scores["probability(1)"][2] == 0.9


def test_the_residual_of_a_class_is_one_or_zero_less_its_probability() -> None:
    output = "<Output><OutputField name='r' feature='residual' value='b' dataType='double'/></Output>"
    text = classifier("logit", table(0.2, 0.1, "b"), "a|b").replace(
        "<RegressionTable", output + "<RegressionTable", 1
    )
    share = 1 / (1 + exp(-0.3))
    assert score(text, x=[1.0, 1.0], t=["b", "a"])["r"] == pytest.approx([1 - share, -share])


def test_a_residual_of_no_named_class_is_that_of_the_predicted_one() -> None:
    """The example that JPMML tests itself with."""
    output = "<Output><OutputField name='r' feature='residual' optype='continuous'/></Output>"
    text = document(
        f"<RegressionModel functionName='classification' normalizationMethod='none'>{schema('t', 'x')}{output}"
        "<RegressionTable intercept='0' targetCategory='yes'><NumericPredictor name='x' coefficient='0.5'/></RegressionTable>"
        "<RegressionTable intercept='0' targetCategory='no'/></RegressionModel>",
        t="yes|no", x=NUMBER,
    )  # fmt: skip
    found = score(text, x=[1.6, 1.6, 1.6], t=["yes", "no", None])["r"]
    assert found == pytest.approx([0.2, -0.8, np.nan], nan_ok=True)


def test_a_table_of_another_target_is_refused_by_name() -> None:
    text = regression("").replace("<RegressionTable ", "<RegressionTable x-targetField='u' ")
    with pytest.raises(ModelUnsupported, match="<RegressionTable> has x-targetField"):
        score(text, x=[1.0])


def test_an_unknown_feature_of_an_output_is_refused_by_name() -> None:
    output = "<Output><OutputField name='o' feature='mystery'/></Output>"
    with pytest.raises(ModelUnsupported, match="<OutputField> has feature='mystery'"):
        score(regression("", output), x=[1.0])


def network(layers: str, outputs: str, attributes: str = "", target: str = NUMBER) -> str:
    kind = "regression" if target == NUMBER else "classification"
    inputs = "".join(
        f"<NeuralInput id='i{i}'><DerivedField optype='continuous' dataType='double'><FieldRef field='{name}'/></DerivedField></NeuralInput>"
        for i, name in enumerate("xw")
    )
    model = (
        f"<NeuralNetwork functionName='{kind}' activationFunction='tanh' {attributes}>{schema('t', 'x', 'w')}"
        f"<NeuralInputs>{inputs}</NeuralInputs>{layers}<NeuralOutputs>{outputs}</NeuralOutputs></NeuralNetwork>"
    )
    return document(model, t=target, x=NUMBER, w=NUMBER)


HIDDEN = "<NeuralLayer><Neuron id='h' bias='0.1'><Con from='i0' weight='2'/><Con from='i1' weight='-1'/></Neuron></NeuralLayer>"
NUMBER_OUT = "<NeuralOutput outputNeuron='o'><DerivedField optype='continuous' dataType='double'>{}</DerivedField></NeuralOutput>"


def test_a_network_sees_back_over_layers_and_undoes_the_norm_of_its_output() -> None:
    layers = (
        f"{HIDDEN}<NeuralLayer activationFunction='identity'><Neuron id='o' bias='1'><Con from='h' weight='3'/>"
        "<Con from='i1' weight='5'/></Neuron></NeuralLayer>"
    )
    norm = "<NormContinuous field='t'><LinearNorm orig='100' norm='0'/><LinearNorm orig='200' norm='1'/></NormContinuous>"
    scores = score(network(layers, NUMBER_OUT.format(norm)), x=[0.3], w=[0.2])
    inner = 1 + 3 * tanh(0.1 + 0.6 - 0.2) + 5 * 0.2
    assert scores["t"][0] == pytest.approx(100 + 100 * inner)


ACTIVATIONS = {
    "logistic": 1 / (1 + exp(-0.5)), "identity": 0.5, "exponential": exp(0.5), "reciprocal": 2.0, "square": 0.25, "Gauss": exp(-0.25),
    "sine": np.sin(0.5), "cosine": np.cos(0.5), "Elliott": 0.5 / 1.5, "arctan": 2 * np.arctan(0.5) / np.pi, "rectifier": 0.5,
    "threshold": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(("activation", "expected"), ACTIVATIONS.items())
def test_a_neuron_is_activated(activation: str, expected: float) -> None:
    layer = f"<NeuralLayer activationFunction='{activation}'><Neuron id='o'><Con from='i0' weight='1'/></Neuron></NeuralLayer>"
    found = score(network(layer, NUMBER_OUT.format("<FieldRef field='t'/>")), x=[0.5], w=[0.0])
    assert found["t"][0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("own", "expected"), [("", -0.5), ("x-leakage='0.25'", -1.25)])
def test_a_rectifier_lets_the_share_through_that_its_layer_says_or_else_the_network(
    own: str, expected: float
) -> None:
    neuron = "<Neuron id='o' bias='-5'><Con from='i0' weight='1'/></Neuron>"
    layer = f"<NeuralLayer activationFunction='rectifier' {own}>{neuron}</NeuralLayer>"
    text = network(layer, NUMBER_OUT.format("<FieldRef field='t'/>"), "x-leakage='0.1'")
    assert score(text, x=[0.0, 7.0], w=[0.0, 0.0])["t"].tolist() == pytest.approx([expected, 2.0])


def test_a_radial_basis_neuron_works_on_the_distance() -> None:
    layer = (
        "<NeuralLayer activationFunction='radialBasis' altitude='2'><Neuron id='o' width='1.5'>"
        "<Con from='i0' weight='1'/><Con from='i1' weight='3'/></Neuron></NeuralLayer>"
    )
    found = score(network(layer, NUMBER_OUT.format("<FieldRef field='t'/>")), x=[2.0], w=[5.0])
    assert found["t"][0] == pytest.approx(2.0**2 * exp(-(1 + 4) / (2 * 1.5**2)))
    far = layer.replace("weight='1'", "weight='100000000'")
    found = score(network(far, NUMBER_OUT.format("<FieldRef field='t'/>")), x=[100000001.0], w=[5.0])
    assert found["t"][0] == pytest.approx(2.0**2 * exp(-(1 + 4) / (2 * 1.5**2)))


def test_a_layer_is_made_to_sum_to_one() -> None:
    layer = (
        "<NeuralLayer activationFunction='identity' normalizationMethod='softmax'><Neuron id='o'><Con from='i0' weight='1'/>"
        "</Neuron><Neuron id='p'><Con from='i1' weight='1'/></Neuron></NeuralLayer>"
    )
    outputs = "".join(
        f"<NeuralOutput outputNeuron='{neuron}'><DerivedField optype='categorical' dataType='string'>"
        f"<NormDiscrete field='t' value='{name}'/></DerivedField></NeuralOutput>"
        for neuron, name in (("o", "a"), ("p", "b"))
    )
    named = "<Output><OutputField name='who' feature='entityId' dataType='string'/></Output><NeuralInputs>"
    text = network(layer, outputs, target="a|b").replace("<NeuralInputs>", named)
    scores = score(text, x=[1.0, None], w=[0.0, 1.0])
    assert scores["probability(a)"][0] == pytest.approx(exp(1) / (exp(1) + 1))
    assert scores["t"].tolist() == ["a", None]
    assert scores["who"].tolist() == ["o", None]


def test_a_network_answers_for_several_targets_each_by_its_own_neuron() -> None:
    neurons = "".join(f"<Neuron id='{n}' bias='{n}'><Con from='i' weight='2'/></Neuron>" for n in (1, 2))
    outputs = "".join(
        f"<NeuralOutput outputNeuron='{n}'><DerivedField optype='continuous' dataType='double'><FieldRef field='{name}'/>"
        "</DerivedField></NeuralOutput>"
        for n, name in ((2, "u"), (1, "v"))
    )
    listed = schema("u", "x").replace(
        "</MiningSchema>", "<MiningField name='v' usageType='target'/></MiningSchema>"
    )
    text = document(
        f"<NeuralNetwork functionName='regression' activationFunction='identity'>{listed}<NeuralInputs>"
        "<NeuralInput id='i'><DerivedField optype='continuous' dataType='double'><FieldRef field='x'/></DerivedField>"
        f"</NeuralInput></NeuralInputs><NeuralLayer>{neurons}</NeuralLayer><NeuralOutputs>{outputs}</NeuralOutputs>"
        "</NeuralNetwork>",
        u=NUMBER, v=NUMBER, x=NUMBER,
    )  # fmt: skip
    scores = score(text, x=[10.0, None])
    assert scores["u"].tolist() == pytest.approx([22.0, np.nan], nan_ok=True)
    assert scores["v"].tolist() == pytest.approx([21.0, np.nan], nan_ok=True)


def test_the_residual_of_a_text_is_refused() -> None:
    output = "<Output><OutputField name='r' feature='residual' dataType='double'/></Output>"
    text = document(
        f"<RegressionModel functionName='regression'>{schema('t', 'x')}{output}<RegressionTable intercept='0'/></RegressionModel>",
        t="", x=NUMBER,
    )  # fmt: skip
    with pytest.raises(ModelUnsupported, match="residual of the text 't'"):
        score(text, x=[1.0], t=["a"])


def test_a_connection_to_nowhere_is_refused_with_its_line() -> None:
    layer = "<NeuralLayer><Neuron id='o'><Con from='i7' weight='1'/></Neuron></NeuralLayer>"
    with pytest.raises(ModelRefused, match="line 1: <Con> names the neuron 'i7', which is not defined"):
        score(network(layer, NUMBER_OUT.format("<FieldRef field='t'/>")), x=[1.0])


def test_a_missing_number_of_one_table_leaves_no_probability() -> None:
    tables = table(1, 0, "a") + "<RegressionTable intercept='2' targetCategory='b'/>"
    scores = score(classifier("softmax", tables, "a|b"), x=[None])
    assert np.isnan(scores["probability(b)"][0])


def test_an_output_that_refers_to_a_derived_field_means_what_that_does() -> None:
    layer = "<NeuralLayer activationFunction='identity'><Neuron id='o' bias='0'><Con from='h' weight='3'/></Neuron></NeuralLayer>"
    norm = "<NormContinuous field='t'><LinearNorm orig='100' norm='0'/><LinearNorm orig='200' norm='1'/></NormContinuous>"
    kind = "optype='continuous' dataType='double'"
    there = "<TransformationDictionary>{}</TransformationDictionary><NeuralNetwork"

    def referring(*fields: str) -> str:
        text = network(HIDDEN + layer, NUMBER_OUT.format("<FieldRef field='a'/>"))
        return text.replace("<NeuralNetwork", there.format("".join(fields)), 1)

    first, second = (f"<DerivedField name='{name}' {kind}>{{}}</DerivedField>" for name in "ab")
    direct = score(network(HIDDEN + layer, NUMBER_OUT.format(norm)), x=[0.3], w=[0.2])["t"][0]
    plain = score(network(HIDDEN + layer, NUMBER_OUT.format("<FieldRef field='t'/>")), x=[0.3], w=[0.2])["t"][
        0
    ]
    assert direct == pytest.approx(100 + 100 * plain)
    passed_on = referring(first.format("<FieldRef field='b'/>"), second.format(norm))
    assert score(passed_on, x=[0.3], w=[0.2])["t"][0] == direct
    circle = referring(first.format("<FieldRef field='b'/>"), second.format("<FieldRef field='a'/>"))
    with pytest.raises(ModelRefused, match="goes round in a circle"):
        score(circle, x=[0.3], w=[0.2])


def test_twenty_thousand_categories_are_no_columns() -> None:
    names = [f"c{i}" for i in range(20_000)]
    terms = "".join(
        f"<CategoricalPredictor name='w' value='{name}' coefficient='{i}'/>" for i, name in enumerate(names)
    )
    text = document(
        f"<RegressionModel functionName='regression'>{schema('y', 'w', 'x')}<RegressionTable intercept='1'>"
        f"<NumericPredictor name='x' coefficient='0.5'/>{terms}</RegressionTable></RegressionModel>",
        w='optype="categorical" dataType="string"', x=NUMBER, y=NUMBER,
    )  # fmt: skip
    drawn = np.random.default_rng(4).integers(0, 20_000, 5_000)
    words = [*(names[i] for i in drawn), "unknown", None]
    tracemalloc.start()
    found = score(text, w=words, x=np.ones(len(words)))["y"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, [*(drawn + 1.5), 1.5, 1.5])
    assert peak < 200e6  # a column of 5,002 numbers for each category would be 800 MB
