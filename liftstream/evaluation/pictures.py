"""Two pictures of what was trained: are the probabilities true, and what does each threshold earn."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from liftstream.evaluation.classification import Bin
from liftstream.evaluation.profit import ThresholdCurve
from liftstream.experiment.charts.style import (
    COLOURS,
    DASHES,
    HEIGHT,
    MUTED,
    WIDTH,
    as_png,
    chart_of,
    share_axis,
)

Window = tuple[float, float]
SHOWN: Final = (0.3, 0.9)
"""The part of the profit curve in which anything happens; wider where the best threshold lies elsewhere."""


def draw_calibration(bins: Mapping[str, Sequence[Bin]], source: str) -> bytes:
    """PNG: predicted against observed interest, one panel per model.

    Args:
        bins: by the model's title, see `evaluation.calibrate`.
        source: where the rows come from, for the subtitle.
    """
    import altair as alt

    rows = [
        {"model": title, "predicted": b.predicted, "observed": b.observed.value, "low": b.observed.low, "high": b.observed.high}
        for title, found in bins.items()
        for b in found
    ]  # fmt: skip
    share = alt.Scale(domain=[0, 1], nice=False)
    axis = share_axis(values=[0, 0.25, 0.5, 0.75, 1])
    base = chart_of(rows).properties(width=230, height=230)
    truth = base.mark_line(color=MUTED, strokeDash=DASHES, strokeWidth=1).encode(
        x=alt.X("predicted:Q", scale=share, axis=axis, title="predicted P(interested)"),
        y=alt.Y("predicted:Q", scale=share, axis=axis, title="clients who were interested"),
    )
    points = base.encode(x="predicted:Q", color=_model_colour(list(bins), legend=False))
    band = points.mark_rule(strokeWidth=2, opacity=0.6).encode(y="low:Q", y2="high:Q")
    dots = points.mark_circle(size=34, opacity=1).encode(y="observed:Q")
    panels = alt.layer(truth, band, dots).facet(
        column=alt.Column("model:N", title=None, sort=list(bins))
    )  # fmt: skip
    return as_png(
        panels,
        "A probability of 70 % should come true 7 times in 10",
        f"{source}; 95 % intervals",
    )


def draw_profit(
    curves: Mapping[str, ThresholdCurve], source: str, money: str, best_possible: float | None = None
) -> bytes:
    """PNG: gain over the original system by threshold; the first curve has its interval and its chosen threshold.

    Args:
        curves: by the model's title; the first is the served one.
        source: where the rows come from, for the subtitle.
        money: what showing is worth, for the subtitle.
        best_possible: $ per client of the best decisions there are, where the truth is known.
    """
    import altair as alt

    served_title, served = next(iter(curves.items()))
    window = min(SHOWN[0], served.best_interval[0]), max(SHOWN[1], served.best_interval[1])
    rows = [row for title, curve in curves.items() for row in _rows_of(title, curve, window)]
    gain = alt.Y("gain:Q", title="$ per client more than the original system", scale=alt.Scale(zero=True))
    every = chart_of(rows).encode(x=_threshold("threshold", window))
    band = (
        every.transform_filter(alt.datum.model == served_title)
        .mark_area(opacity=0.16, color=COLOURS[0])
        .encode(y=alt.Y("low:Q"), y2="high:Q")
    )
    lines = every.mark_line(strokeWidth=2).encode(y=gain, color=_model_colour(list(curves), legend=True))
    layers = [_interval_of(served, window), band, lines, *_level(0.0, "original system", window)]
    if best_possible is not None:
        layers += _level(best_possible, "best possible decisions, expected", window)
    layers += _choice(served, window)
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    earned = served.at(served.best)
    return as_png(
        chart,
        f"Showing from {served.best:.3f} on earns {earned.value:.2f} $ per client more"
        f" ({earned.low:.2f} to {earned.high:.2f})",
        [f"{source}; bands: 95 % intervals", money],
    )


def _threshold(field: str, window: Window) -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(window), nice=False, zero=False)
    title = "threshold: the category is shown from this P(interested) on"
    return alt.X(f"{field}:Q", scale=scale, title=title)


def _rows_of(title: str, curve: ThresholdCurve, window: Window) -> list[dict[str, Any]]:
    columns = zip(
        curve.threshold.tolist(), curve.gain.tolist(), curve.low.tolist(), curve.high.tolist(), strict=True
    )
    return [
        {"model": title, "threshold": at, "gain": gain, "low": low, "high": high}
        for at, gain, low, high in columns
        if window[0] <= at <= window[1]
    ]


def _interval_of(curve: ThresholdCurve, window: Window) -> Any:
    """The thresholds that earned no less than the best, as a strip behind everything."""

    low, high = curve.best_interval
    strip = chart_of([{"low": low, "high": high}])
    return strip.mark_rect(color=COLOURS[0], opacity=0.10).encode(x=_threshold("low", window), x2="high:Q")


def _choice(curve: ThresholdCurve, window: Window) -> list[Any]:
    """The chosen threshold: a point with its label."""

    low, high = curve.best_interval
    at = {"threshold": curve.best, "gain": curve.at(curve.best).value, "label": f"{curve.best:.3f}  [{low:.3f}, {high:.3f}]"}  # fmt: skip
    point = chart_of([at]).encode(x=_threshold("threshold", window), y="gain:Q")
    return [
        point.mark_point(size=90, filled=True, color=COLOURS[0], opacity=1),
        point.mark_text(dy=-16, color=COLOURS[0], fontWeight="bold", fontSize=12).encode(text="label:N"),
    ]


def _level(gain: float, label: str, window: Window) -> list[Any]:

    chart = chart_of([{"gain": gain, "label": label, "threshold": window[0]}]).encode(y="gain:Q")
    return [
        chart.mark_rule(color=MUTED, strokeDash=DASHES),
        chart.mark_text(align="left", dx=6, dy=-7, color=MUTED).encode(
            text="label:N", x=_threshold("threshold", window)
        ),
    ]


def _model_colour(titles: list[str], *, legend: bool) -> Any:
    import altair as alt

    box = alt.Legend(title=None, orient="bottom-right") if legend else None
    return alt.Color(
        "model:N", scale=alt.Scale(domain=titles, range=list(COLOURS[: len(titles)])), legend=box
    )
