"""Every model type and link at one row, worked out by hand."""

from math import atan, erf, exp, pi, sqrt

import numpy as np
import pytest

from tests.scoring.documents import NUMBER, document, schema, score

PREDICTORS = (
    "<ParameterList><Parameter name='p0'/><Parameter name='p1'/><Parameter name='p2'/></ParameterList>"
    "<FactorList><Predictor name='w'/></FactorList><CovariateList><Predictor name='x'/></CovariateList>"
    "<PPMatrix><PPCell value='2' predictorName='x' parameterName='p1'/>"
    "<PPCell value='b' predictorName='w' parameterName='p2'/><PPCell value='1' predictorName='x' parameterName='p2'/>"
    "</PPMatrix>"
)
ETA = 0.1 - 0.2 * 0.5**2 + 0.4 * 0.5
"""p0 + p1 x^2 + p2 [w = b] x at x = 0.5, w = b."""


def cells(category: str = "", betas: tuple[float, ...] = (0.1, -0.2, 0.4)) -> str:
    own = f"targetCategory='{category}'" if category else ""
    return "".join(f"<PCell {own} parameterName='p{i}' beta='{beta}'/>" for i, beta in enumerate(betas))


def model(attributes: str, target: str, matrix: str, predictors: str = PREDICTORS) -> str:
    function = "regression" if target == "n" else "classification"
    return document(
        f"<GeneralRegressionModel functionName='{function}' {attributes}>{schema(target, 'x', 'w', 'm', 'z')}{predictors}"
        f"<ParamMatrix>{matrix}</ParamMatrix></GeneralRegressionModel>",
        x=NUMBER, w="a|b", m=NUMBER, z=NUMBER, n=NUMBER, t="p|q|r", u="no|yes",
    )  # fmt: skip


ROW = {"x": [0.5], "w": ["b"], "m": [3.0], "z": [0.25]}
LINKS = [
    ("identity", ETA),
    ("log", exp(ETA)),
    ("logc", 1 - exp(ETA)),
    ("logit", 1 / (1 + exp(-ETA))),
    ("probit", 0.5 * (1 + erf(ETA / sqrt(2)))),
    ("cloglog", 1 - exp(-exp(ETA))),
    ("loglog", exp(-exp(-ETA))),
    ("cauchit", 0.5 + atan(ETA) / pi),
    ("power' linkParameter='2", sqrt(ETA)),
    ("power' linkParameter='0", exp(ETA)),
    ("oddspower' linkParameter='0.5", 1 / (1 + (1 + 0.5 * ETA) ** -2)),
    ("oddspower' linkParameter='0", 1 / (1 + exp(-ETA))),
    ("negbin' distParameter='2", 1 / (2 * (exp(-ETA) - 1))),
]


@pytest.mark.parametrize(("link", "expected"), LINKS, ids=[link for link, _ in LINKS])
def test_a_generalized_linear_model_undoes_its_link(link: str, expected: float) -> None:
    text = model(f"modelType='generalizedLinear' linkFunction='{link}'", "n", cells())
    assert score(text, **ROW)["n"] == pytest.approx([expected], rel=1e-13)


def test_offset_is_added_and_trials_multiply() -> None:
    attributes = "modelType='generalizedLinear' linkFunction='log' offsetVariable='z' trialsVariable='m'"
    assert score(model(attributes, "n", cells()), **ROW)["n"] == pytest.approx(
        [3 * exp(ETA + 0.25)], rel=1e-13
    )


@pytest.mark.parametrize("kind", ["regression", "generalLinear"])
def test_offset_and_trials_are_for_generalized_models(kind: str) -> None:
    """The standard lists the model types that have them; JPMML and PMML4S leave them out elsewhere, too."""
    attributes = f"modelType='{kind}' offsetVariable='z' trialsValue='7'"
    assert score(model(attributes, "n", cells()), **ROW)["n"] == pytest.approx([ETA], rel=1e-13)


def test_the_offset_of_a_multinomial_model_is_common_to_all_categories() -> None:
    """So it takes no part in their shares, as in JPMML and PMML4S."""
    attributes = "modelType='multinomialLogistic' targetReferenceCategory='r'"
    matrix = cells("p") + cells("q", (1.0, 0.0, 0.0))
    plain, offset = (
        score(model(f"{attributes} {more}", "t", matrix), **ROW) for more in ("", "offsetValue='5'")
    )
    assert offset["probability(r)"] == plain["probability(r)"]


