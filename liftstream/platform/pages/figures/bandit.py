"""The pictures of a bandit: what is known of each arm, and how the quanta went to the arms over time."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from liftstream.platform.documents.bandit import BanditArmDocument, BanditDocument
from liftstream.service.pages.figure import CANDIDATE, MUTED, Figure, document, percent_axis, values
from liftstream.service.pages.formatting import count, percent, plain

SPANS: Final = 24
"""Bars of the traffic picture."""
NAMED: Final = 8
"""Arms with a colour of their own; the others are one."""
OTHERS: Final = "other arms"


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
    ranked = sorted(known, key=lambda arm: -(arm.mean or 0.0))
    best = ranked[0]
    says = (
        f"{best.name} is expected at {plain(best.mean)} ({plain(best.ci_low)} to {plain(best.ci_high)}). Bars are 90 % intervals"
        + ("; 1 is the reference group." if shown.reference else ".")
    )
    rows = [
        {"arm": a.name, "mean": a.mean, "low": a.ci_low, "high": a.ci_high, "state": a.state} for a in ranked
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
    named = {arm for arm, _ in totals.most_common(NAMED)}
    size = max(1, -(-len(shown.recent) // SPANS))
    rows = []
    for start in range(0, len(shown.recent), size):
        part = shown.recent[start : start + size]
        counts = Counter(one.arm if one.arm in named else OTHERS for one in part)
        rows += [
            {"t": _iso(part[0].from_ms), "arm": arm, "quanta": number}
            for arm, number in sorted(counts.items())
        ]
    most, number = totals.most_common(1)[0]
    says = (
        f"Of the newest {count(len(shown.recent))} quanta {most} had {percent(number / len(shown.recent))}."
    )
    table = [(arm, count(n), percent(n / len(shown.recent))) for arm, n in totals.most_common()]
    return Figure("traffic", title, says, _traffic(rows), ("arm", "quanta", "share"), table)


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


def _traffic(rows: list[dict[str, Any]]) -> dict[str, Any]:
    bar = {
        "data": values(rows),
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "t", "type": "ordinal", "timeUnit": "utchoursminutes", "axis": {"title": "time (UTC)", "labelAngle": 0}},
            "y": {"field": "quanta", "type": "quantitative", "stack": "normalize", "axis": percent_axis(None)},
            "color": {"field": "arm", "type": "nominal", "legend": {"orient": "bottom", "title": None}},
        },
    }  # fmt: skip
    return document([bar])


def _row(arm: BanditArmDocument) -> tuple[str, ...]:
    return (
        arm.name,
        arm.state,
        plain(arm.mean),
        f"{plain(arm.ci_low)} to {plain(arm.ci_high)}",
        percent(arm.probability_best),
    )


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
