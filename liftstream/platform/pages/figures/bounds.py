"""The picture of the bounds of the looks, and the path of z between them."""

from collections.abc import Sequence
from typing import Any, Final

from liftstream.platform.documents.experiment_parts.pictures import LookPoint
from liftstream.platform.documents.experiment_parts.plan import PlanDocument
from liftstream.platform.documents.experiment_parts.verdict import CandidateDocument
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
from liftstream.service.pages.formatting import count, percent, score

ROOM_UNTIL: Final = 0.75
"""Share of the axis up to which a word fits behind a point."""
HIGHEST_Z: Final = 6.0
"""Top of the axis: the first bounds of many looks lie far above, where no result gets."""


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
    y = {"type": "quantitative", "scale": {"domain": [-reach, reach], "nice": False}, "axis": {"title": "z"}}

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
    """Labels of the bounds, next to their last points."""
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
