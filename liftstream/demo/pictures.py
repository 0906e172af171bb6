"""The three pictures of the demo: what was earned as clients came, what every threshold earns, how fast it was."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from liftstream.demo.arm_means import Mean, means_over_time
from liftstream.demo.looking import Arm
from liftstream.demo.outcome import Outcome
from liftstream.demo.plan import ARM
from liftstream.experiment import ClientData
from liftstream.experiment.plans import ORIGINAL
from liftstream.experiment.sentences import money
from liftstream.experiment.timeline import interval_over_time
from training.drawing import COLOURS, INK, MUTED, as_png, chart_of

WIDTH, HEIGHT, PROFIT_HEIGHT, LATENCY_HEIGHT = 640, 190, 340, 320
COLOUR_OF: Final = {ORIGINAL: MUTED, ARM: COLOURS[0]}
ROOM: Final = 0.25
"""On an axis, above and below what is shown, as a part of it."""
FEWEST_FOR_AXIS: Final = 0.3
"""The axis fits what is known from this share of the clients on: before, intervals are wider than anything worth seeing."""
MILLISECONDS: Final = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
Rows = list[dict[str, Any]]


def draw_revenue(outcome: Outcome, clients: ClientData) -> bytes:
    """PNG: money per client of each arm and their difference, as clients paid; the verdict's interval at the end."""
    said, _, rest = outcome.report.sentence.partition(" (")
    subtitle = [
        f"{rest.partition(')')[0]}; simulated shop, seed {outcome.request.seed}, {clients.clients:,} clients",
        "Above: 95 % for each arm at that moment. Below: an interval that allows looking at any time; the bar is the verdict's.",
    ]
    panels = _alt().vconcat(_arms(clients), _difference(outcome, clients), spacing=14)
    return as_png(panels, said, subtitle)


def _arms(clients: ClientData) -> Any:
    means = {arm: means_over_time(clients, arm) for arm in (ORIGINAL, ARM)}
    rows = [{"arm": arm, **point.to_dict()} for arm, points in means.items() for point in points]
    scale = _fitting(rows, clients.clients)
    base = chart_of(rows).encode(x=_clients(clients, axis=False), color=_arm_colour())
    band = base.mark_area(opacity=0.15, clip=True).encode(y=_y("low", "$ per client", scale), y2="high:Q")
    line = base.mark_line(strokeWidth=2, clip=True).encode(y=_y("mean", "$ per client", scale))
    layers = [band, line, _ends(means, clients, scale)]
    return _alt().layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _ends(means: dict[str, list[Mean]], clients: ClientData, scale: Any) -> Any:
    """What each arm came to, written where its line ends."""
    last = [{"arm": arm, **points[-1].to_dict()} for arm, points in means.items() if points]
    rows = [{**row, "label": f"{row['arm']} {row['mean']:.2f}"} for row in last]
    text = chart_of(rows).mark_text(align="left", dx=8, fontWeight="bold")
    return text.encode(
        x=_clients(clients, axis=False), y=_y("mean", "", scale), text="label:N", color=_arm_colour()
    )


def _difference(outcome: Outcome, clients: ClientData) -> Any:
    report, plan = outcome.report, outcome.request.plan
    rows = [
        {"clients": m.clients, "mean": m.effect, "low": m.ci_low, "high": m.ci_high}
        for m in interval_over_time(plan, clients, ARM)
    ]
    verdict = {
        "clients": clients.clients,
        "mean": report.effect,
        "low": report.ci_low,
        "high": report.ci_high,
    }
    scale = _fitting([*rows, verdict], clients.clients, also=(0.0, plan.effect))
    title = "$ per client more"
    base = chart_of(rows).encode(x=_clients(clients))
    band = base.mark_area(opacity=0.15, color=COLOURS[0], clip=True).encode(
        y=_y("low", title, scale), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2, color=COLOURS[0], clip=True).encode(y=_y("mean", title, scale))
    end = chart_of([{**verdict, "label": money(report.effect or 0.0, sign=True)}]).encode(x=_clients(clients))
    bar = end.mark_rule(strokeWidth=3, color=COLOURS[0]).encode(y=_y("low", title, scale), y2="high:Q")
    dot = end.mark_point(size=80, filled=True, opacity=1, color=COLOURS[0]).encode(y=_y("mean", title, scale))
    text = end.mark_text(align="left", dx=8, fontWeight="bold", color=COLOURS[0]).encode(
        y=_y("mean", title, scale), text="label:N"
    )
    levels = [
        *_level(0.0, "no difference", scale, right=True),
        *_level(plan.effect, f"planned effect {plan.effect:g}", scale, right=True),
    ]
    return _alt().layer(band, line, *levels, bar, dot, text).properties(width=WIDTH, height=HEIGHT)


