"""Three pictures of an uplift model: its curve beside the others', what every share earns, and what its leaves hold."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from liftstream.experiment import uplift_curve
from liftstream.experiment.amounts import money
from liftstream.experiment.charts.style import (
    COLOURS,
    DASHES,
    HEIGHT,
    INK,
    MUTED,
    WIDTH,
    as_png,
    chart_of,
    share_axis,
)
from liftstream.service.pages.formatting import percent
from training.uplift.clients import Clients
from training.uplift.judging import Judgement
from training.uplift.leaves import Leaf

POINTS: Final = 200
DRAWN: Final = ("tree", "two models", "class transformation", "one column", "response model")
LINES: Final = {"tree": [1, 0], "two models": [6, 3], "class transformation": [2, 2], "one column": [8, 2, 2, 2], "response model": [1, 3]}  # fmt: skip
TINTS: Final = dict(zip(DRAWN, (*COLOURS, "#7d8c2c", MUTED), strict=True))


def draw_curves(judged: Sequence[Judgement], test: Clients, unit: str) -> bytes:
    """PNG: the uplift curves of all learners and the random line.

    Args:
        judged: the tree first.
        test: the clients on which they were judged.
        unit: of the outcome, in words.
    """
    import altair as alt

    rows = [row for one in judged if one.scores.name in DRAWN for row in _curve_rows(one, test)]
    last = next(row["gain"] for row in reversed(rows))
    names = [one.scores.name for one in judged if one.scores.name in DRAWN]
    colour = alt.Color(
        "learner:N",
        title=None,
        scale=alt.Scale(domain=names, range=[TINTS[name] for name in names]),
        legend=alt.Legend(orient="bottom-right"),
    )
    dash = alt.StrokeDash(
        "learner:N", scale=alt.Scale(domain=names, range=[LINES[name] for name in names]), legend=None
    )
    line = (
        chart_of(rows)
        .mark_line(strokeWidth=2)
        .encode(x=_share(), y=_gain(unit), color=colour, strokeDash=dash)
    )
    chance = chart_of([{"share": 0.0, "gain": 0.0}, {"share": 1.0, "gain": last}])
    straight = chance.mark_line(color=MUTED, strokeWidth=1, strokeDash=DASHES).encode(
        x=_share(), y=_gain(unit)
    )
    best = judged[0]
    return as_png(
        alt.layer(straight, line).properties(width=WIDTH, height=HEIGHT),
        f"Qini of the tree: {best.qini.value:.3f} ({best.qini.ci_low:.3f} to {best.qini.ci_high:.3f})",
        f"{len(test):,} test clients, {test.source}; dashed straight: a random score",
    )


def _curve_rows(one: Judgement, test: Clients) -> list[dict[str, Any]]:
    curve = uplift_curve(test.outcome, test.treatment, one.scores.score)
    at = _thinned(len(curve.clients))
    per = 1_000 / len(test)
    return [
        {
            "learner": one.scores.name,
            "share": float(curve.clients[i] / len(test)),
            "gain": float(curve.gain[i] * per),
        }
        for i in at
    ]


def _thinned(points: int) -> Any:
    return np.unique(np.linspace(0, points - 1, min(points, POINTS)).astype(np.int64))


def _share() -> Any:
    import altair as alt

    axis = share_axis()
    return alt.X(
        "share:Q",
        title="share of the clients that is influenced, highest scores first",
        axis=axis,
        scale=alt.Scale(domain=[0, 1]),
    )


def _gain(unit: str) -> Any:
    import altair as alt

    return alt.Y("gain:Q", title=f"{unit} more per 1,000 clients")


def draw_profit(tree: Judgement, test: Clients, best_possible: float | None) -> bytes:
    """PNG: money per client by the share that is influenced, with the share that money sets.

    Args:
        best_possible: of the best decisions there are, where the truth is known.
    """
    import altair as alt

    curve = tree.profit
    columns = {"share": curve.share, "profit": curve.profit, "low": curve.low, "high": curve.high}
    rows = [{name: float(column[i]) for name, column in columns.items()} for i in _thinned(len(curve.share))]
    y = alt.Y("profit:Q", title="money per client, over influencing nobody")
    base = chart_of(rows).encode(x=_share())
    layers = [
        base.mark_area(opacity=0.15, color=COLOURS[0]).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(strokeWidth=2, color=COLOURS[0], point=len(rows) <= 20).encode(y=y),
        *_level(0.0, "influence nobody", dy=9),  # the curve rises above it
    ]
    if best_possible is not None:
        layers += _level(best_possible, "best possible decisions, expected")
    ends = tree.earned or (0.0, 0.0, 0.0)
    said, low, high = (money(value, beside=ends) for value in ends)
    mark = chart_of(
        [{"share": tree.share, "profit": ends[0], "label": f"uplift from {tree.threshold:.4g} on"}]
    )
    at, right = mark.encode(x=_share()), (tree.share or 0) > 0.5
    layers += [
        at.mark_rule(color=COLOURS[1], strokeDash=DASHES).encode(y=y, y2=alt.value(HEIGHT)),
        at.mark_point(size=110, filled=True, color=COLOURS[1], opacity=1).encode(y=y),
        # at the foot of the picture, where no curve is
        at.mark_text(
            align="right" if right else "left", dx=-6 if right else 6, color=COLOURS[1], fontWeight="bold"
        ).encode(text="label:N", y=alt.value(HEIGHT - 10)),
    ]
    return as_png(
        alt.layer(*layers).properties(width=WIDTH, height=HEIGHT),
        f"Influencing {percent(tree.share or 0, 2)} earns {said} per client ({low} to {high})",
        f"{len(test):,} test clients, {test.source}; band: 95 % interval at each share",
    )


def _level(at: float, label: str, dy: int = -7) -> list[Any]:
    import altair as alt

    chart = chart_of([{"profit": at, "label": label}]).encode(y="profit:Q")
    return [
        chart.mark_rule(color=MUTED, strokeDash=DASHES),
        chart.mark_text(align="left", dx=6, dy=dy, color=MUTED).encode(text="label:N", x=alt.value(0)),
    ]


def draw_leaves(leaves: Sequence[Leaf], threshold: float, test: Clients, unit: str) -> bytes:
    """PNG: the change by influencing that every leaf predicts, and the change in test clients.

    Args:
        threshold: from which influencing pays.
        unit: of the outcome, in words.
    """
    import altair as alt

    rows = [leaf._asdict() | {"rule": _folded(leaf)} for leaf in leaves]
    order = [row["rule"] for row in rows]
    y = alt.Y("rule:N", sort=order, title=None, axis=alt.Axis(labelLimit=420, labelFontSize=11))
    base = chart_of(rows).encode(y=y)
    x = alt.X("uplift:Q", title=f"what influencing changes ({unit} per client)")
    line = chart_of([{"uplift": threshold, "label": "pays from here on"}]).encode(x="uplift:Q")
    layers = [
        base.mark_rule(strokeWidth=3, color=COLOURS[0], opacity=0.5).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(size=70, filled=True, color=COLOURS[0], opacity=1).encode(x=alt.X("observed:Q")),
        base.mark_tick(thickness=3, size=22, color=INK).encode(x=x),
        line.mark_rule(color=COLOURS[1], strokeDash=DASHES),
        line.mark_text(color=COLOURS[1], align="left", dx=5, dy=-4).encode(text="label:N", y=alt.value(0)),
    ]
    return as_png(
        alt.layer(*layers).properties(width=420, height=max(140, 44 * len(rows))),
        "What the tree says and what came true",
        f"tick: the tree; dot with 95 % interval: {len(test):,} test clients, {test.source}",
    )


def _folded(leaf: Leaf) -> str:
    return f"{leaf.rule}  ({leaf.clients:,})"
