"""Pictures of plans and reports, as PNG or SVG without a browser (altair and vl-convert, extra `demo`)."""

import textwrap
from pathlib import Path
from typing import Any, Final

from liftstream.contracts.errors import UsageError
from liftstream.contracts.whole_file import write_whole
from liftstream.experiment.charts.difference import DifferenceOverTime
from liftstream.experiment.charts.style import as_png, as_svg, load_altair
from liftstream.experiment.data.client_data import ClientData
from liftstream.experiment.report.report import Report
from liftstream.experiment.trial.ledger import look_path
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.timeline import interval_over_time

HEIGHT: Final = 300
LINE: Final = 78
"""Characters of a title in the width of a panel."""
DRAWN_BY: Final = {".png": as_png, ".svg": as_svg}


def draw_bounds(plan: Plan, path: Path) -> None:
    """The bounds of a plan."""
    load_altair()
    looks = f"{len(plan.look_clients)} looks" if len(plan.look_clients) > 1 else "one look"
    amount = (
        f"{plan.metric.number(plan.effect)} $" if plan.kind == "money" else plan.metric.change(plan.effect)
    )
    _save(
        plan.plot(),
        f"At most {sum(plan.clients.values()):,} clients find {amount}, in {looks}",
        f"{plan.alternative} alpha {plan.alpha:g}, power {plan.achieved_power:.2f}; plan {plan.hash[:12]}",
        path,
    )


def draw_report(report: Report, data: ClientData, path: Path) -> None:
    """The difference over time and the verdict's interval; beside it bounds and path where looks were planned."""
    altair = load_altair()
    name = report.verdict.leading
    chart = _difference(report, data, name).draw(HEIGHT, "clients of all arms, in the order of the file")
    if report.planned and len(report.plan.times) > 1 and report.ledger.looks:
        bounds = report.plan.plot(look_path(report.ledger, name)).properties(height=HEIGHT)
        chart = altair.hconcat(chart, bounds, spacing=40)
    said, _, numbers = report.verdict.sentence.partition(" (")
    explained = "band: an interval that allows looking at any time; bar: the verdict's"
    if report.after:
        explained += f"; grey: {report.after:,} clients who came after the decision and are not counted"
    _save(chart, said, [numbers.partition(")")[0], *textwrap.wrap(explained, 110)], path)


def _difference(report: Report, data: ClientData, name: str) -> DifferenceOverTime:
    plan, found = report.plan, report.verdict
    kind = plan.metric
    points = [
        {"clients": p.clients, "mean": kind.scale * p.effect, "low": kind.scale * p.ci_low, "high": kind.scale * p.ci_high}
        for p in interval_over_time(plan, data, name)
    ]  # fmt: skip
    effect, *ends = (
        None if v is None else kind.scale * v for v in (found.effect, found.ci_low, found.ci_high)
    )
    verdict = {"clients": data.clients - report.after, "mean": effect, "low": ends[0], "high": ends[1]}
    label = (
        ""
        if found.effect is None
        else kind.number(found.effect, sign=True, beside=(found.ci_low, found.ci_high))
    )
    planned = (
        (kind.scale * plan.effect, f"planned effect {kind.number(plan.effect)}") if report.planned else None
    )
    return DifferenceOverTime(points, verdict, data.clients, f"{kind.change_unit} more", label, planned)


def _save(chart: Any, title: str, subtitle: str | list[str], path: Path) -> None:
    draw = DRAWN_BY.get(path.suffix.lower())
    if draw is None:
        raise UsageError(f"--picture: write .png or .svg, got {str(path)!r}")
    write_whole(path, draw(chart, textwrap.wrap(title, LINE), subtitle))
