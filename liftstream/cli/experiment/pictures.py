"""Pictures of plans and reports, as PNG or SVG without a browser (altair and vl-convert, extra `demo`)."""

from pathlib import Path
from typing import Any

from liftstream.contracts.errors import ExtraMissing, UsageError
from liftstream.contracts.whole_file import write_whole
from liftstream.experiment.charts.altair_chart import ACCENT, GREY, HEIGHT, WIDTH, load_altair, rule
from liftstream.experiment.data.client_data import ClientData
from liftstream.experiment.report.report import Report
from liftstream.experiment.trial.ledger import Ledger, look_path
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.timeline import interval_over_time


def draw_bounds(plan: Plan, ledger: Ledger | None, path: Path) -> None:
    """The bounds of a plan, and the path of the statistic where there are looks."""
    _altair()
    _save(_bounds(plan, ledger, plan.candidates[0]), path)


def draw_report(report: Report, data: ClientData, path: Path) -> None:
    """The interval over time; beside it bounds and path where there was a plan."""
    altair = _altair()
    name = report.verdict.leading
    chart = _timeline(altair, report, data, name)
    if report.planned and report.ledger.looks:
        chart = chart | _bounds(report.plan, report.ledger, name)
    _save(chart, path)


def _altair() -> Any:
    try:
        import vl_convert  # noqa: F401 - altair writes PNG and SVG through it
    except ImportError:
        raise ExtraMissing("a picture", "demo") from None
    return load_altair()


def _bounds(plan: Plan, ledger: Ledger | None, name: str) -> Any:
    return plan.plot(() if ledger is None else look_path(ledger, name))


def _timeline(altair: Any, report: Report, data: ClientData, name: str) -> Any:
    points = [point.to_dict() for point in interval_over_time(report.plan, data, name)]
    base = altair.Chart(altair.Data(values=points)).encode(
        x=altair.X("clients:Q", title="clients of all arms")
    )
    scale = altair.Scale(domain=_sensible(points), clamp=True)
    band = base.mark_area(color=ACCENT, opacity=0.25).encode(
        y=altair.Y("ci_low:Q", title="$ per client, candidate - original", scale=scale), y2="ci_high:Q"
    )
    line = base.mark_line(color=ACCENT).encode(y=altair.Y("effect:Q", scale=scale))
    layers = [band, line, rule(altair, 0.0, GREY)]
    title = altair.Title("Difference over time, with the interval that holds at all times")
    if report.planned:
        title.subtitle = f"black dashes: the planned effect of {report.plan.effect:.2f} $"
        layers.append(rule(altair, report.plan.effect, "black"))
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)


def _sensible(points: list[dict[str, Any]]) -> list[float]:
    """The axis of the later half: the first intervals are wider than anything worth seeing."""
    late = points[len(points) // 2 :] or [{"ci_low": -1.0, "ci_high": 1.0}]
    low, high = min(p["ci_low"] for p in late), max(p["ci_high"] for p in late)
    room = 0.6 * (high - low)
    return [min(low - room, 0.0), max(high + room, 0.0)]


def _save(chart: Any, path: Path) -> None:
    import io

    kind = path.suffix.lower().removeprefix(".")
    if kind not in {"png", "svg"}:
        raise UsageError(f"--picture: write .png or .svg, got {str(path)!r}")
    buffer: Any = io.BytesIO() if kind == "png" else io.StringIO()
    chart.save(buffer, format=kind, **({"ppi": 144} if kind == "png" else {}))
    content = buffer.getvalue()
    write_whole(path, content if isinstance(content, bytes) else content.encode())
