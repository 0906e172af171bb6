"""Two pictures of what was trained: are the probabilities true, and what does each threshold earn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
"""The part of the profit curve in which anything happens; another where the best threshold lies elsewhere."""
CALIBRATION_ENDS: Final = (0.02, 0.04, 0.08, 0.2, 0.4, 1.0)
"""Where the axes of a calibration end: where something is rare, all its points would be in a corner of 0 to 1."""
NEAR_THE_EDGE: Final = 0.15
"""The share of the width at each side in which a label is written away from the edge."""


@dataclass(frozen=True)
class DecisionWords:
    """How pictures name a decision of 1, and what its gain is counted over."""

    deciding: str = "Showing"
    unit: str = "client"
    instead: str = "the original system"
    threshold: str = "threshold: the category is shown from this P(interested) on"
    predicted: str = "predicted P(interested)"
    observed: str = "clients who were interested"


SHOP_WORDS: Final = DecisionWords()
STREAM_WORDS: Final = DecisionWords(
    "Deciding 1", "row", "deciding 0 for everybody", "threshold: 1 is decided from this score on", "score", "rows whose label is 1"
)  # fmt: skip


def draw_calibration(
    bins: Mapping[str, Sequence[Bin]], source: str, words: DecisionWords = SHOP_WORDS
) -> bytes:
    """PNG: predicted against observed interest, one panel per model.

    Args:
        bins: by the model's title, see `evaluation.calibrate`.
        source: where the rows come from, for the subtitle.
        words: of the axes.
    """
    import altair as alt

    rows = [
        {"model": title, "predicted": b.predicted, "observed": b.observed.value, "low": b.observed.low, "high": b.observed.high}
        for title, found in bins.items()
        for b in found
    ]  # fmt: skip
    highest = max(max(b.predicted, b.observed.high) for found in bins.values() for b in found)
    top = next(end for end in CALIBRATION_ENDS if end >= min(highest, 1.0))
    share = alt.Scale(domain=[0, top], nice=False)
    axis = share_axis(values=[0, 0.25 * top, 0.5 * top, 0.75 * top, top])
    base = chart_of(rows).properties(width=230, height=230)
    truth = base.mark_line(color=MUTED, strokeDash=DASHES, strokeWidth=1).encode(
        x=alt.X("predicted:Q", scale=share, axis=axis, title=words.predicted),
        y=alt.Y("predicted:Q", scale=share, axis=axis, title=words.observed),
    )
    points = base.encode(x="predicted:Q", color=_model_colour(list(bins), legend=False))
    band = points.mark_rule(strokeWidth=2, opacity=0.6).encode(y="low:Q", y2="high:Q")
    dots = points.mark_circle(size=34, opacity=1).encode(y="observed:Q")
    panels = alt.layer(truth, band, dots).facet(column=alt.Column("model:N", title=None, sort=list(bins)))
    return as_png(panels, "A probability of 70 % should come true 7 times in 10", f"{source}; 95 % intervals")


def draw_profit(
    curves: Mapping[str, ThresholdCurve],
    source: str,
    money: str,
    best_possible: float | None = None,
    words: DecisionWords = SHOP_WORDS,
) -> bytes:
    """PNG: gain over what was decided before, by threshold; the first curve has its interval and its chosen threshold.

    Args:
        curves: by the model's title; the first is the served one.
        source: where the rows come from, for the subtitle.
        money: what showing is worth, for the subtitle.
        best_possible: $ per client of the best decisions there are, where the truth is known.
        words: of the title and the axes.
    """
    import altair as alt

    served_title, served = next(iter(curves.items()))
    window = _window_around(*served.best_interval)
    rows = [row for title, curve in curves.items() for row in _rows_of(title, curve, window)]
    gain = alt.Y("gain:Q", title=f"$ per {words.unit} more than {words.instead}", scale=alt.Scale(zero=True))
    every = chart_of(rows).encode(x=_threshold("threshold", window, words.threshold))
    band = (
        every.transform_filter(alt.datum.model == served_title)
        .mark_area(opacity=0.16, color=COLOURS[0])
        .encode(y=alt.Y("low:Q"), y2="high:Q")
    )
    lines = every.mark_line(strokeWidth=2).encode(y=gain, color=_model_colour(list(curves), legend=True))
    layers = [
        _interval_of(served, window),
        band,
        lines,
        *_level(0.0, words.instead.removeprefix("the "), window),
    ]
    if best_possible is not None:
        layers += _level(best_possible, "best possible decisions, expected", window)
    layers += _choice(served, window)
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    earned = served.at(served.best)
    return as_png(
        chart,
        f"{words.deciding} from {served.best:.3f} on earns {earned.value:.2f} $ per {words.unit} more"
        f" ({earned.low:.2f} to {earned.high:.2f})",
        [f"{source}; bands: 95 % intervals", money],
    )


def _window_around(low: float, high: float) -> Window:
    """The part of the thresholds that is drawn around those that earn no less than the best."""
    if low < SHOWN[0]:
        return 0.0, min(1.0, max(4 * high, SHOWN[0]))
    if high > SHOWN[1]:
        return max(0.0, min(1 - 4 * (1 - low), SHOWN[1])), 1.0
    return SHOWN


def _threshold(field: str, window: Window, title: str | None = None) -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(window), nice=False, zero=False)
    return alt.X(f"{field}:Q", scale=scale, title=title or alt.Undefined)


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
    along = (curve.best - window[0]) / (window[1] - window[0])
    align = "left" if along < NEAR_THE_EDGE else "right" if along > 1 - NEAR_THE_EDGE else "center"
    return [
        point.mark_point(size=90, filled=True, color=COLOURS[0], opacity=1),
        point.mark_text(dy=-16, align=align, color=COLOURS[0], fontWeight="bold", fontSize=12).encode(
            text="label:N"
        ),
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
