"""A forest of one tree, a machine and two clusters inside, worked out by hand."""

from math import log

import numpy as np
import pytest

from tests.scoring.documents import NUMBER, document, schema, score

TREE = (
    f"<TreeModel functionName='regression' splitCharacteristic='binarySplit'>{schema(None, 'x')}<Node><True/>"
    "<Node score='2'><SimplePredicate field='x' operator='lessOrEqual' value='1'/></Node>"
    "<Node score='7'><SimplePredicate field='x' operator='greaterThan' value='1'/></Node></Node></TreeModel>"
)
CLUSTERS = (
    f"<ClusteringModel functionName='clustering' modelClass='centerBased' numberOfClusters='2'>{schema(None, 'x')}"
    "<ComparisonMeasure kind='distance'><euclidean/></ComparisonMeasure><ClusteringField field='x'/>"
    "<Cluster id='a'><Array type='real'>0</Array></Cluster><Cluster id='b'><Array type='real'>10</Array></Cluster>"
    "</ClusteringModel>"
)


def model(attributes: str, inner: str, after: str = "") -> str:
    output = "<Output><OutputField name='anomaly' feature='predictedValue' dataType='double'/></Output>"
    return document(
        f"<AnomalyDetectionModel functionName='regression' {attributes}>{schema(None, 'x')}{output}{inner}{after}"
        "</AnomalyDetectionModel>",
        x=NUMBER,
    )


def test_an_isolation_forest_scores_by_its_path_lengths() -> None:
    found = score(model("algorithmType='iforest' sampleDataSize='256'", TREE), x=[0.0, 2.0])["anomaly"]
    path = 2 * (log(255) + np.euler_gamma) - 2 * 255 / 256
    assert found == pytest.approx([2 ** (-2 / path), 2 ** (-7 / path)], rel=1e-14)


def test_a_row_far_from_its_cluster_is_odd() -> None:
    means = "<MeanClusterDistances><Array type='real'>2 4</Array></MeanClusterDistances>"
    found = score(model("algorithmType='clusterMeanDist'", CLUSTERS, means), x=[3.0, 8.0, None])["anomaly"]
    assert found[:2] == pytest.approx([3 / 2, 2 / 4])
    assert np.isnan(found[2])


def test_any_other_algorithm_gives_the_inner_value() -> None:
    assert score(model("algorithmType='other'", TREE), x=[0.0, 2.0])["anomaly"].tolist() == [2.0, 7.0]
