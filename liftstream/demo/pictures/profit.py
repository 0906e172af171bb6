"""The profit of every threshold on the demo's clients, the one in use, and the measured effect."""

from typing import Any, Final

import altair as alt

from liftstream.demo.outcome import Outcome
from liftstream.demo.truth import DemoTruth
from liftstream.experiment.amounts import money
from liftstream.experiment.charts.marks import axis_around, estimate, level, y_of
from liftstream.experiment.charts.style import COLOURS, HEIGHT, INK, WIDTH, as_png, chart_of

TITLE: Final = "$ per client more than the original system"


def draw_profit(outcome: Outcome) -> bytes:
    """PNG: the curve of expected gains, its threshold in use, and the measured gain with its interval."""
    truth, report = outcome.truth, outcome.report
    ends = report.ci_low, report.ci_high
    scale = axis_around([*ends, truth.best, truth.never, 0.0, truth.gain])
    x = _threshold(truth, outcome.request.candidate)
    measured = {"threshold": truth.threshold, "mean": report.effect, "low": ends[0], "high": ends[1]}
    chart = alt.layer(
        *level(0.0, "original system: show it to men", scale, right=True, below=True),
        *level(truth.never, "show it to nobody", scale),
        *level(truth.best, "best possible decisions", scale),
        _curve(truth, x, scale),
        *estimate(chart_of([measured]).encode(x=x), TITLE, scale),
        *_in_use(truth, x, scale),
    ).properties(width=WIDTH, height=HEIGHT)
    found = (
        "nothing was measured" if report.effect is None else f"measured: {money(report.effect, sign=True)}"
    )
    return as_png(
        chart,
        f"At its threshold the candidate is truly worth {money(truth.gain, sign=True)} $ per client; {found}",
        [
            f"Line: expected on the {len(truth.clients):,} clients of this run, from the truth that only a simulated shop knows.",
            "Dot and bar: what the experiment found, with its interval.",
        ],
    )


def _threshold(truth: DemoTruth, candidate: str) -> Any:
    thresholds, _ = truth.curve
    scale = alt.Scale(domain=[float(thresholds[0]), float(thresholds[-1])], nice=False)
    title = f"threshold: {candidate} decides to show from this score on"
    return alt.X("threshold:Q", title=title, axis=alt.Axis(tickCount=10), scale=scale)


def _curve(truth: DemoTruth, x: Any, scale: Any) -> Any:
    thresholds, gains = truth.curve
    rows = [{"threshold": t, "mean": g} for t, g in zip(thresholds.tolist(), gains.tolist(), strict=True)]
    line = chart_of(rows).mark_line(strokeWidth=2, color=INK, clip=True)
    return line.encode(x=x, y=y_of("mean", TITLE, scale))


def _in_use(truth: DemoTruth, x: Any, scale: Any) -> list[Any]:
    """A ring on the curve, and the threshold written below it."""
    row = {"threshold": truth.threshold, "mean": truth.gain, "label": f"threshold {truth.threshold:.3f}"}
    at = chart_of([row]).encode(x=x)
    ring = at.mark_point(size=140, color=COLOURS[1], strokeWidth=2.5, filled=False, opacity=1)
    text = at.mark_text(align="left", dx=8, dy=-10, color=COLOURS[1], fontWeight="bold")
    return [
        at.mark_rule(color=COLOURS[1], strokeDash=[2, 3]),
        ring.encode(y=y_of("mean", TITLE, scale)),
        text.encode(text="label:N", y=alt.value(HEIGHT)),
    ]