def draw_profit(outcome: Outcome) -> bytes:
    """PNG: what every threshold would have earned with these clients, the one in use, and what was measured."""
    truth, report = outcome.truth, outcome.report
    thresholds, gains = truth.curve
    rows = [{"threshold": t, "mean": g} for t, g in zip(thresholds.tolist(), gains.tolist(), strict=True)]
    measured = {
        "threshold": truth.threshold,
        "mean": report.effect,
        "low": report.ci_low,
        "high": report.ci_high,
    }
    known = [report.ci_low, report.ci_high, truth.best, truth.never, 0.0, truth.gain]
    scale = _alt().Scale(domain=_with_room([v for v in known if v is not None]), nice=False)
    title = "$ per client more than the original system"
    x = _alt().X("threshold:Q", title=f"threshold: {outcome.request.candidate} shows the category from this score on",
                 axis=_alt().Axis(tickCount=10), scale=_alt().Scale(domain=[float(thresholds[0]), float(thresholds[-1])], nice=False))  # fmt: skip
    curve = (
        chart_of(rows).mark_line(strokeWidth=2, color=INK, clip=True).encode(x=x, y=_y("mean", title, scale))
    )
    at = chart_of([measured]).encode(x=x)
    bar = at.mark_rule(strokeWidth=3, color=COLOURS[0]).encode(y=_y("low", title, scale), y2="high:Q")
    dot = at.mark_point(size=80, filled=True, opacity=1, color=COLOURS[0]).encode(y=_y("mean", title, scale))
    chosen = {"threshold": truth.threshold, "mean": truth.gain, "label": f"threshold {truth.threshold:.3f}"}
    ring = chart_of([chosen]).encode(x=x)
    layers = [
        *_level(0.0, "original system: show it to men", scale, right=True),
        *_level(truth.never, "show it to nobody", scale),
        *_level(truth.best, "best possible decisions", scale),
        ring.mark_rule(color=COLOURS[1], strokeDash=[2, 3]),
        bar,
        curve,
        dot,
        ring.mark_point(size=140, color=COLOURS[1], strokeWidth=2.5, filled=False, opacity=1).encode(
            y=_y("mean", title, scale)
        ),
        ring.mark_text(align="left", dx=8, dy=-10, color=COLOURS[1], fontWeight="bold").encode(
            text="label:N", y=_alt().value(PROFIT_HEIGHT)
        ),
    ]
    return as_png(
        _alt().layer(*layers).properties(width=WIDTH, height=PROFIT_HEIGHT),
        f"At its threshold the candidate is truly worth {money(truth.gain, sign=True)} $ per client; measured: {money(report.effect or 0.0, sign=True)}",
        [
            f"Line: expected on the {len(truth.clients):,} clients of this run, from the truth that only a simulated shop knows.",
            "Dot and bar: what the experiment found, with its interval.",
        ],
    )


