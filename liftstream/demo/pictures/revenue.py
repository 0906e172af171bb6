"""Money per client of each arm, and their difference, as clients paid."""

from typing import Any, Final

import altair as alt

from liftstream.demo.arm_means import Mean, means_over_time
from liftstream.demo.outcome import Outcome
from liftstream.demo.plan import ARM
from liftstream.experiment import ClientData
from liftstream.experiment.amounts import money
from liftstream.experiment.charts.difference import DifferenceOverTime, clients_axis, fitting
from liftstream.experiment.charts.marks import y_of
from liftstream.experiment.charts.style import COLOURS, MUTED, WIDTH, as_png, chart_of
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.experiment.trial.timeline import interval_over_time

HEIGHT: Final = 190
COLOUR_OF: Final = {ORIGINAL: MUTED, ARM: COLOURS[0]}
TIME: Final = "clients of both arms, in the order in which they paid"
NUDGE: Final = 6
EXPLAINED: Final = "Above: 95 % for each arm at that moment. Below: an interval that allows looking at any time; the bar is the verdict's."


def draw_revenue(outcome: Outcome, clients: ClientData) -> bytes:
    """PNG: both arms above, the difference below, the verdict's interval at the end."""
    said, _, rest = outcome.report.sentence.partition(" (")
    numbers = rest.partition(")")[0]
    what = f"{numbers}; simulated shop, seed {outcome.request.seed}, {clients.clients:,} clients"
    panels = alt.vconcat(_arms(clients), _difference(outcome, clients), spacing=14)
    return as_png(panels, said, [what, EXPLAINED])


def _arms(clients: ClientData) -> Any:
    means = {arm: means_over_time(clients, arm) for arm in COLOUR_OF}
    rows = [{"arm": arm, **point.to_dict()} for arm, points in means.items() for point in points]
    scale = fitting(rows, clients.clients)
    base = chart_of(rows).encode(x=clients_axis(clients.clients, None), color=_arm_colour())
    band = base.mark_area(opacity=0.15, clip=True).encode(y=y_of("low", "$ per client", scale), y2="high:Q")
    line = base.mark_line(strokeWidth=2, clip=True).encode(y=y_of("mean", "$ per client", scale))
    return alt.layer(band, line, _ends(means, clients, scale)).properties(width=WIDTH, height=HEIGHT)


def _ends(means: dict[str, list[Mean]], clients: ClientData, scale: Any) -> Any:
    """The final mean of each arm at the end of its line, the larger one a little above, the other a little below."""
    last = {arm: points[-1] for arm, points in means.items() if points}
    ranked = sorted(last, key=lambda arm: last[arm].mean, reverse=True)
    place = {"x": clients_axis(clients.clients, None), "y": y_of("mean", "", scale), "color": _arm_colour()}
    texts = []
    for arm, shift in zip(ranked, (-NUDGE, NUDGE), strict=False):
        row = {"arm": arm, "clients": clients.clients, "mean": last[arm].mean}
        text = chart_of([{**row, "label": f"{arm} {row['mean']:.2f}"}]).mark_text(
            align="left", dx=8, dy=shift, fontWeight="bold"
        )
        texts.append(text.encode(**place, text="label:N"))
    return alt.layer(*texts)


def _difference(outcome: Outcome, clients: ClientData) -> Any:
    report, plan = outcome.report, outcome.request.plan
    rows = [
        {"clients": m.clients, "mean": m.effect, "low": m.ci_low, "high": m.ci_high}
        for m in interval_over_time(plan, clients, ARM)
    ]
    end = {"mean": report.effect, "low": report.ci_low, "high": report.ci_high}
    return DifferenceOverTime(
        rows,
        {"clients": clients.clients, **end},
        clients.clients,
        "$ per client more",
        money(report.effect or 0.0, sign=True, beside=end.values()),
        (plan.effect, f"planned effect {money(plan.effect)}"),
    ).draw(HEIGHT, TIME)


def _arm_colour() -> Any:
    scale = alt.Scale(domain=[ORIGINAL, ARM], range=[COLOUR_OF[ORIGINAL], COLOUR_OF[ARM]])
    return alt.Color("arm:N", scale=scale, legend=None)
