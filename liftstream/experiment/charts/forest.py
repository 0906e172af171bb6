"""Differences with their intervals, one below the other."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from liftstream.experiment.charts.style import (
    COLOURS,
    DASHES,
    HARM,
    MUTED,
    PANEL_TITLE_SIZE,
    WIDTH,
    chart_of,
    load_altair,
    title_of,
)


class Row(NamedTuple):
    """A difference."""

    name: str
    effect: float
    low: float
    high: float
    verdict: str = ""


BAD = {"harms", "breaks", "worse"}
GOOD = {"improves", "holds", "better"}


def forest_chart(rows: Sequence[Row], title: str, unit: str) -> Any:
    """An Altair chart; what is proved has a colour."""
    altair = load_altair()
    values = [
        {
            **row._asdict(),
            "colour": HARM if row.verdict in BAD else COLOURS[0] if row.verdict in GOOD else MUTED,
        }
        for row in rows
    ]
    base = chart_of(values).encode(
        y=altair.Y("name:N", title=None, sort=None), color=altair.Color("colour:N", scale=None)
    )
    bars = base.mark_rule(strokeWidth=3).encode(x=altair.X("low:Q", title=unit), x2="high:Q")
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        x="effect:Q", tooltip=["name:N", "effect:Q", "low:Q", "high:Q"]
    )
    zero = chart_of([{"at": 0.0}]).mark_rule(color=MUTED, strokeDash=DASHES).encode(x="at:Q")
    return altair.layer(bars, points, zero).properties(
        width=WIDTH, height=max(60, 28 * len(values)), title=title_of(title, size=PANEL_TITLE_SIZE)
    )