def test_a_factor_that_is_missing_leaves_no_prediction() -> None:
    found = score(model("modelType='generalLinear'", "n", cells()), **{**ROW, "w": [None]})
    assert np.isnan(found["n"]).all()


def test_what_does_not_matter_may_be_missing() -> None:
    """p2 is 0 where the factor has another category, whatever x is; p1, which nothing weighs, is not asked."""
    matrix = "<PCell parameterName='p0' beta='0.1'/><PCell parameterName='p2' beta='0.4'/>"
    found = score(model("modelType='generalLinear'", "n", matrix), x=[None, None], w=["a", "b"])["n"]
    assert found[0] == 0.1
    assert np.isnan(found[1])


def test_a_binary_classifier_speaks_of_the_category_that_is_not_the_reference() -> None:
    attributes = "modelType='generalizedLinear' linkFunction='logit' targetReferenceCategory='no'"
    for category in ("yes", ""):
        found = score(model(attributes, "u", cells(category)), **ROW)
        assert found["probability(yes)"] == pytest.approx([1 / (1 + exp(-ETA))], rel=1e-13)
        assert list(found["u"]) == ["yes"]


def test_a_multinomial_model_gives_the_reference_eta_0() -> None:
    matrix = cells("p") + cells("q", (1.0, 0.0, 0.0))
    found = score(model("modelType='multinomialLogistic' targetReferenceCategory='r'", "t", matrix), **ROW)
    total = exp(ETA) + exp(1) + 1
    shares = [found[f"probability({name})"][0] for name in "pqr"]
    assert shares == pytest.approx([exp(ETA) / total, exp(1) / total, 1 / total], rel=1e-13)


def test_an_ordinal_model_takes_differences_of_cumulative_probabilities() -> None:
    matrix = (
        "<PCell targetCategory='p' parameterName='p0' beta='-1'/><PCell targetCategory='q' parameterName='p0' beta='2'/>"
        "<PCell parameterName='p1' beta='-0.2'/>"
    )
    found = score(model("modelType='ordinalMultinomial' cumulativeLink='logit'", "t", matrix), **ROW)
    first, second = (1 / (1 + exp(-(start - 0.2 * 0.25))) for start in (-1, 2))
    shares = [found[f"probability({name})"][0] for name in "pqr"]
    assert shares == pytest.approx([first, second - first, 1 - second], rel=1e-13)


BASELINE = (
    "<BaseCumHazardTables maxTime='30'><BaselineCell time='10' cumHazard='0.1'/><BaselineCell time='20' cumHazard='0.4'/>"
    "</BaseCumHazardTables>"
)


@pytest.mark.parametrize(
    ("time", "hazard"), [(5.0, 0.0), (10.0, 0.1), (19.9, 0.1), (25.0, 0.4), (30.0, 0.4), (30.1, None)]
)
def test_a_cox_model_multiplies_the_baseline_at_its_time(time: float, hazard: float | None) -> None:
    predictors = PREDICTORS.replace("name='p1'/>", "name='p1' referencePoint='0.3'/>", 1)
    text = model("modelType='CoxRegression' endTimeVariable='m'", "n", cells(), predictors)
    found = score(text.replace("</ParamMatrix>", "</ParamMatrix>" + BASELINE), **{**ROW, "m": [time]})["n"][0]
    if hazard is None:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(hazard * exp(ETA + 0.2 * 0.3), rel=1e-13)


def test_a_stratum_has_a_baseline_of_its_own() -> None:
    strata = (
        "<BaseCumHazardTables><BaselineStratum value='a' maxTime='9'><BaselineCell time='1' cumHazard='0.5'/>"
        "</BaselineStratum><BaselineStratum value='b' maxTime='9'><BaselineCell time='1' cumHazard='0.7'/>"
        "</BaselineStratum></BaseCumHazardTables>"
    )
    attributes = "modelType='CoxRegression' endTimeVariable='m' baselineStrataVariable='w'"
    text = model(attributes, "n", cells(betas=(0.0, 0.0, 0.0))).replace(
        "</ParamMatrix>", "</ParamMatrix>" + strata
    )
    found = score(text, x=[0.5, 0.5], w=["a", "b"], m=[2.0, 2.0])["n"]
    assert found == pytest.approx([0.5, 0.7])
