"""Two pictures: actual against predicted spending, and the error of each model."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from liftstream.evaluation.classification import Estimate, group_by_score
from liftstream.experiment.charts.style import COLOURS, DASHES, MUTED, as_png, chart_of
from liftstream.forecast.history import Floats
from training.spending.rolling import Evaluation, Score, ratio

BINS: Final = 10


def calibrate(predicted: Floats, spent: Floats) -> list[tuple[float, Estimate]]:
    """Mean prediction and mean spending of ten groups of about equal size from low to high predictions, equal ones in
    one group.

    The interval is over users, as the months of one user are alike.

    Args:
        predicted, spent: [users, months]
    """
    score, money = predicted.ravel(), spent.ravel()
    user = np.repeat(np.arange(len(spent)), spent.shape[1])
    found = []
    for rows in group_by_score(score, BINS):
        months = np.bincount(user[rows]).astype(np.float64)
        sums = np.bincount(user[rows], money[rows]).astype(np.float64)
        found.append((float(score[rows].mean()), ratio(sums[months > 0], months[months > 0])))
    return found


def draw_calibration(evaluation: Evaluation, models: Mapping[str, str], source: str) -> bytes:
    """PNG: spent against predicted, a point for each tenth of the users and months."""
    import altair as alt

    named = {name: f"{name}: {title}" for name, title in models.items()}
    rows: list[dict[str, Any]] = [
        {"model": model, "predicted": predicted, "spent": mean.value, "low": mean.low, "high": mean.high}
        for name, model in named.items()
        for predicted, mean in calibrate(evaluation.predicted[name], evaluation.spent)
    ]
    whole = alt.Legend(title=None, symbolOpacity=1)
    names = list(named.values())  # in both scales, so that they become one legend
    colour = alt.Color("model:N", legend=whole, scale=alt.Scale(domain=names, range=list(COLOURS)))
    highest = max(max(row["high"], row["predicted"]) for row in rows)
    ideal = chart_of([{"x": 0, "y": 0}, {"x": highest, "y": highest}]).mark_line(
        color=MUTED, strokeDash=DASHES
    )
    x = alt.X("predicted:Q", title="predicted, a month", axis=alt.Axis(tickCount=6))
    bars = chart_of(rows).mark_rule(opacity=0.6).encode(x=x, y="low:Q", y2="high:Q", color=colour)
    points = chart_of(rows).mark_point(filled=True, size=55, opacity=1).encode(
        x=x, y=alt.Y("spent:Q", title="spent, mean with 95 % interval"), color=colour, shape=alt.Shape("model:N", legend=whole, scale=alt.Scale(domain=names))
    )  # fmt: skip
    drawn = alt.layer(ideal.encode(x="x:Q", y="y:Q"), bars, points).properties(width=460, height=340)
    return as_png(drawn, "Is as much spent as was predicted?", [f"dashed: yes. {source}"])


def draw_errors(scores: Sequence[Score], source: str) -> bytes:
    """PNG: mean squared error of every model and baseline, relative to the trend's."""
    import altair as alt

    rows: list[dict[str, Any]] = [
        {
            "model": found.name,
            "error": found.to_trend,
            "low": found.to_trend_interval.low,
            "high": found.to_trend_interval.high,
        }
        for found in scores
    ]
    y = alt.Y("model:N", title=None, sort=[row["model"] for row in rows])
    bars = chart_of(rows).mark_bar(color=COLOURS[0], opacity=0.85, height=16).encode(
        x=alt.X("error:Q", title="mean squared error, trend (A) = 1", axis=alt.Axis(tickCount=6)), y=y
    )  # fmt: skip
    intervals = chart_of(rows).mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q", y=y)
    drawn = alt.layer(bars, intervals).properties(width=460, height=200)
    return as_png(drawn, "How far off is each model?", [f"lines: 95 % intervals. {source}"])
