"""Pictures of plans and reports, as PNG or SVG without a browser (altair and vl-convert, extra `demo`)."""

from pathlib import Path
from typing import Any

from liftstream.contracts.errors import ExtraMissing, UsageError
from liftstream.contracts.whole_file import write_whole
from liftstream.experiment.data.client_data import ClientData
from liftstream.experiment.trial.analysis import Report
from liftstream.experiment.trial.ledger import Ledger
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.timeline import interval_over_time

GREY, ACCENT, HARM = "#767676", "#0b6fa4", "#b3261e"
"""Original, candidate, harm: told apart by colour-blind people, and the same everywhere."""
WIDTH, HEIGHT = 620, 300


def draw_bounds(plan: Plan, ledger: Ledger | None, path: Path) -> None:
    """The bounds of a plan, and the path of the statistic where there are looks."""
    _save(_bounds(_altair(), plan, ledger, plan.candidates[0]), path)


def draw_report(report: Report, data: ClientData, path: Path) -> None:
    """The interval over time; beside it bounds and path where there was a plan."""
    altair = _altair()
    name = report.verdict.leading
    chart = _timeline(altair, report, data, name)
    if report.planned and report.ledger.looks:
        chart = chart | _bounds(altair, report.plan, report.ledger, name)
    _save(chart, path)


def _altair() -> Any:
    try:
        import altair
        import vl_convert  # noqa: F401 - altair writes PNG and SVG through it
    except ImportError:
        raise ExtraMissing("a picture", "demo") from None
    return altair


def _bounds(altair: Any, plan: Plan, ledger: Ledger | None, name: str) -> Any:
    design = plan.design
    planned: list[dict[str, Any]] = [
        {"clients": clients, "z": z, "what": "improves"}
        for clients, z in zip(plan.look_clients, design.z_upper, strict=True)
    ]
    planned += [{**row, "z": -row["z"], "what": "harms"} for row in planned]
    if plan.futility:
        planned += [
            {"clients": clients, "z": z, "what": "given up"}
            for clients, z in zip(plan.look_clients, design.z_lower, strict=True)
        ]
    words = {"improves": ACCENT, "harms": HARM} | ({"given up": GREY} if plan.futility else {})
    colours = altair.Scale(domain=list(words), range=list(words.values()))
    dashes = altair.Scale(domain=list(words), range=[[1, 0], [6, 3], [2, 3]][: len(words)])
    x = altair.X("clients:Q", title="clients of all arms", scale=altair.Scale(domainMin=0))
    y = altair.Y("z:Q", title="z")
    lines = altair.Chart(altair.Data(values=planned)).mark_line(point=True).encode(
        x=x, y=y, color=altair.Color("what:N", scale=colours, title="bound"), strokeDash=altair.StrokeDash("what:N", scale=dashes, legend=None)
    )  # fmt: skip
    layers = [lines, _rule(altair, 0.0, GREY)]
    if ledger is not None and ledger.looks:
        path = [
            {"clients": sum(look.clients.values()), "z": look.candidates[name].z} for look in ledger.looks
        ]
        start = [{"clients": 0, "z": 0.0}]
        seen = altair.Chart(altair.Data(values=start + path))
        layers.append(
            seen.mark_line(color="black", point=altair.OverlayMarkDef(color="black", size=60)).encode(
                x=x, y=y
            )
        )
    title = f"Bounds ({plan.spending}) and the path of z" if ledger else f"Bounds ({plan.spending})"
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)


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
    layers = [band, line, _rule(altair, 0.0, GREY)]
    title = altair.Title("Difference over time, with the interval that holds at all times")
    if report.planned:
        title.subtitle = f"black dashes: the planned effect of {report.plan.effect:.2f} $"
        layers.append(_rule(altair, report.plan.effect, "black"))
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=title)


def _sensible(points: list[dict[str, Any]]) -> list[float]:
    """The axis of the later half: the first intervals are wider than anything worth seeing."""
    late = points[len(points) // 2 :] or [{"ci_low": -1.0, "ci_high": 1.0}]
    low, high = min(p["ci_low"] for p in late), max(p["ci_high"] for p in late)
    room = 0.6 * (high - low)
    return [min(low - room, 0.0), max(high + room, 0.0)]


def _rule(altair: Any, at: float, colour: str) -> Any:
    return (
        altair.Chart(altair.Data(values=[{"y": at}]))
        .mark_rule(color=colour, strokeDash=[4, 4])
        .encode(y="y:Q")
    )


def _save(chart: Any, path: Path) -> None:
    import io

    kind = path.suffix.lower().removeprefix(".")
    if kind not in {"png", "svg"}:
        raise UsageError(f"--picture: write .png or .svg, got {str(path)!r}")
    buffer: Any = io.BytesIO() if kind == "png" else io.StringIO()
    chart.save(buffer, format=kind, **({"ppi": 144} if kind == "png" else {}))
    content = buffer.getvalue()
    write_whole(path, content if isinstance(content, bytes) else content.encode())
