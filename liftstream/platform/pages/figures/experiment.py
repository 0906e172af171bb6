"""The pictures of an experiment: the difference over time, the bounds with the path, how long answers took."""

import math
from collections.abc import Sequence
from typing import Any, Final

from liftstream.experiment.metrics.kinds import kind_of
from liftstream.platform.documents.experiment_parts.arms import ArmDocument
from liftstream.platform.documents.experiment_parts.pictures import LookPoint, TimelinePoint
from liftstream.platform.documents.experiment_parts.plan import PlanDocument
from liftstream.platform.documents.experiment_parts.verdict import CandidateDocument
from liftstream.platform.ingest.running.latency_buckets import GROWTH
from liftstream.platform.pages.units import change, change_unit, number, scale, span
from liftstream.service.pages.figure import (
    CANDIDATE,
    HARM,
    MUTED,
    Figure,
    document,
    level,
    percent_axis,
    values,
)
from liftstream.service.pages.formatting import clock, count, percent, plain, score

SETTLED: Final = 0.2
"""Share of the latest clients from which points count for the axis: the first ones are wider than any page."""
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
"""What an axis writes, by the unit that its ticks are at."""
ROOM_UNTIL: Final = 0.75
"""Share of the axis up to which a word fits behind a point."""
HIGHEST_Z: Final = 6.0
"""The first bounds of many looks lie far above; nobody gets there."""


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
        f"After {count(last.clients)} clients the difference is {change(last.effect, kind)}, its interval "
        f"{span(last.ci_low, last.ci_high, kind)}; the dashed line is the planned {change(plan.effect, kind)}. "
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
            (clock(point.at, last.at), count(point.clients), number(point.effect, kind, sign=True), span(point.ci_low, point.ci_high, kind))
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
            *level(0.0, "no difference", dash=False, below=True),
            *level(planned, f"planned {number(plan.effect, plan.kind, sign=True)}", dash=True),
            {"data": values(rows), "mark": line, "encoding": {"x": x, "y": {**y, "field": "effect"}}},
            {"data": values(rows[-1:]), "mark": end, "encoding": {"x": x, "y": {**y, "field": "effect"}}},
        ]
    )


