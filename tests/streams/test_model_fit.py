"""A model and a stream: what is not provided, does not fit or is not used is said before anything is read."""

from dataclasses import replace

import pytest

from liftstream.contracts.errors import ModelUnfit
from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_inputs import ModelInput, ModelOffer
from liftstream.contracts.places import model_named
from liftstream.scoring import load
from liftstream.streams.definition import Answer, AnswerField, AnswerSource, Feature, FeatureType
from liftstream.streams.model_fit import fit_model
from liftstream.streams.paths import parse_path
from tests.streams.definitions import card, silocompro

INPUTS = (
    ModelInput("AMOUNT", "double"),
    ModelInput("country", "string"),
    ModelInput("channel", "string", ("web", "shop", "no")),
    ModelInput("price0", "float"),
    ModelInput("paid_on", "date"),
    ModelInput("foreign", "boolean"),
    ModelInput("seen", "dateTime"),
    *(ModelInput(f"m{number}", "integer") for number in ("08", "09", "10")),
    ModelInput("older", "integer"),
)
CLASSIFIER = ModelOffer(INPUTS, "classification", ("fraud", "fine"), ("Reason Code",))


def with_input(name: str, datatype: str, **more: object) -> ModelOffer:
    changed = ModelInput(name, datatype, **more)  # type: ignore[arg-type]
    return replace(CLASSIFIER, inputs=tuple(changed if one.name == name else one for one in INPUTS))


def test_a_model_that_asks_for_what_is_there_fits() -> None:
    fit = fit_model(card(), CLASSIFIER)
    assert (fit.problems, fit.notices, fit.unused) == ((), (), ())
    assert fit.source == {one.name: one.name for one in INPUTS} | {"AMOUNT": "amount"}


@pytest.mark.parametrize("name", ["cross_selling", "gradient_boosting", "mlp", "original"])
def test_the_shipped_models_fit_the_shipped_stream(name: str) -> None:
    offer = load(model_named(name)).offer
    fit = fit_model(silocompro(), offer)
    assert fit.problems == ()
    assert set(fit.source) | set(fit.unused) == set(FEATURES)
    assert bool(fit.notices) == bool(fit.unused)


def test_a_field_that_nobody_provides_is_named_with_what_is_near() -> None:
    strange = replace(CLASSIFIER, inputs=(*INPUTS, ModelInput("contry", "string"), ModelInput("x", "double")))
    (problem,) = fit_model(card(), strange).problems
    assert problem.startswith("asks for contry, x, and no side of card-risk provides it; declare the feature")
    assert problem.endswith("; did you mean country?")
    with pytest.raises(ModelUnfit, match="m.pmml: asks for contry"):
        fit_model(card(), strange).raise_problems("m.pmml")


def test_a_model_for_other_topics_is_told_where_to_read_on() -> None:
    strange = replace(CLASSIFIER, inputs=(ModelInput("tariff", "string"), ModelInput("calls", "double")))
    problem = fit_model(card(), strange).problems[0]
    assert problem.endswith("a model for other topics needs another definition (docs/streams.md)")


def test_features_that_the_model_does_not_use_are_noticed() -> None:
    fit = fit_model(card(), replace(CLASSIFIER, inputs=INPUTS[:6]))
    assert fit.unused == ("seen", "m08", "m09", "m10", "older")
    assert fit.notices == ("the model does not use seen, m08, m09, m10, older",)


FITTING: dict[str, set[FeatureType]] = {
    "double": {"number", "flag", "boolean"},
    "float": {"number", "flag", "boolean"},
    "integer": {"number", "flag", "boolean"},
    "dateDaysSince[1970]": {"number", "flag", "boolean"},
    "boolean": {"flag", "boolean"},
    "string": {"number", "flag", "boolean", "text", "date", "time", "datetime"},
    "date": {"date"},
    "time": {"time"},
    "dateTime": {"datetime", "date"},
}


@pytest.mark.parametrize("datatype", FITTING)
@pytest.mark.parametrize("kind", ["number", "flag", "boolean", "text", "date", "time", "datetime"])
def test_types_fit_or_are_named_with_what_would(datatype: str, kind: FeatureType) -> None:
    payment, history = card().sides
    changed = replace(payment, features=(Feature("x", parse_path("x"), kind), *payment.features))
    stream = replace(card(), sides=(changed, history))
    model = replace(CLASSIFIER, inputs=(ModelInput("x", datatype), *INPUTS))
    problems = fit_model(stream, model).problems
    if kind in FITTING[datatype]:
        assert problems == ()
    else:
        assert f"x is of type {datatype}; the feature x is a {kind}; it must be a" in problems[0]


def test_a_boolean_for_words_that_it_never_is_does_not_fit() -> None:
    assert (
        "which is 0 or 1"
        in fit_model(card(), with_input("foreign", "string", categories=("yes", "no"))).problems[0]
    )
    assert fit_model(card(), with_input("foreign", "string", categories=("0", "1"))).problems == ()


@pytest.mark.parametrize(
    ("model", "notice"),
    [
        (with_input("paid_on", "date", refuses_missing=True), "paid_on may be missing"),
        (with_input("channel", "string", categories=("web",)), "channel may be shop, no, to which"),
        (with_input("country", "string", categories=("NO", "SE")), "another text than the 2"),
    ],
)
def test_values_that_would_get_no_score_are_noticed(model: ModelOffer, notice: str) -> None:
    fit = fit_model(card(), model)
    assert fit.problems == ()
    assert any(notice in one for one in fit.notices)


def test_a_mapping_to_a_field_that_the_model_does_not_have_is_a_problem() -> None:
    renamed = replace(CLASSIFIER, inputs=(ModelInput("AMOUNTS", "double"), *INPUTS[1:]))
    problems = fit_model(card(), renamed).problems
    assert any(
        "names the model's input AMOUNT, which it does not have; did you mean AMOUNTS?" in p for p in problems
    )


@pytest.mark.parametrize(
    ("source", "of", "said"),
    [
        ("probability", "frod", "its classes are fraud, fine"),
        ("output", "Reason", "it has Reason Code; did you mean Reason Code?"),
    ],
)
def test_an_answer_that_the_model_does_not_give_is_a_problem(
    source: AnswerSource, of: str, said: str
) -> None:
    stream = replace(card(), answer=Answer("t", True, (AnswerField("x", source, of),)))
    assert said in fit_model(stream, CLASSIFIER).problems[0]


def test_a_regression_has_no_class_to_decide() -> None:
    regression = ModelOffer(INPUTS, "regression", (), ("Reason Code",))
    assert any("decision: class needs a classifier" in one for one in fit_model(card(), regression).problems)
