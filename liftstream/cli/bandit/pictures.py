"""Pictures of a simulation: regret over time with the Lai-Robbins line, traffic of each arm over time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from liftstream.contracts.whole_file import write_whole
from liftstream.experiment.charts.style import (
    HEIGHT,
    MUTED,
    PANEL_TITLE_SIZE,
    SERIES,
    WIDTH,
    as_png,
    chart_of,
    load_altair,
    share_axis,
    title_of,
)

if TYPE_CHECKING:
    from liftstream.bandits.environments.environment import Environment
    from liftstream.bandits.simulation import RegretCurve


def write_pictures(
    folder: Path, texts: Sequence[str], found: "Sequence[RegretCurve]", environment: "Environment"
) -> None:
    """Writes `regret.png` and `traffic.png` into the folder."""
    load_altair().data_transformers.disable_max_rows()
    write_whole(folder / "regret.png", draw_regret(texts, found, environment))
    write_whole(folder / "traffic.png", draw_traffic(texts, found, environment))


def draw_regret(texts: Sequence[str], found: "Sequence[RegretCurve]", environment: "Environment") -> bytes:
    """PNG: mean regret of every policy with a band of two standard errors; the Lai-Robbins line is dashed."""
    import altair as alt

    rows = [
        {
            "step": step,
            "regret": regret,
            "low": max(0.0, regret - 2 * se),
            "high": regret + 2 * se,
            "policy": text,
        }
        for text, one in zip(texts, found, strict=True)
        for step, regret, se in zip(one.steps, one.regret, one.se, strict=True)
    ]
    base = chart_of(rows).encode(
        x=alt.X("step:Q", title="steps", axis=alt.Axis(format=",d", tickCount=5)),
        color=alt.Color("policy:N", title=None, sort=list(texts), scale=alt.Scale(range=SERIES), legend=alt.Legend(symbolOpacity=1)),
    )  # fmt: skip
    band = base.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title="regret"), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("regret:Q", title="regret"))
    layers = [band, line, *_bound(found[0].steps, environment)]
    arms = ", ".join(environment.arms)
    subtitle = [f"{environment.name}: arms {arms}; mean of {found[0].runs} runs, band of 2 standard errors"]
    if len(layers) > 2:
        subtitle.append("dashed: the Lai-Robbins line, whose slope in ln n no policy beats in the long run")
    return as_png(
        alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), "What was lost on the way", subtitle
    )


def _bound(steps: Sequence[int], environment: "Environment") -> list[Any]:
    import altair as alt

    line = environment.bounds(np.asarray(steps, float))
    if line is None:
        return []
    rows = [{"step": step, "regret": float(value)} for step, value in zip(steps, line, strict=True)]
    chart = chart_of(rows).mark_line(color=MUTED, strokeDash=[6, 4])
    return [chart.encode(x="step:Q", y=alt.Y("regret:Q", title="regret"))]


def draw_traffic(texts: Sequence[str], found: "Sequence[RegretCurve]", environment: "Environment") -> bytes:
    """PNG: the share of every arm over time, a panel a policy."""
    import altair as alt

    panels = [_traffic_of(text, one, environment) for text, one in zip(texts, found, strict=True)]
    runs = (
        f"mean of {found[0].runs} runs"
        if environment.alike
        else "the first run, as every run has arms of its own"
    )
    return as_png(alt.concat(*panels, columns=2), "Who got the traffic", f"{environment.name}: {runs}")


def _traffic_of(text: str, one: "RegretCurve", environment: "Environment") -> Any:
    """The panel of a policy."""
    import altair as alt

    rows = [
        {"step": step, "arm": arm, "share": share, "order": place}
        for step, shares in zip(one.steps, one.traffic, strict=True)
        for place, (arm, share) in enumerate(zip(one.arms, shares, strict=True))
    ]
    panel = chart_of(rows).mark_area().encode(
        x=alt.X("step:Q", title="steps", axis=alt.Axis(format=",d", tickCount=5)),
        y=alt.Y("share:Q", stack="zero", title="share of the choices", axis=share_axis(), scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("arm:N", sort=list(environment.arms), title="arm", scale=alt.Scale(domain=list(environment.arms), range=SERIES)),
        order="order:Q",
    )  # fmt: skip
    return panel.properties(width=280, height=190, title=title_of(text, size=PANEL_TITLE_SIZE))
