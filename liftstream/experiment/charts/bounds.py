"""The bounds of a plan over clients, and the path of the statistic."""

from collections.abc import Sequence
from typing import Any

from liftstream.experiment.charts.altair_chart import ACCENT, GREY, HARM, HEIGHT, WIDTH, load_altair, rule

Point = tuple[int, float]
"""Clients of all arms, z."""


def bounds_chart(
    spending: str, upper: Sequence[Point], futility: Sequence[Point] = (), path: Sequence[Point] = ()
) -> Any:
    """An Altair chart."""
    altair = load_altair()
    planned = [{"clients": clients, "z": z, "what": "improves"} for clients, z in upper]
    planned += [{**row, "z": -row["z"], "what": "harms"} for row in planned]  # type: ignore[operator]
    planned += [{"clients": clients, "z": z, "what": "given up"} for clients, z in futility]
    words = {"improves": ACCENT, "harms": HARM} | ({"given up": GREY} if futility else {})
    colours = altair.Scale(domain=list(words), range=list(words.values()))
    dashes = altair.Scale(domain=list(words), range=[[1, 0], [6, 3], [2, 3]][: len(words)])
    x = altair.X("clients:Q", title="clients of all arms", scale=altair.Scale(domainMin=0))
    y = altair.Y("z:Q", title="z")
    lines = altair.Chart(altair.Data(values=planned)).mark_line(point=True).encode(
        x=x, y=y, color=altair.Color("what:N", scale=colours, title="bound"), strokeDash=altair.StrokeDash("what:N", scale=dashes, legend=None)
    )  # fmt: skip
    layers = [lines, rule(altair, 0.0, GREY)]
    if path:
        seen = altair.Chart(
            altair.Data(
                values=[{"clients": 0, "z": 0.0}, *({"clients": clients, "z": z} for clients, z in path)]
            )
        )
        mark = altair.OverlayMarkDef(color="black", size=60)
        layers.append(seen.mark_line(color="black", point=mark).encode(x=x, y=y))
    title = f"Bounds ({spending}) and the path of z" if path else f"Bounds ({spending})"
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)
