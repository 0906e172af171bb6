"""The distribution of response times: of the pipeline alone, and until the pages had their decisions."""

from typing import Any, Final

import altair as alt
import numpy as np

from liftstream.demo.looking import Pipeline, SeenArm
from liftstream.demo.outcome import Outcome
from liftstream.demo.plan import ARM
from liftstream.experiment.charts.style import (
    COLOURS,
    DASHES,
    INK,
    MUTED,
    WIDTH,
    as_png,
    chart_of,
    share_axis,
)
from liftstream.experiment.trial.plans import ORIGINAL

HEIGHT: Final = 320
TICKS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000)
ROOM: Final = 1.5
"""Factor between the outermost point and the end of the axis."""
EXPLAINED: Final = "A client's two messages come up to 200 ms after the session was opened: that is the shop's, not the pipeline's."
Points = list[tuple[float, float]]
"""Points of a latency in ms, and the share of the decisions that took no longer."""


def draw_latency(outcome: Outcome) -> bytes:
    """PNG: cumulative shares over a logarithmic axis of time, and the page's patience."""
    report, last, patience_ms = outcome.report, outcome.played.last, outcome.played.patience_ms
    curves = {
        "candidate's page: from the session's opening": of_arm(report.arm(ARM)),
        "original's page: likewise": of_arm(report.arm(ORIGINAL)),
        "pipeline alone: from the later message": of_pipeline(last.pipeline),
    }
    x = _time({ms for points in curves.values() for ms, _ in points} | {patience_ms})
    chart = alt.layer(*_patience(patience_ms, x), _lines(curves, x)).properties(width=WIDTH, height=HEIGHT)
    counted = f"{last.pipeline.predictions:,} decisions, {outcome.per_second:,.0f} a second"
    return as_png(
        chart,
        f"{_said(report.arm(ARM))}; a page waits {patience_ms:,.0f} ms",
        [f"{counted}; {report.unanswered:,} pages were shown unanswered.", EXPLAINED],
    )


def of_arm(arm: SeenArm) -> Points:
    """The points at the bounds of the platform's histogram."""
    found, seen = [], 0
    for bucket in arm.latency.histogram if arm.latency else ():
        seen += bucket.count
        found.append((max(1.0, bucket.up_to_ms), seen / max(1, arm.answered)))
    return found


def of_pipeline(pipeline: Pipeline) -> Points:
    """The points at the bounds of the worker's histogram, from 0 % to 100 %."""
    total = max(1, pipeline.predictions)
    points = [
        (1_000 * bound, count / total) for bound, count in pipeline.within_s.items() if np.isfinite(bound)
    ]
    first = next((i for i, (_, share) in enumerate(points) if share > 0), 0)
    full = next((i for i, (_, share) in enumerate(points) if share >= 1), len(points))
    return points[max(0, first - 1) : full + 1]


def _said(arm: SeenArm) -> str:
    if arm.latency is None:
        return "No decision came in time"
    return f"99 % of the candidate's decisions came within {arm.latency.p99_ms:,.0f} ms"


def _time(shown_ms: set[float]) -> Any:
    low, high = min(shown_ms) / ROOM, max(shown_ms) * ROOM
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    ticks = [ms for ms in TICKS_MS if low <= ms <= high]
    return alt.X("ms:Q", title="milliseconds", axis=alt.Axis(values=ticks), scale=scale)


def _lines(curves: dict[str, Points], x: Any) -> Any:
    rows = [
        {"what": what, "ms": ms, "share": share} for what, points in curves.items() for ms, share in points
    ]
    colours = alt.Scale(domain=list(curves), range=[COLOURS[0], MUTED, COLOURS[1]])
    legend = alt.Legend(title=None, orient="bottom", direction="vertical")
    scale = alt.Scale(domain=[0, 1])
    lines = chart_of(rows).mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=22))
    y = alt.Y("share:Q", title="decisions that had come", axis=share_axis(), scale=scale)
    return lines.encode(x=x, y=y, color=alt.Color("what:N", scale=colours, legend=legend))


def _patience(patience_ms: float, x: Any) -> list[Any]:
    rule = chart_of([{"ms": patience_ms, "label": "the page's patience"}]).encode(x=x)
    text = rule.mark_text(align="right", dx=-6, dy=-8, baseline="bottom", color=INK)
    return [rule.mark_rule(color=INK, strokeDash=DASHES), text.encode(text="label:N", y=alt.value(HEIGHT))]
