"""A drawn interval: a band, an estimate and lines at zero and at the plan, in the units of a small SVG.

Server-made, so that every estimated number has its picture without JavaScript, and on paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from liftstream.platform.documents.experiment import ExperimentDocument

WIDTH = 120.0
MARGIN = 0.08
"""Part of the range that stays free on either side."""


@dataclass(frozen=True)
class Strip:
    """Positions from 0 to `WIDTH`; an open end runs out of the picture."""

    low: float
    high: float
    at: float
    zero: float
    planned: float | None


def strips(
    intervals: Sequence[tuple[float, float | None, float | None]], planned: float | None = None
) -> list[Strip]:
    """Strips on one scale, which zero and the planned effect are part of.

    Args:
        intervals: estimate, lower end and upper end of each; None is open.
        planned: marked in each.
    """
    values = [value for interval in intervals for value in interval if value is not None]
    ends = [*values, 0.0, *([] if planned is None else [planned])]
    least, most = min(ends), max(ends)
    room = (most - least or 1.0) * MARGIN
    least, most = least - room, most + room

    def place(value: float) -> float:
        return round((value - least) / (most - least) * WIDTH, 1)

    return [
        Strip(
            low=0.0 if low is None else place(low),
            high=WIDTH if high is None else place(high),
            at=place(at),
            zero=place(0.0),
            planned=None if planned is None else place(planned),
        )
        for at, low, high in intervals
    ]


def difference_strips(shown: ExperimentDocument) -> dict[str, Strip]:
    """The differences of an experiment's candidates on one scale, by candidate; without those that have none yet."""
    known = {found.candidate: found for found in shown.candidates if found.effect is not None}
    drawn = strips(
        [(found.effect or 0.0, found.ci_low, found.ci_high) for found in known.values()], shown.plan.effect
    )
    return dict(zip(known, drawn, strict=True))
