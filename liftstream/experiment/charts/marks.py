"""Marks and axes that pictures of differences share, whose estimates stand in the fields `low`, `mean`, `high`."""

from collections.abc import Sequence
from typing import Any, Final

from liftstream.experiment.charts.style import COLOURS, DASHES, MUTED, WIDTH, chart_of, load_altair

ROOM: Final = 0.25
"""Space above and below the shown range, as a part of it."""


def axis_around(values: Sequence[float | None]) -> Any:
    """A scale that shows all of them, with some room."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    room = ROOM * (high - low) or 1.0
    return load_altair().Scale(domain=[low - room, high + room], zero=False, nice=False)


def y_of(field: str, title: str, scale: Any) -> Any:
    """The axis of the estimates."""
    return load_altair().Y(f"{field}:Q", title=title, scale=scale)


def estimate(at: Any, title: str, scale: Any) -> list[Any]:
    """A dot with its interval as a bar, on a chart of one row."""
    dot = at.mark_point(size=80, filled=True, opacity=1, color=COLOURS[0])
    bar = at.mark_rule(strokeWidth=3, color=COLOURS[0])
    return [bar.encode(y=y_of("low", title, scale), y2="high:Q"), dot.encode(y=y_of("mean", title, scale))]


def level(at: float, label: str, scale: Any, *, right: bool = False, below: bool = False) -> list[Any]:
    """A dashed line with its name above or below it, on the left or on the right."""
    chart = chart_of([{"mean": at, "label": label}]).encode(y=y_of("mean", "", scale))
    side = {"align": "right", "dx": -14} if right else {"align": "left", "dx": 6}
    place = {**side, "dy": 10 if below else -8}
    named = chart.encode(text="label:N", x=load_altair().value(WIDTH if right else 0))
    return [
        chart.mark_rule(color=MUTED, strokeDash=DASHES),
        # so that a line behind it can be told from it
        named.mark_text(stroke="white", strokeWidth=4, **place),
        named.mark_text(color=MUTED, **place),
    ]
