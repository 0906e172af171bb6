"""A card of two characteristics, worked out by hand."""

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused
from tests.scoring.documents import NUMBER, document, schema, score

AGE = (
    "<Characteristic name='age' reasonCode='young' baselineScore='20'>"
    "<Attribute partialScore='5'><SimplePredicate field='age' operator='lessThan' value='30'/></Attribute>"
    "<Attribute partialScore='25'><SimplePredicate field='age' operator='greaterOrEqual' value='30'/></Attribute>"
    "</Characteristic>"
)
INCOME = (
    "<Characteristic name='income' reasonCode='poor' baselineScore='10'>"
    "<Attribute reasonCode='unknown' partialScore='0'><SimplePredicate field='income' operator='isMissing'/></Attribute>"
    "<Attribute><True/><ComplexPartialScore><Apply function='/'><FieldRef field='income'/><Constant>100</Constant></Apply>"
    "</ComplexPartialScore></Attribute></Characteristic>"
)


def model(attributes: str = "", characteristics: str = AGE + INCOME) -> str:
    outputs = "".join(
        f"<OutputField name='reason{rank}' feature='reasonCode' rank='{rank}' dataType='string'/>"
        for rank in (1, 2, 3)
    )
    return document(
        f"<Scorecard functionName='regression' initialScore='100' {attributes}>{schema('n', 'age', 'income')}"
        f"<Output>{outputs}</Output><Characteristics>{characteristics}</Characteristics></Scorecard>",
        age=NUMBER, income=NUMBER, n=NUMBER,
    )  # fmt: skip


def reasons(found: object, row: int) -> list[str | None]:
    return [found[f"reason{rank}"][row] for rank in (1, 2, 3)]  # type: ignore[index]


def test_points_of_the_first_attribute_that_holds_are_added() -> None:
    found = score(model(), age=[20.0, 40.0, 40.0], income=[300.0, 300.0, None])
    assert found["n"].tolist() == [100 + 5 + 3, 100 + 25 + 3, 100 + 25 + 0]


def test_reasons_are_ranked_by_how_far_the_points_fall_below_the_baseline() -> None:
    found = score(model(), age=[20.0, 40.0, 40.0], income=[300.0, 300.0, None])
    assert [reasons(found, row) for row in range(3)] == [
        ["young", "poor", None],
        ["poor", None, None],
        ["unknown", None, None],
    ]


def test_equal_reasons_stand_in_the_order_of_their_characteristics() -> None:
    """The standard ranks them by their points alone; JPMML keeps the order of the card."""
    equal = [
        f"<Characteristic name='{name}' reasonCode='{code}' baselineScore='9'><Attribute partialScore='5'><True/>"
        "</Attribute></Characteristic>"
        for name, code in (("age", "young"), ("income", "poor"))
    ]
    assert reasons(score(model(characteristics="".join(equal)), age=[1.0]), 0) == ["young", "poor", None]


def test_or_rise_above_it() -> None:
    found = score(model("reasonCodeAlgorithm='pointsAbove'"), age=[40.0], income=[300.0])
    assert reasons(found, 0) == ["young", None, None]


def test_a_characteristic_without_an_attribute_that_holds_leaves_the_score_undefined() -> None:
    found = score(model(), age=[None], income=[300.0])
    assert np.isnan(found["n"]).all()
    assert reasons(found, 0) == [None, None, None]


def test_a_card_with_reasons_needs_baselines() -> None:
    with pytest.raises(ModelRefused, match="needs a baselineScore"):
        score(model(characteristics=AGE.replace("baselineScore='20'", "")), age=[1.0], income=[1.0])
    text = model("useReasonCodes='false'", AGE.replace("baselineScore='20'", ""))
    assert score(text, age=[20.0], income=[1.0])["n"].tolist() == [105.0]
