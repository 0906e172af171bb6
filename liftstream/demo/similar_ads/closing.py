"""What the demo ends with: a sentence, a table of the arms, pictures."""

from typing import Any, Final

from liftstream.demo.similar_ads.run import SitePlayed
from liftstream.evaluation.drawing import COLOURS, MUTED, as_png, chart_of

NAMED: Final = 7
OTHERS: Final = "other arms"


def document_of(played: SitePlayed, seed: int) -> dict[str, Any]:
    """The outcome as JSON."""
    shown = played.experiment
    wanted = (
        "verdict",
        "sentence",
        "effect",
        "ci_low",
        "ci_high",
        "pvalue",
        "alpha",
        "method",
        "n_original",
        "n_candidate",
    )
    return {
        **{name: shown[name] for name in wanted},
        "bandit": played.bandit["sentence"],
        "ratio": played.bandit["objective_ratio"],
        "arms": rows_of(played),
        "seed": seed,
        "seconds": round(played.seconds, 1),
    }


def rows_of(played: SitePlayed) -> list[dict[str, Any]]:
    """Of each arm that was served: quanta, visits, views and contacts per visit, parents."""
    site = played.site
    rows = []
    for arm in played.bandit["arms"]:
        visits = site.shown[arm["name"]]
        if visits:
            rows.append(
                {
                    "arm": arm["name"],
                    "state": arm["state"],
                    "quanta": arm["quanta"],
                    "visits": visits,
                    "views": site.viewed[arm["name"]] / visits,
                    "contacts": site.contacted[arm["name"]] / visits,
                    "parents": arm["parents"],
                }
            )
    return sorted(rows, key=lambda row: -row["quanta"])


def story_of(played: SitePlayed) -> str | None:
    """The arm that won views and lost contacts, in a sentence; None where none did."""
    site = played.site
    old = {
        "views": _rate(site.viewed, site.shown, "reference"),
        "contacts": _rate(site.contacted, site.shown, "reference"),
    }
    for row in sorted(rows_of(played), key=lambda one: -one["views"]):
        if (
            row["visits"] >= 100
            and row["views"] > 1.1 * old["views"]
            and row["contacts"] < 0.9 * old["contacts"]
        ):
            views, contacts = row["views"] / old["views"] - 1, row["contacts"] / old["contacts"] - 1
            return (
                f"'{row['arm']}' won {views:.0%} more views and lost {-contacts:.0%} of the contacts:"
                f" a bandit that learns from views would have served it; this one gave it {row['quanta']} quanta."
            )
    return None


def draw_pictures(played: SitePlayed) -> dict[str, bytes]:
    """The pictures by file name."""
    return {"similar-ads-arms.png": _draw_arms(played), "similar-ads-traffic.png": _draw_traffic(played)}


def _rate(what: Any, shown: Any, name: str) -> float:
    return float(what[name] / max(1, shown[name]))


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
    one = alt.Chart({"values": [{"x": 1}]}).mark_rule(strokeDash=[5, 4], color=MUTED).encode(x="x:Q")
    return as_png(
        rule + dots + one,
        "What the bandit learned of each arm",
        "90 % intervals; dashed: the reference group",
    )


def _draw_traffic(played: SitePlayed) -> bytes:
    import altair as alt

    recent = played.bandit["recent"]
    quanta = {arm["name"]: arm["quanta"] for arm in played.bandit["arms"]}
    named = set(sorted(quanta, key=lambda name: -quanta[name])[:NAMED])
    rows = [
        {"quantum": one["number"] // 6 * 6, "arm": one["arm"] if one["arm"] in named else OTHERS, "count": 1}
        for one in recent
    ]
    chart = (
        chart_of(rows)
        .mark_bar()
        .encode(
            x=alt.X("quantum:O", title="quantum, six of 1 s in a bar", axis=alt.Axis(labelOverlap=True)),
            y=alt.Y(
                "sum(count):Q",
                stack="normalize",
                title="share of the target group",
                axis=alt.Axis(format="%"),
            ),
            color=alt.Color("arm:N", title=None),
        )
        .properties(width=560, height=260)
    )
    return as_png(
        chart,
        "Which configuration the target group was served, over time",
        "new arms come from the genetic step; each is tried within ten quanta",
    )
