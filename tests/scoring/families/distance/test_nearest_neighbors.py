"""Five training records on a line, worked out by hand."""

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused, ModelUnsupported
from tests.scoring.documents import NUMBER, document, schema, score

RECORDS = [("i1", 0, "p", 10), ("i2", 1, "q", 20), ("i3", 2, "q", 60), ("i4", 8, "p", 40), ("i5", 9, "p", 50)]


def model(target: str, attributes: str = "", transformed: bool = True, derived: bool = False) -> str:
    function = "regression" if target == "n" else "classification"
    rows = "".join(f"<row><id>{i}</id><x>{x}</x><t>{t}</t><n>{n}</n></row>" for i, x, t, n in RECORDS)
    listed = "".join(f"<InstanceField field='{name}' column='{name}'/>" for name in ("id", "x", "t", "n"))
    double = (
        "<LocalTransformations><DerivedField name='twice' optype='continuous' dataType='double'><Apply function='*'>"
        "<FieldRef field='x'/><Constant>2</Constant></Apply></DerivedField></LocalTransformations>"
    )
    outputs = "".join(
        f"<OutputField name='neighbour{rank}' feature='entityId' rank='{rank}' dataType='string'/>"
        f"<OutputField name='distance{rank}' feature='affinity' rank='{rank}' dataType='double'/>"
        for rank in (1, 2)
    )
    return document(
        f"<NearestNeighborModel functionName='{function}' numberOfNeighbors='3' instanceIdVariable='id' {attributes}>"
        f"{schema(target, 'x')}<Output>{outputs}</Output>{double if derived else ''}"
        f"<TrainingInstances isTransformed='{str(transformed).lower()}'><InstanceFields>{listed}</InstanceFields>"
        f"<InlineTable>{rows}</InlineTable></TrainingInstances>"
        "<ComparisonMeasure kind='distance'><euclidean/></ComparisonMeasure>"
        f"<KNNInputs><KNNInput field='{'twice' if derived else 'x'}'/></KNNInputs></NearestNeighborModel>",
        x=NUMBER, n=NUMBER, t="p|q",
    )  # fmt: skip


def test_the_majority_of_the_neighbours_decides() -> None:
    found = score(model("t"), x=[0.4, 8.6])
    assert list(found["t"]) == ["q", "p"]
    assert found["probability(q)"] == pytest.approx([2 / 3, 1 / 3])


def test_a_near_neighbour_weighs_more_where_votes_are_weighted() -> None:
    attributes = "categoricalScoringMethod='weightedMajorityVote' threshold='0.5'"
    found = score(model("t", attributes), x=[0.0])
    p, q = 1 / 0.5, 1 / 1.5 + 1 / 2.5
    assert found["probability(p)"] == pytest.approx([p / (p + q)])
    assert list(found["t"]) == ["p"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("average", 30.0),
        ("median", 20.0),
        ("weightedAverage", (10 / 0.5 + 20 / 1.5 + 60 / 2.5) / (1 / 0.5 + 1 / 1.5 + 1 / 2.5)),
    ],
)
def test_numbers_of_the_neighbours_are_joined(method: str, expected: float) -> None:
    found = score(model("n", f"continuousScoringMethod='{method}' threshold='0.5'"), x=[0.0])
    assert found["n"] == pytest.approx([expected])


def test_the_neighbours_are_named_with_their_distances() -> None:
    found = score(model("n"), x=[8.4])
    assert (found["neighbour1"][0], found["neighbour2"][0]) == ("i4", "i5")
    assert (found["distance1"][0], found["distance2"][0]) == pytest.approx((0.4, 0.6))


def test_records_that_are_not_transformed_go_through_the_models_derivations() -> None:
    found = score(model("n", transformed=False, derived=True), x=[8.4])
    assert found["distance1"] == pytest.approx([0.8])


def test_a_record_at_no_distance_answers_alone_where_no_threshold_is_added() -> None:
    """As scikit-learn's weights by distance do; the formula would divide by 0."""
    found = score(model("t", "categoricalScoringMethod='weightedMajorityVote' threshold='0'"), x=[1.0, 0.5])
    assert found["t"].tolist()[0] == "q"
    assert found["probability(q)"][0] == 1.0
    assert found["probability(p)"][1] == pytest.approx(2 / (2 + 2 + 1 / 1.5))
    found = score(model("n", "continuousScoringMethod='weightedAverage' threshold='0'"), x=[2.0])
    assert found["n"].tolist() == [60.0]


@pytest.mark.parametrize("derived", [False, True])
@pytest.mark.parametrize("kind", [NUMBER, "optype='categorical' dataType='string'"])
def test_an_input_that_no_training_record_tells_is_refused(kind: str, derived: bool) -> None:
    text = model("t", transformed=False, derived=derived).replace("<InstanceField field='x' column='x'/>", "")
    with pytest.raises(ModelRefused, match="no training instance tells a value; they have id, t, n"):
        score(text.replace(NUMBER, kind), x=[1.0])


def test_a_row_without_inputs_has_no_prediction() -> None:
    assert np.isnan(score(model("n"), x=[None])["n"]).all()


@pytest.mark.parametrize(
    ("x", "expected"), [(0.5, "q"), (5.0, "p")], ids=["more records", "first by its letters"]
)
def test_of_equal_votes_the_category_with_more_training_records_wins(x: float, expected: str) -> None:
    records = RECORDS if expected == "p" else [*RECORDS[:3], ("i6", 50, "q", 0), ("i7", 60, "q", 0)]
    text = model("t").replace("numberOfNeighbors='3'", "numberOfNeighbors='2'")
    rows = "".join(f"<row><id>{i}</id><x>{v}</x><t>{t}</t><n>{n}</n></row>" for i, v, t, n in records)
    text = text[: text.index("<InlineTable>")] + f"<InlineTable>{rows}" + text[text.index("</InlineTable>") :]
    assert list(score(text, x=[x])["t"]) == [expected]


def test_the_same_neighbours_answer_for_two_targets() -> None:
    text = model("t").replace(
        "<MiningField name='t'", "<MiningField name='n' usageType='target'/><MiningField name='t'", 1
    )
    named = "<OutputField name='of_t' targetField='t' feature='predictedValue' dataType='string' optype='categorical'/>"
    found = score(text.replace("<Output>", f"<Output>{named}"), x=[0.4, 8.6])
    assert found["n"] == pytest.approx([30.0, 50.0])
    assert list(found["t"]) == list(found["of_t"]) == ["q", "p"]
    assert found["probability(t, q)"] == pytest.approx([2 / 3, 1 / 3])
    with pytest.raises(
        ModelUnsupported, match="<Targets> stands in a NearestNeighborModel with several targets"
    ):
        score(
            text.replace("<TrainingInstances", "<Targets><Target field='n'/></Targets><TrainingInstances", 1),
            x=[0.4],
        )
