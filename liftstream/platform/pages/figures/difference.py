"""The picture of the difference over time, with its interval."""

import math
from collections.abc import Sequence
from typing import Any, Final

from liftstream.experiment.metrics.kinds import kind_of
from liftstream.platform.documents.experiment_parts.pictures import TimelinePoint
from liftstream.platform.documents.experiment_parts.plan import PlanDocument
from liftstream.platform.documents.experiment_parts.verdict import CandidateDocument
from liftstream.platform.pages.units import change, change_unit, number, scale, span
from liftstream.service.pages.figure import CANDIDATE, Figure, document, level, values
from liftstream.service.pages.formatting import clock, count

SETTLED: Final = 0.2
"""The axis is made for points from this share of the latest clients on: the first intervals are wider than any page."""
TABLE_ROWS: Final = 12
TIME: Final = {
    "year": "%Y",
    "quarter": "%b",
    "month": "%b",
    "week": "%-d %b",
    "date": "%-d %b",
    "day": "%-d %b",
    "hours": "%H:%M",
    "minutes": "%H:%M",
    "seconds": "%H:%M:%S",
    "milliseconds": "%S.%L",
}
"""Format of a time axis, by the unit of its ticks."""


def difference_over_time(
    candidate: CandidateDocument, plan: PlanDocument, name: str, *, provisional: bool = True
) -> Figure:
    """The difference with its always-valid interval, against zero and the planned effect."""
    kind = plan.kind
    points, title = candidate.timeline, f"Difference over time, {kind_of(kind).change_unit}"
    if len(points) < 2:
        return Figure(
            name, title, "The picture begins when each arm has 30 clients whose money is known.", None
        )
    last = points[-1]
    says = (
        f"After {count(last.clients)} clients the difference is {change(last.effect, kind, beside=(last.ci_low, last.ci_high))}, its interval "
        f"{span(last.ci_low, last.ci_high, kind, last.effect)}; the dashed line is the planned {change(plan.effect, kind)}. "
        + (
            "The interval holds at every moment, however often you look; only a planned look decides."
            if provisional
            else "The bar at the end is the verdict's interval; the band before it holds at every moment."
        )
    )
    times = scale(kind)
    rows = [
        {
            "t": point.at,
            "n": point.clients,
            "effect": times * point.effect,
            "low": times * point.ci_low,
            "high": times * point.ci_high,
        }
        for point in points
    ]
    return Figure(
        name, title, says, _difference(rows, _reach(points, plan.effect), plan, provisional=provisional),
        ("time (UTC)", "clients", f"difference, {change_unit(kind)}", f"interval, {change_unit(kind)}"),
        [
            (clock(point.at, last.at), count(point.clients), number(point.effect, kind, True, (point.ci_low, point.ci_high)), span(point.ci_low, point.ci_high, kind, point.effect))
            for point in _thinned(points)
        ],
    )  # fmt: skip


def _difference(
    rows: list[dict[str, Any]], reach: tuple[float, float], plan: PlanDocument, *, provisional: bool
) -> dict[str, Any]:
    times = scale(plan.kind)
    planned = times * plan.effect
    x = {
        "field": "t",
        "type": "temporal",
        "scale": {"type": "utc", "nice": False},
        "axis": {"title": "time (UTC)", "grid": False, "format": TIME},
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [times * end for end in reach], "nice": True},
        "axis": {"title": None},
    }
    band = {"type": "area", "color": CANDIDATE, "opacity": 0.18, "clip": True}
    line = {"type": "line", "color": CANDIDATE, "strokeWidth": 2.5, "clip": True}
    end = {"type": "point", "color": CANDIDATE, "filled": True, "size": 70, "opacity": 1}
    return document(
        [
            {
                "data": values(rows if provisional else rows[:-1]),
                "mark": band,
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            *([] if provisional else [_verdict_bar(rows[-1], x, y)]),
            {"data": values(rows), "mark": line, "encoding": {"x": x, "y": {**y, "field": "effect"}}},
            *level(0.0, "no difference", dash=False, below=True),
            *level(planned, f"planned {number(plan.effect, plan.kind, sign=True)}", dash=True),
            {"data": values(rows[-1:]), "mark": end, "encoding": {"x": x, "y": {**y, "field": "effect"}}},
        ]
    )


def _verdict_bar(row: dict[str, Any], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """The interval of the verdict, drawn as a bar, since it is of another kind than the band."""
    bar = {"type": "rule", "color": CANDIDATE, "strokeWidth": 5, "clip": True}
    encoding = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return {"data": values([row]), "mark": bar, "encoding": encoding}


def _reach(points: Sequence[TimelinePoint], planned: float) -> tuple[float, float]:
    settled = [point for point in points if point.clients >= SETTLED * points[-1].clients]
    return (
        min(0.0, *(point.ci_low for point in settled)),
        max(0.0, planned, *(point.ci_high for point in settled)),
    )


def _thinned(points: Sequence[TimelinePoint]) -> list[TimelinePoint]:
    step = math.ceil(len(points) / TABLE_ROWS)
    return [*list(points[:-1])[::step], points[-1]]
