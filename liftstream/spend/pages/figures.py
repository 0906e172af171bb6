"""The pictures: error of each model over time, differences with their intervals, predicted against spent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from liftstream.forecast.comparison import ModelComparison
from liftstream.service.pages.figure import CANDIDATE, LEGEND_COLUMNS, MUTED, Figure, document, values
from liftstream.service.pages.formatting import count, plain
from liftstream.spend.observed import Observed

COLOURS: Final = (MUTED, CANDIDATE, "var(--warn)", "var(--bad)")
SHAPES: Final = ("circle", "square", "triangle-up", "diamond")
DASHES: Final[tuple[list[int], ...]] = ([2, 3], [6, 4], [1, 0], [8, 3, 2, 3])
POINTS_MOST: Final = 600
TABLE_ROWS: Final = 12


def error_by_period(observed: Observed, titles: Mapping[str, str]) -> Figure:
    """Root of the mean squared error of each model in each period whose spending is known."""
    title = "Error of each model over time"
    periods = sorted({observed.period[i] for i in np.flatnonzero(observed.counted).tolist()})
    if not periods:
        return Figure("errors", title, "Nothing that was predicted is known yet.", None)
    rows: list[dict[str, Any]] = [
        {"period": period, "model": name, "error": observed.errors(name, observed.in_period(period)).rmse}
        for period in periods
        for name in observed.predicted
    ]
    last = [row for row in rows if row["period"] == periods[-1]]
    told = ", ".join(f"{row['model']} {plain(row['error'])}" for row in last)
    says = (
        f"In {periods[-1]} the error (root of the mean squared error, in money) was: {told}. Lower is better."
    )
    names = list(observed.predicted)
    table = [
        [period, *(plain(_error(rows, period, name)) for name in names)] for period in periods[-TABLE_ROWS:]
    ]
    legend = [f"{name}: {titles.get(name, '')}" for name in names]
    return Figure("errors", title, says, _lines(rows, names, legend), ("period", *names), table)


def _error(rows: Sequence[Mapping[str, Any]], period: str, name: str) -> float | None:
    return next((row["error"] for row in rows if (row["period"], row["model"]) == (period, name)), None)


def _lines(rows: list[dict[str, Any]], names: list[str], legend: list[str]) -> dict[str, Any]:
    shown = dict(zip(names, legend, strict=True))
    data = values([row | {"model": shown[row["model"]]} for row in rows if row["error"] is not None])
    encoding = {
        "x": {"field": "period", "type": "ordinal", "axis": {"title": None, "labelAngle": 0}},
        "y": {
            "field": "error",
            "type": "quantitative",
            "scale": {"zero": True},
            "axis": {"title": "money", "format": ",.0f"},
        },
        "color": _scale("model", legend, COLOURS),
        "strokeDash": _scale("model", legend, DASHES),
        "shape": _scale("model", legend, SHAPES),
    }
    line = {"type": "line", "strokeWidth": 2.5}
    point = {"type": "point", "filled": True, "size": 70, "opacity": 1}
    lines = {name: value for name, value in encoding.items() if name != "shape"}
    points = {name: value for name, value in encoding.items() if name != "strokeDash"}
    return document(
        [{"data": data, "mark": line, "encoding": lines}, {"data": data, "mark": point, "encoding": points}]
    )


def _scale(field: str, domain: Sequence[str], scale: Sequence[Any]) -> dict[str, Any]:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(domain), "range": list(scale[: len(domain)])},
        "legend": {"title": None, "orient": "top", "columns": LEGEND_COLUMNS},
    }


def differences(pairs: Sequence[ModelComparison]) -> Figure:
    """How much larger the mean squared error of the worse model of each pair is, with its interval."""
    title = "How much better, with interval"
    if not pairs:
        said = "Two users who were predicted differently, and whose spending is known, are needed first."
        return Figure("differences", title, said, None)
    rows: list[dict[str, Any]] = [
        {
            "pair": f"{pair.better} over {pair.other}",
            "at": pair.difference,
            "low": pair.ci_low,
            "high": pair.ci_high,
        }
        for pair in pairs
    ]
    told = "; ".join(
        f"{pair.better} over {pair.other} {count(pair.difference)} ({count(pair.ci_low)} to {count(pair.ci_high)})"
        for pair in pairs
    )
    says = (
        f"Mean squared error of the second model less that of the first, of the same {count(pairs[0].n)} users:"
        f" {told}. All intervals together hold with 95 %; one that reaches 0 may be chance."
    )
    table = [
        [row["pair"], count(row["at"]), count(row["low"]), count(row["high"]), plain(pair.pvalue_adjusted, 2)]
        for row, pair in zip(rows, pairs, strict=True)
    ]
    return Figure(
        "differences", title, says, _intervals(rows), ("pair", "difference", "from", "to", "p"), table
    )


def _intervals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    y = {"field": "pair", "type": "nominal", "axis": {"title": None, "labelFontSize": 13}}
    x = {"type": "quantitative", "axis": {"title": "mean squared error saved", "format": "~s"}}
    zero = {"type": "rule", "color": MUTED, "strokeWidth": 1.25}
    band = {"type": "rule", "color": CANDIDATE, "strokeWidth": 7, "opacity": 0.35}
    point = {"type": "tick", "color": CANDIDATE, "thickness": 3, "size": 18}
    data = values(rows)
    return document(
        [
            {"data": values([{"zero": 0}]), "mark": zero, "encoding": {"x": {**x, "field": "zero"}}},
            {
                "data": data,
                "mark": band,
                "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
            },
            {"data": data, "mark": point, "encoding": {"y": y, "x": {**x, "field": "at"}}},
        ],
        height=40 + 50 * len(rows),
    )


def predicted_against_spent(observed: Observed, model: str) -> Figure:
    """A point for each user and period; at most six hundred, chosen evenly."""
    title = f"Predicted by {model} against spent"
    chosen = np.flatnonzero(observed.counted & ~np.isnan(observed.predicted[model]))
    if not len(chosen):
        return Figure("against", title, "Nothing that was predicted is known yet.", None)
    predicted, spent = observed.predicted[model][chosen], observed.spent[chosen]
    shown = np.unique(np.linspace(0, len(chosen) - 1, POINTS_MOST).astype(np.int64))
    points = [
        {"predicted": round(p, 2), "spent": round(s, 2)}
        for p, s in zip(predicted[shown].tolist(), spent[shown].tolist(), strict=True)
    ]
    says = (
        f"{count(len(chosen))} predictions were {count(predicted.mean())} on average, and {count(spent.mean())} was"
        " spent. On the dashed line they would be exact. Single users spend by chance; who spends more on average is"
        " what can be known."
    )
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(5, len(chosen)))
    table = [[count(len(g)), count(predicted[g].mean()), count(spent[g].mean())] for g in groups]
    return Figure(
        "against",
        title,
        says,
        _points(points),
        ("predictions, lowest first", "predicted, mean", "spent, mean"),
        table,
    )


def _points(points: list[dict[str, float]]) -> dict[str, Any]:
    highest = max(max(point["predicted"], point["spent"]) for point in points) or 1.0
    x = {
        "field": "predicted",
        "type": "quantitative",
        "axis": {"title": "predicted", "format": ",.0f", "grid": False},
    }
    y = {"field": "spent", "type": "quantitative", "axis": {"title": "spent", "format": ",.0f"}}
    ideal = values([{"predicted": 0, "spent": 0}, {"predicted": highest, "spent": highest}])
    line = {"type": "line", "color": MUTED, "strokeDash": [5, 4], "clip": True}
    mark = {"type": "point", "filled": True, "color": CANDIDATE, "opacity": 0.45, "size": 28}
    return document(
        [
            {"data": ideal, "mark": line, "encoding": {"x": x, "y": y}},
            {"data": values(list(points)), "mark": mark, "encoding": {"x": x, "y": y}},
        ],
        height=260,
    )