def draw_latency(outcome: Outcome) -> bytes:
    """PNG: how many decisions had come after how long."""
    report, last = outcome.report, outcome.played.last
    pages = {
        "candidate's page: from the session's opening": _cumulative(report.arm(ARM)),
        "original's page: likewise": _cumulative(report.arm(ORIGINAL)),
        "pipeline alone: from the later message": _of_pipeline(outcome),
    }
    rows = [
        {"what": what, "ms": ms, "share": share} for what, points in pages.items() for ms, share in points
    ]
    patience = outcome.played.patience_ms
    least = min([patience, *(ms for points in pages.values() for ms, share in points if share > 0)])
    most = max([patience, *(ms for points in pages.values() for ms, _ in points)])
    x = _alt().X(
        "ms:Q",
        title="milliseconds",
        axis=_alt().Axis(values=[ms for ms in MILLISECONDS if least / 1.5 <= ms <= 1.5 * most]),
        scale=_alt().Scale(type="log", domain=[least / 1.5, 1.5 * most], clamp=True, nice=False),
    )
    y = _alt().Y(
        "share:Q",
        title="decisions that had come",
        axis=_alt().Axis(format="%"),
        scale=_alt().Scale(domain=[0, 1]),
    )
    colours = _alt().Scale(domain=list(pages), range=[COLOURS[0], MUTED, COLOURS[1]])
    legend = _alt().Legend(
        title=None, orient="bottom", direction="vertical", labelLimit=400, labelFontSize=12
    )
    lines = chart_of(rows).mark_line(strokeWidth=2, point=_alt().OverlayMarkDef(size=22)).encode(
        x=x, y=y, color=_alt().Color("what:N", scale=colours, legend=legend)
    )  # fmt: skip
    rule = chart_of([{"ms": patience, "label": "the page's patience"}]).encode(x=x)
    layers = [
        rule.mark_rule(color=INK, strokeDash=[4, 4]),
        rule.mark_text(align="right", dx=-6, dy=-8, baseline="bottom", color=INK).encode(
            text="label:N", y=_alt().value(LATENCY_HEIGHT)
        ),
        lines,
    ]
    latency = report.arm(ARM).latency
    said = (
        "nobody was decided for"
        if latency is None
        else f"99 % of the candidate's decisions came within {latency.p99_ms:,.0f} ms"
    )
    return as_png(
        _alt().layer(*layers).properties(width=WIDTH, height=LATENCY_HEIGHT),
        f"{said[0].upper()}{said[1:]}; a page waits {patience:,.0f} ms",
        [
            f"{last.pipeline.predictions:,} decisions, {outcome.per_second:,.0f} a second; {report.unanswered:,} pages were shown unanswered.",
            "A client's two messages come up to 200 ms after the session was opened: that is the shop's, not the pipeline's.",
        ],
    )


def _cumulative(arm: Arm) -> list[tuple[float, float]]:
    """Share of an arm's answers within the bounds of the platform's histogram."""
    found, seen = [], 0
    for bucket in arm.latency.histogram if arm.latency else ():
        seen += bucket.count
        found.append((max(1.0, bucket.up_to_ms), seen / max(1, arm.answered)))
    return found


def _of_pipeline(outcome: Outcome) -> list[tuple[float, float]]:
    pipeline = outcome.played.last.pipeline
    total = max(1, pipeline.predictions)
    points = [
        (1_000 * bound, count / total) for bound, count in pipeline.within_s.items() if np.isfinite(bound)
    ]
    first = next((i for i, (_, share) in enumerate(points) if share > 0), 0)
    full = next((i for i, (_, share) in enumerate(points) if share >= 1), len(points))
    return points[max(0, first - 1) : full + 1]


def _alt() -> Any:
    import altair

    return altair


def _clients(clients: ClientData, *, axis: bool = True) -> Any:
    alt = _alt()
    scale = alt.Scale(domain=[0, clients.clients], nice=False)
    title = "clients of both arms, in the order in which they paid"
    shown = alt.Axis(tickCount=6) if axis else None
    return alt.X("clients:Q", scale=scale, axis=shown, title=title)


def _y(field: str, title: str, scale: Any) -> Any:
    return _alt().Y(f"{field}:Q", title=title, scale=scale)


def _arm_colour() -> Any:
    alt = _alt()
    scale = alt.Scale(domain=list(COLOUR_OF), range=list(COLOUR_OF.values()))
    return alt.Color("arm:N", scale=scale, legend=None)


def _fitting(rows: Rows, clients: int, also: Sequence[float] = ()) -> Any:
    late = [row for row in rows if row["clients"] >= FEWEST_FOR_AXIS * clients] or rows
    known = [row[name] for row in late for name in ("low", "mean", "high") if row[name] is not None]
    return _alt().Scale(domain=_with_room([*known, *also]), zero=False, nice=False)


def _with_room(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    room = ROOM * (high - low) or 1.0
    return [low - room, high + room]


def _level(at: float, label: str, scale: Any, *, right: bool = False) -> list[Any]:
    """A dashed line with its name: above it on the left, or below it on the right."""
    chart = chart_of([{"mean": at, "label": label}]).encode(y=_y("mean", "", scale))
    place = {"align": "right", "dx": -14, "dy": 10} if right else {"align": "left", "dx": 6, "dy": -8}
    named = chart.encode(text="label:N", x=_alt().value(WIDTH if right else 0))
    return [
        chart.mark_rule(color=MUTED, strokeDash=[4, 4]),
        named.mark_text(
            stroke="white", strokeWidth=4, **place
        ),  # so that a line behind it can be told from it
        named.mark_text(color=MUTED, **place),
    ]
