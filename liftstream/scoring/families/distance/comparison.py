"""ComparisonMeasure: how alike two records are, field by field and in all; for clusters and neighbours.

Fields are compared by absDiff, gaussSim, delta or equal; the results, weighted, are put together to a euclidean,
squaredEuclidean, chebychev, cityBlock or minkowski distance. Records of bits have similarities of their own:
simpleMatching, jaccard, tanimoto, binarySimilarity. A field that is missing is left out, and the distance scaled by the
share of the missing-value weights that is left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from liftstream.scoring.batch.columns import Booleans, Floats
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.expression import value_of
from liftstream.scoring.families.distance.categories import place_in
from liftstream.scoring.xml.element import Element

COMPARES: Final = ("absDiff", "gaussSim", "delta", "equal")
METRICS: Final = ("euclidean", "squaredEuclidean", "chebychev", "cityBlock", "minkowski")
BITS: Final = ("simpleMatching", "jaccard", "tanimoto", "binarySimilarity")
CHUNK: Final = 2_000_000
"""Comparisons of one field at a time: 16 MB, whatever the rows of a batch."""


@dataclass(frozen=True)
class ComparedField:
    """One field of the records. Words are compared by their place among the words of the records, from 0."""

    values: Callable[[Batch], Floats]
    compare: str
    weight: float
    scale: float
    missing_weight: float


@dataclass
class DistanceMeasure:
    """Compares every row with every record.

    Attributes:
        fields: of the records, in order.
        records: [records, fields], NaN where a value is missing.
        measure: by its element's name.
        similar: whether the greatest value is the nearest.
    """

    fields: Sequence[ComparedField]
    records: Floats
    measure: str
    power: float
    bits: Floats
    similar: bool

    def __call__(self, batch: Batch) -> Floats:
        """[rows, records], NaN in rows that miss every field."""
        columns = np.column_stack([field.values(batch) for field in self.fields])
        step = max(1, CHUNK // max(1, len(self.records)))
        parts = [self._compare(columns[first : first + step]) for first in range(0, len(columns), step)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.records)))

    def _compare(self, columns: Floats) -> Floats:
        if self.measure in BITS:
            return self._similarity(columns)
        known = ~np.isnan(columns)
        total = np.zeros((len(columns), len(self.records)))
        for place, field in enumerate(self.fields):
            compared = COMPARERS[field.compare](
                columns[:, place, None], self.records[None, :, place], field.scale
            )
            self._add(total, np.where(known[:, place, None], compared, 0.0), field.weight)
        return self._finished(total, known)

    def _add(self, total: Floats, compared: Floats, weight: float) -> None:
        if self.measure == "chebychev":
            np.maximum(total, weight * compared, out=total)
        else:
            total += weight * compared**self.power

    def _finished(self, total: Floats, known: Booleans) -> Floats:
        weights = np.array([field.missing_weight for field in self.fields])
        total *= (weights.sum() / (known @ weights))[:, None]
        if self.measure in ("euclidean", "minkowski"):
            total **= 1.0 / self.power
        total[~known.any(axis=1)] = np.nan
        return total

    def _similarity(self, columns: Floats) -> Floats:
        """By how often both records have a bit, one of them, or none."""
        ours, theirs = columns, self.records
        a11, a00 = ours @ theirs.T, (1.0 - ours) @ (1.0 - theirs).T
        a10, a01 = ours @ (1.0 - theirs).T, (1.0 - ours) @ theirs.T
        up, down = self.bits
        counts = np.stack([a00, a01, a10, a11])
        return np.tensordot(up, counts, 1) / np.tensordot(down, counts, 1)


COMPARERS: Final[dict[str, Callable[[Floats, Floats, float], Floats]]] = {
    "absDiff": lambda a, b, _: np.abs(a - b),
    "gaussSim": lambda a, b, scale: np.exp(-np.log(2.0) * (a - b) ** 2 / scale**2),
    "delta": lambda a, b, _: (a != b).astype(np.float64),
    "equal": lambda a, b, _: (a == b).astype(np.float64),
}
POWERS: Final = {"euclidean": 2.0, "squaredEuclidean": 2.0, "cityBlock": 1.0, "chebychev": 1.0}
BIT_WEIGHTS: Final = {
    "simpleMatching": ((1, 0, 0, 1), (1, 1, 1, 1)),
    "jaccard": ((0, 0, 0, 1), (0, 1, 1, 1)),
    "tanimoto": ((1, 0, 0, 1), (1, 2, 2, 1)),
}
"""Weights of a00, a01, a10, a11 above and below the line."""


def read_comparison(element: Element, fields: Sequence[ComparedField], records: Floats) -> DistanceMeasure:
    """A ComparisonMeasure over fields whose own compareFunction, "" where they have none, comes first.

    Raises:
        ModelUnsupported: a measure or a compareFunction that is not worked out here.
    """
    measure = element.one(*METRICS, *BITS)
    common = element.choice("compareFunction", COMPARES, "absDiff")
    similar = element.choice("kind", {"distance": False, "similarity": True})
    settled = [
        field
        if field.compare
        else ComparedField(field.values, common, field.weight, field.scale, field.missing_weight)
        for field in fields
    ]
    power = measure.number("p-parameter") if measure.tag == "minkowski" else POWERS.get(measure.tag, 1.0)
    if power <= 0:
        raise measure.refusal(f"has p-parameter={power:g}; accepted: above 0")
    return DistanceMeasure(settled, records, measure.tag, power, _bit_weights(measure), similar)


def _bit_weights(measure: Element) -> Floats:
    if measure.tag == "binarySimilarity":
        order = ("00", "01", "10", "11")
        return np.array([[measure.number(f"{letter}{pair}-parameter") for pair in order] for letter in "cd"])
    return np.array(BIT_WEIGHTS.get(measure.tag, ((0,) * 4, (0,) * 4)), dtype=np.float64)


def compared_field(
    element: Element, symbol: Symbol, texts: Sequence[str | None], missing_weight: float = 1.0
) -> tuple[ComparedField, Floats]:
    """A field with its own weight, scale and compareFunction, and its values in the records.

    Args:
        element: a ClusteringField or KNNInput.
        symbol: the field.
        texts: its value in every record, None where it is missing.
        missing_weight: how much it counts when it is missing.
    """
    own = element.get("compareFunction")
    compare = "" if own is None else element.choice("compareFunction", COMPARES)
    weight = element.number("fieldWeight", 1.0)
    scale = element.number("similarityScale", 1.0)
    if symbol.type.numeric:
        known = [np.nan if text is None else value_of(text, symbol.type, element) for text in texts]
        field = ComparedField(
            lambda batch: batch.numbers(symbol.slot), compare, weight, scale, missing_weight
        )
        return field, np.array(known, dtype=np.float64)
    words = list(dict.fromkeys(text for text in texts if text is not None))
    places = place_in(symbol, words, element)

    def codes(batch: Batch) -> Floats:
        found = places(batch).astype(np.float64)
        return np.where(found < 0, np.nan, found)

    number = {word: float(place) for place, word in enumerate(words)}
    if compare in ("", "absDiff"):
        compare = "delta"  # words that differ are 1 apart, equal ones 0
    field = ComparedField(codes, compare, weight, scale, missing_weight)
    return field, np.array([np.nan if text is None else number[text] for text in texts])
