"""Differences with their intervals, one below the other."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from liftstream.experiment.charts.altair_chart import ACCENT, GREY, HARM, WIDTH, load_altair, rule


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
        {**row._asdict(), "colour": HARM if row.verdict in BAD else ACCENT if row.verdict in GOOD else GREY}
        for row in rows
    ]
    base = altair.Chart(altair.Data(values=values)).encode(
        y=altair.Y("name:N", title=None, sort=None), color=altair.Color("colour:N", scale=None)
    )
    bars = base.mark_rule(strokeWidth=3).encode(x=altair.X("low:Q", title=unit), x2="high:Q")
    points = base.mark_point(filled=True, size=90).encode(
        x="effect:Q", tooltip=["name:N", "effect:Q", "low:Q", "high:Q"]
    )
    return altair.layer(bars, points, rule(altair, 0.0, GREY, vertical=True)).properties(
        width=WIDTH, height=max(60, 28 * len(values)), title=title
    )
