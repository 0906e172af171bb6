"""The bounds of a plan over clients, and the path of the statistic."""

from collections.abc import Sequence
from typing import Any

from liftstream.experiment.charts.style import (
    COLOURS,
    DASHES,
    HARM,
    HEIGHT,
    INK,
    MUTED,
    PANEL_TITLE_SIZE,
    WIDTH,
    chart_of,
    load_altair,
    title_of,
)

Point = tuple[int, float]
"""Clients of all arms, z."""


def bounds_chart(
    spending: str, upper: Sequence[Point], futility: Sequence[Point], path: Sequence[Point]
) -> Any:
    """An Altair chart."""
    altair = load_altair()
    planned = [{"clients": clients, "z": z, "what": "improves"} for clients, z in upper]
    planned += [{**row, "z": -row["z"], "what": "harms"} for row in planned]  # type: ignore[operator]
    planned += [{"clients": clients, "z": z, "what": "given up"} for clients, z in futility]
    ends = {"improves": upper[-1], "harms": (upper[-1][0], -upper[-1][1])}
    ends |= {"given up": futility[len(futility) // 2]} if futility else {}
    words = {"improves": COLOURS[0], "harms": HARM} | ({"given up": MUTED} if futility else {})
    colours = altair.Scale(domain=list(words), range=list(words.values()))
    dashes = altair.Scale(domain=list(words), range=[[1, 0], [6, 3], [2, 3]][: len(words)])
    x = altair.X("clients:Q", title="clients of all arms", scale=altair.Scale(domainMin=0))
    y = altair.Y("z:Q", title="z")
    colour = altair.Color("what:N", scale=colours, legend=None)
    dash = altair.StrokeDash("what:N", scale=dashes, legend=None)
    lines = chart_of(planned).mark_line(point=True).encode(x=x, y=y, color=colour, strokeDash=dash)
    named = [
        chart_of([{"clients": clients, "z": z, "what": what}])
        .mark_text(align="right", dy=-12 if what == "improves" else 14, fontSize=12)
        .encode(x=x, y=y, color=colour, text="what:N")
        for what, (clients, z) in ends.items()
    ]
    layers = [
        lines,
        *named,
        chart_of([{"at": 0.0}]).mark_rule(color=MUTED, strokeDash=DASHES).encode(y="at:Q"),
    ]
    if path:
        seen = chart_of([{"clients": 0, "z": 0.0}, *({"clients": clients, "z": z} for clients, z in path)])
        layers.append(
            seen.mark_line(color=INK, point=altair.OverlayMarkDef(color=INK, size=60)).encode(x=x, y=y)
        )
    title = f"Bounds ({spending}) and the path of z" if path else f"Bounds ({spending})"
    return altair.layer(*layers).properties(
        width=WIDTH, height=HEIGHT, title=title_of(title, size=PANEL_TITLE_SIZE)
    )
