"""Two clusters and every measure, worked out by hand."""

from math import exp, log, sqrt

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused, ModelUnsupported
from tests.scoring.documents import NUMBER, document, schema, score


def model(
    measure: str, fields: str = "", clusters: str = "", weights: str = "", kind: str = "distance"
) -> str:
    fields = fields or "<ClusteringField field='x'/><ClusteringField field='y' fieldWeight='2'/>"
    clusters = clusters or (
        "<Cluster id='near'><Array type='real'>1 1</Array></Cluster><Cluster id='far'><Array type='real'>5 4</Array></Cluster>"
    )
    outputs = "".join(
        f"<OutputField name='to_{name}' feature='affinity' value='{name}' dataType='double'/>"
        for name in ("near", "far")
    )
    return document(
        f"<ClusteringModel functionName='clustering' modelClass='centerBased' numberOfClusters='2'>"
        f"{schema(None, 'x', 'y', 'w')}<Output><OutputField name='cluster' feature='predictedValue' dataType='string'/>"
        f"{outputs}</Output><ComparisonMeasure kind='{kind}'>{measure}</ComparisonMeasure>{fields}{weights}{clusters}"
        "</ClusteringModel>",
        x=NUMBER, y=NUMBER, w="red|blue",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "distance"),
    [
        ("<euclidean/>", sqrt(1**2 + 2 * 3**2)),
        ("<squaredEuclidean/>", 1**2 + 2 * 3**2),
        ("<cityBlock/>", 1 + 2 * 3),
        ("<chebychev/>", 2 * 3),
        ("<minkowski p-parameter='3'/>", (1**3 + 2 * 3**3) ** (1 / 3)),
    ],
)
def test_a_distance_joins_the_fields_by_weight(measure: str, distance: float) -> None:
    found = score(model(measure), x=[2.0], y=[4.0])
    assert found["to_near"] == pytest.approx([distance], rel=1e-14)


def test_the_nearest_cluster_wins() -> None:
    found = score(model("<squaredEuclidean/>"), x=[1.0, 5.0, None], y=[1.5, 4.0, None])
    assert list(found["cluster"]) == ["near", "far", None]


def test_a_missing_field_is_left_out_and_the_rest_scaled_by_its_weight() -> None:
    weights = "<MissingValueWeights><Array type='real'>1 3</Array></MissingValueWeights>"
    found = score(model("<euclidean/>", weights=weights), x=[2.0], y=[None])
    assert found["to_near"] == pytest.approx([sqrt(1 * 4 / 1)], rel=1e-14)


def test_the_greatest_similarity_wins() -> None:
    fields = "<ClusteringField field='x' compareFunction='gaussSim' similarityScale='2'/><ClusteringField field='y' compareFunction='equal'/>"
    found = score(model("<cityBlock/>", fields=fields, kind="similarity"), x=[5.0], y=[1.0])
    assert found["to_near"] == pytest.approx([exp(-log(2) * 16 / 4) + 1], rel=1e-14)
    assert list(found["cluster"]) == ["near"]


@pytest.mark.parametrize(
    ("measure", "similarity"),
    [
        ("<simpleMatching/>", 2 / 4),
        ("<jaccard/>", 1 / 3),
        ("<tanimoto/>", 2 / (1 + 2 * 2 + 1)),
        (
            "<binarySimilarity c00-parameter='1' c01-parameter='2' c10-parameter='3' c11-parameter='4'"
            " d00-parameter='1' d01-parameter='1' d10-parameter='1' d11-parameter='2'/>",
            (1 + 2 + 3 + 4) / (1 + 1 + 1 + 2),
        ),
    ],
)
def test_bits_are_similar_by_what_they_share(measure: str, similarity: float) -> None:
    fields = "".join(f"<ClusteringField field='{name}'/>" for name in "abcd")
    clusters = "<Cluster id='near'><Array type='int'>1 1 0 0</Array></Cluster><Cluster id='far'><Array type='int'>0 0 0 0</Array></Cluster>"
    text = model(measure, fields, clusters, kind="similarity").replace("name='x' optype", "name='a' optype")
    text = text.replace(
        "<DataField name='y'",
        "".join(f"<DataField name='{n}' {NUMBER}/>" for n in "bcd") + "<DataField name='y'",
    )
    text = text.replace("<MiningField name='x'/>", "".join(f"<MiningField name='{n}'/>" for n in "abcd"))
    found = score(text, a=[1.0], b=[0.0], c=[1.0], d=[0.0])
    assert found["to_near"] == pytest.approx([similarity], rel=1e-14)


def test_words_are_apart_where_they_differ() -> None:
    fields = "<ClusteringField field='x'/><ClusteringField field='w'/>"
    clusters = "<Cluster id='near'><Array type='string'>1 red</Array></Cluster><Cluster id='far'><Array type='string'>1 blue</Array></Cluster>"
    found = score(model("<cityBlock/>", fields, clusters), x=[1.0, 3.0], w=["red", "blue"])
    assert (found["to_near"].tolist(), found["to_far"].tolist()) == ([0.0, 3.0], [1.0, 2.0])


def test_a_cluster_without_an_id_goes_by_its_number() -> None:
    text = model("<euclidean/>").replace("id='near'", "name='near'").replace("id='far'", "name='far'")
    assert list(score(text, x=[5.0], y=[5.0])["cluster"]) == ["2"]


def test_a_batch_of_any_size_gives_what_its_rows_give() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(3, 2, 50), rng.normal(3, 2, 50)
    whole = score(model("<euclidean/>"), x=x, y=y)["to_far"]
    assert whole == pytest.approx(np.hypot(x - 5, np.sqrt(2) * (y - 4)), rel=1e-12)


def test_what_is_not_worked_out_is_refused_by_name() -> None:
    with pytest.raises(ModelUnsupported, match="modelClass='distributionBased'"):
        score(model("<euclidean/>").replace("centerBased", "distributionBased"), x=[1.0], y=[1.0])
    with pytest.raises(ModelRefused, match="has 1 coordinates for 2 fields"):
        score(model("<euclidean/>").replace("1 1", "1"), x=[1.0], y=[1.0])


def test_a_cluster_is_shown_by_its_name() -> None:
    text = model("<euclidean/>").replace("id='near'", "id='near' name='the near one'")
    text = text.replace("feature='predictedValue'", "feature='predictedDisplayValue'")
    assert list(score(text, x=[1.0, 5.0], y=[1.0, 4.0])["cluster"]) == ["the near one", "far"]


def test_outputs_may_ask_for_the_second_nearest() -> None:
    ranked = "<OutputField name='second' feature='entityId' rank='2' dataType='string'/>"
    ranked += "<OutputField name='how_far' feature='affinity' rank='2' dataType='double'/></Output>"
    found = score(model("<cityBlock/>").replace("</Output>", ranked), x=[5.0], y=[4.0])
    assert (found["second"][0], found["how_far"][0]) == ("near", 4 + 2 * 3)
