"""Scorecard: an initial score and, for each characteristic, the points of its first attribute that holds.

An attribute's points are its partialScore or a ComplexPartialScore worked out from the row. A characteristic none of
whose attributes holds leaves the score undefined. Reason codes are ranked by how far the points fall below the baseline
(pointsBelow) or rise above it (pointsAbove), summed over characteristics with the same code; those on the other side of
the baseline say nothing, and equals stand in the order of the characteristics that give them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import Booleans, Codes, Floats
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.expressions.casting import numbers_of
from liftstream.scoring.expressions.compile import expression_of
from liftstream.scoring.expressions.predicates import Predicate, predicate_of
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.kind import FamilyKind
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element

SIDES: Final = {"pointsBelow": 1.0, "pointsAbove": -1.0}


@dataclass(frozen=True)
class Attribute:
    """What a characteristic may be, its points, and its place among the card's reason codes."""

    predicate: Predicate
    points: Callable[[Batch], Floats]
    reason: int


@dataclass(frozen=True)
class Characteristic:
    """Attributes in order."""

    attributes: Sequence[Attribute]
    baseline: float

    def __call__(self, batch: Batch) -> tuple[Floats, Floats]:
        """Points and place of the reason code of every row; NaN and -1 where no attribute holds."""
        points, reasons = np.full(batch.rows, np.nan), np.full(batch.rows, -1.0)
        free = np.ones(batch.rows, dtype=bool)
        for attribute in self.attributes:
            held = free & (attribute.predicate.evaluate(batch) == 1.0)
            if held.any():
                points = np.where(held, attribute.points(batch), points)
                reasons[held] = attribute.reason
                free &= ~held
        return points, reasons


@dataclass
class Scorecard(Family):
    """Characteristics, and the reason codes; none where the card uses none."""

    initial: float
    characteristics: Sequence[Characteristic]
    reasons: Sequence[str]
    side: float
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """The score of every row, with its reason codes."""
        total = np.full(batch.rows, self.initial)
        below = np.full((batch.rows, len(self.reasons) + 1), np.nan)
        first = np.zeros(below.shape, dtype=np.intp)
        rows = np.arange(batch.rows)
        for number, characteristic in enumerate(self.characteristics):
            points, reasons = characteristic(batch)
            total = total + points
            at = (rows, reasons.astype(np.intp))
            first[at] = np.where(np.isnan(below[at]), number, first[at])
            below[at] = np.nan_to_num(below[at]) + self.side * (characteristic.baseline - points)
        if not self.reasons:
            return Predictions(total)
        return Predictions(
            total, ranked={"reasonCode": self._rank(below[:, :-1], first[:, :-1], np.isnan(total))}
        )

    def _rank(self, below: Floats, first: Codes, undefined: Booleans) -> NDArray[np.object_]:
        says = (below >= 0) & ~undefined[:, None]
        order = np.lexsort((first, np.where(says, -below, np.inf)))
        codes = np.array(self.reasons, dtype=object)[order]
        codes[~np.take_along_axis(says, order, axis=1)] = None
        return codes


def compile_scorecard(element: Element, compilation: Compilation, target: Target) -> Scorecard:  # noqa: ARG001
    """A Scorecard.

    Raises:
        ModelRefused: it uses reason codes and an attribute has none, or its characteristic no baseline.
    """
    characteristics = element.one("Characteristics").all("Characteristic")
    uses_reasons = element.flag("useReasonCodes", True)
    names = sorted(_reasons(characteristics)) if uses_reasons else []
    place = {name: number for number, name in enumerate(names)}
    general = element.maybe_number("baselineScore")
    return Scorecard(
        element.number("initialScore", 0.0),
        [_read_characteristic(one, compilation, place, general) for one in characteristics],
        names,
        element.choice("reasonCodeAlgorithm", SIDES, "pointsBelow"),
    )


def _reasons(characteristics: Sequence[Element]) -> set[str]:
    found = {one.get("reasonCode") for one in characteristics}
    found |= {attribute.get("reasonCode") for one in characteristics for attribute in one.all("Attribute")}
    return {name for name in found if name is not None}


def _read_characteristic(
    element: Element, compilation: Compilation, place: dict[str, int], general: float | None
) -> Characteristic:
    own = element.maybe_number("baselineScore")
    baseline = general if own is None else own
    attributes = element.all("Attribute")
    if place and baseline is None:
        raise element.refusal("needs a baselineScore, as the card uses reason codes")
    code = element.get("reasonCode")
    read = [_read_attribute(one, compilation, place, code) for one in attributes]
    return Characteristic(read, baseline or 0.0)


def _read_attribute(
    element: Element, compilation: Compilation, place: dict[str, int], general: str | None
) -> Attribute:
    predicate = predicate_of(element, compilation)
    code = element.get("reasonCode") or general
    if place and code is None:
        raise element.refusal(
            "needs a reasonCode, here or at its characteristic, as the card uses reason codes"
        )
    return Attribute(predicate, _points(element, compilation), place.get(code or "", -1))


def _points(element: Element, compilation: Compilation) -> Callable[[Batch], Floats]:
    complex_score = element.first("ComplexPartialScore")
    if complex_score is not None:
        return numbers_of(expression_of(complex_score, compilation), complex_score)
    fixed = element.number("partialScore")
    return lambda batch: np.full(batch.rows, fixed)


SCORECARD: Final = FamilyKind(
    tag="Scorecard",
    name="scorecard",
    contents=("Characteristics",),
    compile=compile_scorecard,
    functions=("regression",),
    counted={"Attribute": "scorecard attributes"},
)
