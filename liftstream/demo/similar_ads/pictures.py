"""The pictures of the demo: what was learned of each arm, who got the traffic, and views against contacts."""

from typing import Any, Final

from liftstream.demo.similar_ads.closing import row_of_old, rows_of
from liftstream.demo.similar_ads.run import SitePlayed
from liftstream.demo.similar_ads.story import OLD
from liftstream.experiment.charts.style import COLOURS, DASHES, MUTED, SERIES, as_png, chart_of, share_axis

NAMED: Final = 7
OTHERS: Final = "other arms"
FEW: Final = 60
"""Visits below which an arm's shares say nothing, and it is not drawn."""

NEAR: Final = {"views": 0.16, "contacts": 0.06}
"""Shares of the picture within which two names would lie on each other."""


def draw_pictures(played: SitePlayed) -> dict[str, bytes]:
    """The pictures by file name."""
    return {
        "similar-ads-arms.png": _draw_arms(played),
        "similar-ads-traffic.png": _draw_traffic(played),
        "similar-ads-views.png": _draw_views(played),
    }


def _draw_arms(played: SitePlayed) -> bytes:
    import altair as alt

    rows = [
        {"arm": arm["name"], "mean": arm["mean"], "low": arm["ci_low"], "high": arm["ci_high"]}
        for arm in played.bandit["arms"]
        if arm["quanta"] and arm["mean"] is not None
    ]
    y = alt.Y("arm:N", title=None, sort=alt.EncodingSortField("mean", order="descending"))
    base = chart_of(rows).properties(width=460, height=24 * len(rows))
    scale = alt.Scale(zero=False)
    rule = base.mark_rule(strokeWidth=5, opacity=0.35, color=COLOURS[0]).encode(
        x=alt.X("low:Q", title="contacts per unit, ratio to the reference group", scale=scale),
        x2="high:Q",
        y=y,
    )
    dots = base.mark_circle(size=60, opacity=1, color=COLOURS[0]).encode(x=alt.X("mean:Q", scale=scale), y=y)
    one = chart_of([{"x": 1}]).mark_rule(strokeDash=DASHES, color=MUTED).encode(x="x:Q")
    return as_png(
        rule + dots + one,
        "What the bandit learned of each arm",
        "90 % intervals; dashed: the reference group",
    )


def _draw_traffic(played: SitePlayed) -> bytes:
    import altair as alt

    recent = played.bandit["recent"]
    quanta = {arm["name"]: arm["quanta"] for arm in played.bandit["arms"]}
    named = sorted(quanta, key=lambda name: -quanta[name])[:NAMED]
    rows = [
        {"quantum": one["number"] // 6 * 6, "arm": one["arm"] if one["arm"] in named else OTHERS, "count": 1}
        for one in recent
    ]
    chart = (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X("quantum:O", title="quantum, six of 1 s in a bar", axis=alt.Axis(labelOverlap=True)),
            y=alt.Y("sum(count):Q", stack="normalize", title="share of the target group", axis=share_axis()),
            color=alt.Color(
                "arm:N",
                title=None,
                scale=alt.Scale(domain=[*named, OTHERS], range=[*SERIES[: len(named)], MUTED]),
            ),
        )
        .properties(width=560, height=260)
    )
    return as_png(
        chart,
        "Which configuration the target group was served, over time",
        "new arms come from the genetic step; each is tried within ten quanta",
    )


def _draw_views(played: SitePlayed) -> bytes:
    import altair as alt

    old = row_of_old(played)
    rows = [row for row in rows_of(played) if row["visits"] >= FEW and row["configuration"] != OLD]
    shown = _named_apart(
        [{name: row[name] for name in ("arm", "visits", "views", "contacts")} for row in [old, *rows]]
    )
    x = alt.X(
        "views:Q", title="visits with a view", axis=share_axis(), scale=alt.Scale(zero=False, padding=30)
    )
    y = alt.Y("contacts:Q", title="visits with a contact", axis=share_axis())
    base = chart_of(shown)
    old_ones = alt.datum.arm == old["arm"]
    dots = base.mark_circle(opacity=0.85).encode(
        x=x,
        y=y,
        size=alt.Size("visits:Q", legend=None, scale=alt.Scale(range=[30, 500])),
        color=alt.condition(old_ones, alt.value(MUTED), alt.value(COLOURS[0])),
    )
    names = base.mark_text(align="left", dx=12, dy=-9).encode(x=x, y=y, text="label:N")
    line = {"strokeDash": DASHES, "color": MUTED}
    lines = alt.layer(
        chart_of([old]).mark_rule(**line).encode(x="views:Q"),
        chart_of([old]).mark_rule(**line).encode(y="contacts:Q"),
    )
    return as_png(
        alt.layer(lines, dots, names).properties(width=560, height=320),
        "A view is not a contact: what visitors did beside each configuration",
        "dashed: the old block; lower right of it is what wins views and loses contacts; large dots: many visits",
    )


def _named_apart(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with a label each; no label for a dot beside one that is named before it."""
    wide, high = (max(row[name] for row in rows) - min(row[name] for row in rows) for name in NEAR)
    found: list[dict[str, Any]] = []
    for row in rows:
        beside = (
            abs(row["views"] - one["views"]) < NEAR["views"] * wide
            and abs(row["contacts"] - one["contacts"]) < NEAR["contacts"] * high
            for one in found
            if one["label"]
        )
        found.append({**row, "label": "" if any(beside) else row["arm"]})
    return found
