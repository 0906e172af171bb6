"""ClusteringModel: the cluster whose centre is nearest (`comparison.py`), of a model with centres.

The prediction is the cluster's id, or its number from 1 where it has none, shown by its name; affinities are the
distances from, or similarities to, all centres; clusters are ranked by them where an output asks for a rank.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import MISSING, Codes, Floats, Words
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.distance.comparison import DistanceMeasure, compared_field, read_comparison
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.tables import ARRAYS, read_numbers, read_tokens
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element


@dataclass
class Clustering(Family):
    """Centres, by id."""

    comparison: DistanceMeasure
    ids: tuple[str, ...]
    names: Mapping[str, str]
    ranks: bool = False

    def __post_init__(self) -> None:
        self.classes = self.ids  # by which an ensemble counts votes

    def predict(self, batch: Batch) -> Predictions:
        """The nearest cluster of every row, and how near each is."""
        affinities = self.comparison(batch)
        ranked = self._rank(affinities) if self.ranks else {}
        nearest = Words(nearest_record(affinities, self.comparison.similar), self.ids)
        return Predictions(
            nearest,
            entity=nearest,
            entities=self.ids,
            affinities=affinities,
            display=self.names,
            ranked=ranked,
        )

    def _rank(self, affinities: Floats) -> dict[str, NDArray[np.object_]]:
        order = np.argsort(-affinities if self.comparison.similar else affinities, axis=1, kind="stable")
        near = np.take_along_axis(affinities, order, axis=1)
        ids = np.array([*self.ids, None], dtype=object)[np.where(np.isnan(near), -1, order)]
        return {"entityId": ids, "affinity": near.astype(object)}


def nearest_record(affinities: Floats, similar: bool) -> Codes:
    """The number of the nearest record of every row, -1 where none is known."""
    unknown = np.isnan(affinities).all(axis=1)
    filled = np.where(np.isnan(affinities), -np.inf if similar else np.inf, affinities)
    return np.where(unknown, MISSING, filled.argmax(axis=1) if similar else filled.argmin(axis=1))


def compile_clustering(element: Element, compilation: Compilation, target: Target) -> Clustering:  # noqa: ARG001
    """A ClusteringModel.

    Raises:
        ModelUnsupported: it is not based on centres.
    """
    element.choice("modelClass", {"centerBased": True}, "centerBased")
    fields = [one for one in element.all("ClusteringField") if one.flag("isCenterField", True)]
    clusters = element.all("Cluster")
    if not fields or not clusters:
        raise element.refusal("needs <ClusteringField> and <Cluster> inside")
    centres = [read_tokens(one.one("Array")) for one in clusters]
    for one, centre in zip(clusters, centres, strict=True):
        if len(centre) != len(fields):
            raise one.refusal(f"has {len(centre)} coordinates for {len(fields)} fields")
    weights = _missing_weights(element, len(fields))
    compared = [
        compared_field(one, compilation.field(one), [centre[place] for centre in centres], weights[place])
        for place, one in enumerate(fields)
    ]
    records = np.column_stack([values for _, values in compared])
    comparison = read_comparison(element.one("ComparisonMeasure"), [field for field, _ in compared], records)
    ids = tuple(one.get("id") or str(number) for number, one in enumerate(clusters, start=1))
    names = {
        name: shown for name, one in zip(ids, clusters, strict=True) if (shown := one.get("name")) is not None
    }
    asked = element.one("Output").all("OutputField") if element.first("Output") is not None else []
    return Clustering(comparison, ids, names, ranks=any(one.whole("rank", 1) > 1 for one in asked))


def _missing_weights(element: Element, count: int) -> list[float]:
    given = element.first("MissingValueWeights")
    if given is None:
        return [1.0] * count
    weights = read_numbers(given.one(*ARRAYS))
    if len(weights) != count:
        raise given.refusal(f"has {len(weights)} weights for {count} fields")
    return [float(weight) for weight in weights]


CLUSTERING: Final = FamilyKind(
    tag="ClusteringModel",
    name="clustering",
    contents=("ComparisonMeasure", "ClusteringField", "CenterFields", "MissingValueWeights", "Cluster"),
    compile=compile_clustering,
    functions=("clustering",),
    counted={"Cluster": "clusters"},
)
