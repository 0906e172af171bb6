"""The pictures of a bandit: what is known of each arm, and how the quanta went to the arms over time."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from liftstream.experiment.charts.style import SERIES
from liftstream.platform.documents.bandit import BanditArmDocument, BanditDocument
from liftstream.service.pages.figure import (
    CANDIDATE,
    LEGEND_COLUMNS,
    LINE,
    MUTED,
    Figure,
    document,
    percent_axis,
    values,
)
from liftstream.service.pages.formatting import alike, count, percent

SPANS: Final = 24
"""Bars of the traffic picture."""
DRAWN: Final = 30
"""Most arms in the picture of what is known; the table beside it has all."""
COLOURS: Final = SERIES[:7]
"""Colours of the arms that were served most, fit for light and dark; the other arms share one."""
OTHERS: Final = "other arms"
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000


def posterior_of_arms(shown: BanditDocument) -> Figure:
    """The expected value of each arm with its 90 % interval."""
    known = [
        arm
        for arm in shown.arms
        if arm.mean is not None and arm.ci_low is not None and arm.ci_high is not None
    ]
    against = "ratio to the reference group" if shown.reference else f"{shown.objective} per impression"
    title = f"What is known of each arm: {against}"
    if not known or not shown.started:
        return Figure("posterior", title, "Nothing is known before the first quantum.", None)
    ranked = sorted(known, key=lambda arm: (arm.state != "active", -(arm.mean or 0.0)))
    drawn = ranked[:DRAWN]
    mean, low, high = alike(ranked[0].mean, ranked[0].ci_low, ranked[0].ci_high)
    says = (
        f"{ranked[0].name} is expected at {mean} ({low} to {high}). Bars are 90 % intervals"
        + ("; 1 is the reference group." if shown.reference else ".")
        + (f" Drawn are the {DRAWN} highest of {count(len(ranked))} arms." if len(ranked) > DRAWN else "")
    )
    rows = [
        {"arm": a.name, "mean": a.mean, "low": a.ci_low, "high": a.ci_high, "state": a.state} for a in drawn
    ]
    return Figure(
        "posterior",
        title,
        says,
        _posterior(rows, against, bool(shown.reference)),
        ("arm", "state", "expected", "90 % interval", "chance to be served now"),
        [_row(arm) for arm in ranked],
    )


def traffic_of_arms(shown: BanditDocument) -> Figure:
    """The share of the quanta of each arm over time."""
    title = "Who was served: share of the quanta"
    if len(shown.recent) < 2:
        return Figure("traffic", title, "The picture begins with the second quantum.", None)
    totals = Counter(one.arm for one in shown.recent)
    named = [arm for arm, _ in totals.most_common(len(COLOURS))]
    legend = [*named, OTHERS] if len(totals) > len(named) else named
    size = max(1, -(-len(shown.recent) // SPANS))
    rows = []
    for start in range(0, len(shown.recent), size):
        part = shown.recent[start : start + size]
        counts = Counter(one.arm if one.arm in named else OTHERS for one in part)
        at = _clock(part[0].from_ms, shown.recent[-1].until_ms - shown.recent[0].from_ms)
        rows += [{"t": at, "arm": arm, "quanta": number} for arm, number in counts.items()]
    most, number = totals.most_common(1)[0]
    says = (
        f"Of the newest {count(len(shown.recent))} quanta {most} had {percent(number / len(shown.recent))}."
    )
    table = [(arm, count(n), percent(n / len(shown.recent))) for arm, n in totals.most_common()]
    return Figure("traffic", title, says, _traffic(rows, legend), ("arm", "quanta", "share"), table)


def _posterior(rows: list[dict[str, Any]], against: str, reference: bool) -> dict[str, Any]:
    y = {"field": "arm", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 160}}
    x = {"type": "quantitative", "scale": {"zero": False}, "axis": {"title": against}}
    layers: list[dict[str, Any]] = [
        {
            "data": values(rows),
            "mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.35, "color": CANDIDATE},
            "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "data": values(rows),
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": CANDIDATE},
            "encoding": {"y": y, "x": {**x, "field": "mean"}},
        },
    ]
    if reference:
        line = {"type": "rule", "strokeDash": [5, 4], "color": MUTED}
        layers.append({"data": values([{"x": 1}]), "mark": line, "encoding": {"x": {**x, "field": "x"}}})
    return document(layers, height=max(120, 26 * len(rows)))


def _traffic(rows: list[dict[str, Any]], legend: list[str]) -> dict[str, Any]:
    """A bar for each span, with the arms in the order of the legend."""
    colours = {"domain": legend, "range": [*COLOURS, LINE] if OTHERS in legend else COLOURS[: len(legend)]}
    bar = {
        "data": values([row | {"place": legend.index(row["arm"])} for row in rows]),
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "t", "type": "ordinal", "sort": None, "axis": {"title": "time (UTC)", "labelAngle": 0}},
            "y": {"field": "quanta", "type": "quantitative", "stack": "normalize", "axis": percent_axis(None)},
            "order": {"field": "place", "type": "quantitative"},
            "color": {
                "field": "arm", "type": "nominal", "scale": colours,
                "legend": {"orient": "bottom", "title": None, "columns": LEGEND_COLUMNS, "labelLimit": 140},
            },
        },
    }  # fmt: skip
    return document([bar])


def _row(arm: BanditArmDocument) -> tuple[str, ...]:
    mean, low, high = alike(arm.mean, arm.ci_low, arm.ci_high)
    return arm.name, arm.state, mean, f"{low} to {high}", percent(arm.probability_best)


def _clock(at_ms: int, range_ms: int) -> str:
    """A time as people read it on an axis of this length; different for any two spans."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    if range_ms >= DAY_MS:
        return at.strftime("%d %b %H:%M")
    return at.strftime("%H:%M" if range_ms >= SPANS * MINUTE_MS else "%H:%M:%S")
