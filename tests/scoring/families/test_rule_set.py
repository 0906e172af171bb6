"""Three rules that fire in turns, worked out by hand."""

import pytest

from liftstream.contracts.errors import ModelRefused
from tests.scoring.documents import NUMBER, document, schema, score


def rule(name: str, score_: str, above: float, weight: float, confidence: float) -> str:
    return (
        f"<SimpleRule id='{name}' score='{score_}' weight='{weight}' confidence='{confidence}'>"
        f"<SimplePredicate field='x' operator='greaterThan' value='{above}'/></SimpleRule>"
    )


RULES = rule("r1", "p", 1, 0.3, 0.9) + rule("r2", "q", 2, 0.5, 0.8) + rule("r3", "p", 3, 0.4, 0.7)


def model(
    criterion: str, rules: str = RULES, default: str = "defaultScore='r' defaultConfidence='0.2'"
) -> str:
    return document(
        f"<RuleSetModel functionName='classification'>{schema('t', 'x', 'y')}"
        "<Output><OutputField name='rule' feature='entityId' dataType='string'/></Output>"
        f"<RuleSet {default}><RuleSelectionMethod criterion='{criterion}'/>{rules}</RuleSet></RuleSetModel>",
        x=NUMBER, y=NUMBER, t="p|q|r",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("criterion", "winners", "confidences", "rules"),
    [
        ("firstHit", ["r", "p", "p", "p"], [0.2, 0.9, 0.9, 0.9], [None, "r1", "r1", "r1"]),
        ("weightedMax", ["r", "p", "q", "q"], [0.2, 0.9, 0.8, 0.8], [None, "r1", "r2", "r2"]),
        ("weightedSum", ["r", "p", "q", "p"], [0.2, 0.3, 0.5 / 2, 0.7 / 3], [None, "r1", "r2", "r1"]),
    ],
)
def test_a_criterion_chooses_among_the_rules_that_fire(
    criterion: str, winners: list[str], confidences: list[float], rules: list[str | None]
) -> None:
    found = score(model(criterion), x=[0.5, 1.5, 2.5, 3.5])
    assert list(found["t"]) == winners
    assert found["confidence"] == pytest.approx(confidences)
    assert list(found["rule"]) == rules


def test_a_rule_inside_another_fires_only_where_both_hold() -> None:
    outer = f"<CompoundRule><SimplePredicate field='y' operator='equal' value='1'/>{RULES}</CompoundRule>"
    assert list(score(model("firstHit", outer), x=[5.0, 5.0], y=[1.0, 0.0])["t"]) == ["p", "r"]


def test_without_a_default_nothing_is_predicted_where_no_rule_fires() -> None:
    assert list(score(model("firstHit", default=""), x=[0.0, None])["t"]) == [None, None]


def test_scores_of_a_regression_are_numbers_for_the_models_after_it() -> None:
    """Two rule sets in a chain whose outputs are added: an example of PMML4S, 110 and -110."""

    def segment(score_: int, output: str) -> str:
        rules = "".join(
            f"<SimpleRule id='{sign}' score='{sign}{score_}'>{predicate}</SimpleRule>"
            for sign, predicate in (("", "<SimplePredicate field='w' operator='equal' value='A'/>"), ("-", "<True/>"))
        )  # fmt: skip
        return (
            f"<Segment><True/><RuleSetModel functionName='regression'>{schema(None, 'w')}<Output><OutputField"
            f" name='v{score_}' feature='predictedValue' dataType='double' optype='continuous'/>{output}</Output><RuleSet>"
            f"<RuleSelectionMethod criterion='firstHit'/>{rules}</RuleSet></RuleSetModel></Segment>"
        )

    both = (
        "<OutputField name='sum' feature='transformedValue' dataType='double' optype='continuous'><Apply function='+'>"
        "<FieldRef field='v100'/><FieldRef field='v10'/></Apply></OutputField>"
    )
    text = document(
        f"<MiningModel functionName='regression'>{schema('t', 'w')}<Segmentation multipleModelMethod='modelChain'>"
        f"{segment(100, '')}{segment(10, both)}</Segmentation></MiningModel>",
        w="A|B", t=NUMBER,
    )  # fmt: skip
    assert score(text, w=["A", "B"])["sum"].tolist() == [110.0, -110.0]


def test_a_score_that_is_no_number_is_refused_in_a_regression() -> None:
    text = model("firstHit").replace("functionName='classification'", "functionName='regression'")
    with pytest.raises(ModelRefused, match="<RuleSet> has score='p'; accepted: a finite number"):
        score(text, x=[1.0])
