"""Two pictures: what every round did to ROC-AUC and F1, and what the frequency of advertising earns group by group."""

from typing import Any, Final

from liftstream.experiment.charts.style import COLOURS, MUTED, as_png, chart_of
from liftstream.service.pages.formatting import percent
from liftstream.simulation.cinema.audience import FREQUENCIES
from training.look_alike.decision import GROUPS, FrequencyComparison
from training.look_alike.loop import Loop, Round

FIGURES: Final = ("ROC-AUC", "F1")


def draw_rounds(loop: Loop, source: str) -> bytes:
    """PNG: ROC-AUC and F1 of every round on the untouched test part, and the users who moved."""
    import altair as alt

    rows = [row for one in loop.rounds for row in _figures(one)]
    chosen = [row for row in rows if row["round"] == loop.chosen]
    x = alt.X("round:O", title="round", axis=alt.Axis(labelAngle=0))
    colour = alt.Color("figure:N", scale=alt.Scale(domain=list(FIGURES), range=list(COLOURS[:2])), legend=alt.Legend(title=None, orient="right"))  # fmt: skip
    base = chart_of(rows).encode(x=x, color=colour)
    y = alt.Y("value:Q", scale=alt.Scale(zero=False), title="on the test part")
    lines = base.mark_line(strokeWidth=2).encode(y=y)
    points = base.mark_circle(size=50, opacity=1).encode(y=y)
    band = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y="low:Q", y2="high:Q")
    ring = chart_of(chosen).mark_point(size=180, strokeWidth=2).encode(x=x, y=y, color=colour)
    moved = [{"round": one.number, "moved": one.moved, "left": one.left} for one in loop.rounds]
    bars = (
        chart_of(moved)
        .mark_bar(color=MUTED, size=28)
        .encode(x=x, y=alt.Y("moved:Q", title="users who moved"))
        .properties(width=420, height=120)
    )
    above = alt.layer(band, lines, points, ring).properties(width=420, height=220)
    first, last = loop.rounds[0].roc_auc_test, loop.rounds[loop.chosen].roc_auc_test
    return as_png(
        alt.vconcat(above, bars),
        f"Round {loop.chosen} is chosen: ROC-AUC {last.value:.3f} on users it never saw, {first.value:.3f} at first",
        [f"{source}; bars: 95 % intervals of ROC-AUC", f"ended: {loop.ended}"],
    )


def _figures(one: Round) -> list[dict[str, Any]]:
    auc, f1 = one.roc_auc_test, one.f1_test
    return [
        {"round": one.number, "figure": FIGURES[0], "value": auc.value, "low": auc.low, "high": auc.high},
        {"round": one.number, "figure": FIGURES[1], "value": f1, "low": f1, "high": f1},
    ]


def draw_decision(decision: FrequencyComparison) -> bytes:
    """PNG: the score of each frequency in each third of the viewers, and the choices of their bandits."""
    import altair as alt

    rows = [
        {"group": one.group, "frequency": frequency, "score": score, "chosen": frequency == one.chosen}
        for one in decision.groups
        for frequency, score in zip(FREQUENCIES, one.scores, strict=True)
    ]
    colour = alt.Color("group:N", scale=alt.Scale(domain=list(GROUPS), range=list(COLOURS)), legend=alt.Legend(title="viewers, by v", orient="right"))  # fmt: skip
    base = chart_of(rows).encode(
        x=alt.X("frequency:O", title="advertisements an hour", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("score:Q", title="score: reward of minutes less penalty"),
        color=colour,
    )
    chosen = base.transform_filter(alt.datum.chosen).mark_point(size=200, strokeWidth=2.5)
    chart = alt.layer(base.mark_line(strokeWidth=2), base.mark_circle(size=40, opacity=1), chosen)
    gain, parts = decision.learned_gain, decision.parts
    return as_png(
        chart.properties(width=440, height=280),
        f"Advertising by v earns {gain.value:.3f} more a session than the best frequency for everybody"
        if gain.low > 0
        else "Advertising by v earns no more than the best frequency for everybody",
        [
            f"{decision.sessions:,} sessions of the simulated cinema; rings: what epsilon-greedy came to",
            f"{percent(parts.reward, 2)} of the score's variation is minutes, {percent(parts.penalty, 2)} the penalty 1 - v",
        ],
    )