def _verdict_bar(row: dict[str, Any], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """The interval of the verdict: another kind than the band, so drawn as another thing."""
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


def bounds_and_path(candidate: CandidateDocument, plan: PlanDocument, name: str) -> Figure:
    """z at each look against the information, between the bounds that decide."""
    looks, title = candidate.looks, "Bounds and path"
    if not looks:
        return Figure(name, title, "No look was taken.", None)
    taken = [look for look in looks if look.taken]
    rows = [
        {
            "t": look.information,
            "z": look.z,
            "bound": look.bound,
            "harm": None if look.bound is None else -look.bound,
            "futility": look.futility,
            "label": f"look {look.look}",
        }
        for look in looks
    ]
    return Figure(
        name, title, _path_says(taken, looks, plan), _path(rows),
        ("look", "clients", "information", "improves from z", "z"),
        [
            (str(look.look), count(look.clients), percent(look.information), score(look.bound), score(look.z) if look.taken else "to come")
            for look in looks
        ],
    )  # fmt: skip


def _path_says(taken: Sequence[LookPoint], looks: Sequence[LookPoint], plan: PlanDocument) -> str:
    if not taken:
        first = looks[0]
        once = len(looks) == 1
        return (
            f"{'The only look' if once else f'The first of {len(looks)} looks'} is due at {count(first.clients)} clients; "
            f"the candidate improves if z reaches {score(first.bound)} there. Nothing is decided before."
        )
    last = taken[-1]
    return (
        f"At look {last.look} of {len(plan.look_clients)} planned, with {percent(last.information)} of the planned information, z was {score(last.z)}; "
        f"the candidate improves from {score(last.bound)} on and harms from {score(None if last.bound is None else -last.bound)} on. "
        f"The bounds ({plan.spending}) are wider early, so that looking often does not make errors likelier."
    )


def _path(rows: list[dict[str, Any]]) -> dict[str, Any]:
    known = [abs(row[key]) for row in rows for key in ("z", "bound") if row[key] is not None]
    reach = min(HIGHEST_Z, max([2.5, *known]) + 0.6)
    x = {
        "field": "t",
        "type": "quantitative",
        "scale": {"domain": [0, 1.03 * max(1.0, *(row["t"] for row in rows))], "nice": False},
        "axis": percent_axis("share of the planned information") | {"grid": False},
    }
    y = {
        "type": "quantitative",
        "scale": {"domain": [-reach, reach], "nice": False},
        "axis": {"title": "z"},
    }

    def line(field: str, color: str, width: float, dash: list[int], point: dict[str, Any]) -> dict[str, Any]:
        mark = {
            "type": "line",
            "color": color,
            "strokeWidth": width,
            "clip": True,
            "point": {**point, "color": color},
        }
        return {
            "data": values([row for row in rows if row[field] is not None]),
            "mark": {**mark, "strokeDash": dash} if dash else mark,
            "encoding": {"x": x, "y": {**y, "field": field}},
        }  # fmt: skip

    hollow = {"filled": False, "fill": "var(--panel)", "size": 45}
    layers = [
        *level(0.0, "", dash=False),
        line("bound", CANDIDATE, 1.5, [5, 4], {**hollow, "shape": "triangle-up"}),
        line("harm", HARM, 1.5, [5, 4], {**hollow, "shape": "triangle-down"}),
    ]
    if any(row["futility"] is not None for row in rows):
        layers.append(line("futility", MUTED, 1.5, [2, 3], {**hollow, "shape": "square"}))
    if any(row["z"] is not None for row in rows):
        layers.append(line("z", CANDIDATE, 2.5, [], {"filled": True, "size": 80, "opacity": 1}))
    return document([*layers, *_names(rows, x, y)])


def _names(rows: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """What the bounds mean, beside their last points."""
    last = next((row for row in reversed(rows) if row["bound"] is not None), None)
    if last is None:
        return []
    beside = {"align": "left", "dx": 9} if last["t"] < ROOM_UNTIL else {"align": "right", "dx": 4}
    up = 0 if last["t"] < ROOM_UNTIL else 12
    return [
        {
            "data": values([last | {"label": word}]),
            "mark": {"type": "text", "baseline": "middle", "dy": dy, **beside},
            "encoding": {"x": x, "y": {**y, "field": field}, "text": {"field": "label"}},
        }
        for field, word, dy in (("bound", "improves", -up), ("harm", "harms", up))
    ]


def answer_times(arm: ArmDocument, patience_ms: float, name: str) -> Figure:
    """How long the candidate took to answer, against the page's patience."""
    title = "How long answers took, ms"
    if arm.latency is None:
        return Figure(name, title, "No answer yet.", None)
    took = arm.latency
    says = (
        f"Half of the {count(sum(bucket.count for bucket in took.histogram))} answers came within {plain(took.p50_ms)} ms, "
        f"99 % within {plain(took.p99_ms)} ms (known to 12 %); a page waits {count(patience_ms)} ms."
    )
    rows = [
        {"from": bucket.up_to_ms / GROWTH, "to": bucket.up_to_ms, "count": bucket.count}
        for bucket in took.histogram
    ]
    return Figure(
        name, title, says, _bars(rows, patience_ms),
        ("up to, ms", "answers"),
        [(plain(bucket.up_to_ms), count(bucket.count)) for bucket in took.histogram],
    )  # fmt: skip


def _bars(rows: list[dict[str, Any]], patience_ms: float) -> dict[str, Any]:
    least = min(row["from"] for row in rows)
    scale = {"type": "log", "domain": [min(1.0, least), max(2 * patience_ms, rows[-1]["to"])]}
    axis = {
        "title": "ms from the opening of the session",
        "values": [1, 10, 100, 1_000, 10_000, 100_000],
        "grid": False,
    }
    x = {"type": "quantitative", "scale": scale, "axis": axis}
    y = {
        "type": "quantitative",
        "scale": {"zero": True},
        "axis": {"title": None, "format": ",.0f", "tickCount": 3},
    }
    patience = values([{"at": patience_ms, "label": "patience"}])
    return document(
        [
            {
                "data": values(rows),
                "mark": {"type": "rect", "color": CANDIDATE},
                "encoding": {
                    "x": {**x, "field": "from"},
                    "x2": {"field": "to"},
                    "y": {**y, "field": "count"},
                    "y2": {"datum": 0},
                },
            },
            {
                "data": patience,
                "mark": {"type": "rule", "strokeDash": [5, 4]},
                "encoding": {"x": {**x, "field": "at"}},
            },
            {
                "data": patience,
                "mark": {"type": "text", "align": "right", "dx": -5, "baseline": "top"},
                "encoding": {"x": {**x, "field": "at"}, "y": {"value": 2}, "text": {"field": "label"}},
            },
        ],
        height=160,
    )
