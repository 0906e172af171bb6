"""AnomalyDetectionModel: a score from the prediction of the model inside.

iforest: 2 ^ (-mean path length / c(n)), where c(n) = 2 H(n-1) - 2 (n-1) / n is the mean path of an unsuccessful search
among n records (H the harmonic numbers as ln + Euler's constant). clusterMeanDist: the distance to the nearest cluster
over that cluster's mean distance. ocsvm and other: the inner model's own value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Floats, Words
from liftstream.scoring.batch.prediction import Predictions, affinity
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Compiled, Family
from liftstream.scoring.families.kind import FamilyKind, ModelCompilation
from liftstream.scoring.fields.tables import read_numbers
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

ALGORITHMS: Final = ("iforest", "ocsvm", "clusterMeanDist", "other")


@dataclass
class AnomalyDetection(Family):
    """The model inside, and what makes a score of its prediction."""

    inner: Compiled
    score: Callable[[Predictions], Floats]
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The anomaly score of every row."""
        return Predictions(self.score(self.inner.score(batch)))


def compile_anomaly_detection(
    element: Element,
    compilation: ModelCompilation,
    target: Target,  # noqa: ARG001
) -> AnomalyDetection:
    """An AnomalyDetectionModel.

    Raises:
        ModelUnsupported: the model inside gives nothing that its algorithm could use.
    """
    algorithm = element.choice("algorithmType", ALGORITHMS)
    inner = compilation.compile_model(element, compilation)
    if algorithm == "clusterMeanDist":
        return AnomalyDetection(inner, _read_mean_distances(element, inner))
    if inner.target.function != "regression":
        raise inner.element.unsupported(
            f"is a {inner.target.function}; supported inside {algorithm}: regression"
        )
    if algorithm != "iforest":
        return AnomalyDetection(inner, _number)
    records = element.number("sampleDataSize")
    if records < 2:
        raise element.refusal(f"has sampleDataSize={records:g}; accepted: 2 or more")
    mean_path = 2.0 * (np.log(records - 1.0) + np.euler_gamma) - 2.0 * (records - 1.0) / records
    return AnomalyDetection(inner, lambda prediction: np.exp2(-_number(prediction) / mean_path))


def _number(prediction: Predictions) -> Floats:
    value = prediction.value
    assert not isinstance(value, Words)  # noqa: S101 - compile_anomaly_detection lets only regressions in
    return value


def _read_mean_distances(element: Element, inner: Compiled) -> Callable[[Predictions], Floats]:
    means = read_numbers(element.one("MeanClusterDistances").one("Array"))
    entities = getattr(inner.family, "ids", ())
    if len(means) != len(entities) or not (means > 0).all():
        raise inner.element.unsupported(
            f"has {len(entities)} clusters for {len(means)} mean distances; supported: one above 0 for each"
        )
    place = {name: float(mean) for name, mean in zip(entities, means, strict=True)}

    def score(prediction: Predictions) -> Floats:
        clusters = prediction.value
        assert isinstance(clusters, Words)  # noqa: S101 - a clustering gives ids
        return affinity(prediction, None, 1) / clusters.lookup(place.__getitem__)

    return score


ANOMALY_DETECTION: Final = FamilyKind(
    tag="AnomalyDetectionModel",
    name="anomaly detection",
    contents=("MeanClusterDistances",),
    compile=compile_anomaly_detection,
    functions=("regression",),
    holds_model=True,
)
