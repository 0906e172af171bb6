"""The picture of docs/faults.md: clients newly answered, second by second, while faults are thrown."""

from typing import Any

import altair as alt

from liftstream.experiment.charts.style import COLOURS, MUTED, as_png, chart_of

SHOWN = {
    "kill-in-a-batch": "SIGKILL, twice",
    "worker-paused-past-the-session-timeout": "worker frozen, then let go as a zombie",
    "broker-killed-and-back": "broker killed, and back",
    "write-refused-by-acl": "right to write revoked, and granted",
}
WIDTH, HEIGHT = 660, 95
HIDDEN = 0.5
"""On the logarithmic axis, where seconds without an answer are drawn."""


def draw(runs: list[dict[str, Any]], seed: int) -> bytes:
    """PNG: a panel a scenario."""
    last = max(len(run["newly_answered"]) for run in runs if run["scenario"] in SHOWN)
    by_name = {run["scenario"]: run for run in runs}
    panels = [_panel(by_name[name], title, last) for name, title in SHOWN.items() if name in by_name]
    subtitle = [
        f"liftstream prove, seed {seed}; 5,000 pairs at once, then 300 a second until the input ends.",
        "Shaded: the fault, as long as it lasts; line: from here on everything has to work again.",
    ]
    return as_png(alt.vconcat(*panels, spacing=10), "Clients newly answered in every second", subtitle)


def _panel(run: dict[str, Any], title: str, last: int) -> Any:
    counts = [{"second": at, "clients": count or HIDDEN} for at, count in enumerate(run["newly_answered"])]
    faults = [{"began": fault["began_s"], "over": fault["over_s"]} for fault in run["faults"]]
    second = alt.X(
        "second:Q", title="seconds", scale=alt.Scale(domain=[0, last], nice=False), axis=alt.Axis(format="d")
    )
    height = alt.Y(
        "clients:Q",
        title=None,
        scale=alt.Scale(type="log", domain=[HIDDEN, 10_000]),
        axis=alt.Axis(values=[1, 10, 100, 1000, 10_000], format=",d"),
    )
    bars = (
        chart_of(counts)
        .mark_bar(color=COLOURS[0], width=6, clip=True)
        .encode(second, height, y2=alt.datum(HIDDEN))
    )
    spans = chart_of(faults).mark_rect(color=COLOURS[1], opacity=0.18).encode(x="began:Q", x2="over:Q")
    ends = chart_of(faults).mark_rule(color=COLOURS[1], strokeWidth=1.5).encode(x="over:Q")
    panel = (spans + bars + ends).properties(width=WIDTH, height=HEIGHT)
    return panel.properties(
        title=alt.Title(title, anchor="start", fontSize=12, fontWeight="normal", color=MUTED)
    )
