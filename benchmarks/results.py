"""Results of a comparison as a file and as a picture, both kept in the repository."""

import dataclasses
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import altair as alt

from benchmarks.latency import Idle, LatencyRun
from benchmarks.outcomes import Unanswered
from benchmarks.throughput import Throughput

FOLDER = Path(__file__).with_name("results")
OURS, THEIRS = "#1b7f5c", "#9aa5b1"


@dataclass(frozen=True)
class Results:
    """Every run of a comparison."""

    throughput: Sequence[Throughput]
    latency: Sequence[LatencyRun]
    drained: Sequence[Throughput]
    idle: Idle | None
    unanswered: Sequence[Unanswered] = ()


def save(results: Results) -> list[Path]:
    """Writes compare.json and compare.png; the files."""
    FOLDER.mkdir(exist_ok=True)
    data, picture = FOLDER / "compare.json", FOLDER / "compare.png"
    when = {"date": time.strftime("%Y-%m-%d"), "python": platform.python_version()}
    data.write_text(json.dumps(when | dataclasses.asdict(results), indent=1) + "\n")
    draw(results).save(picture, ppi=144)
    return [data, picture]


def draw(results: Results) -> alt.VConcatChart:
    """Bars of pairs a second on a logarithmic scale, and of latency at the rate that all could hold."""
    rates = {
        name: median(one.pairs_per_s for one in results.throughput if one.contestant == name)
        for name in dict.fromkeys(one.contestant for one in results.throughput)
    }
    top = _bars(
        rates, "joined and scored pairs a second (each step of the scale is ten times as many)", log=True
    )
    slowest = min((one.rate for one in results.latency if one.rate >= 100), default=None)
    waits = {
        f"{one.contestant}": median(
            run.p99_ms for run in results.latency if run.contestant == one.contestant and run.rate == one.rate
        )
        for one in results.latency
        if one.rate == slowest
    }
    if not waits:
        return alt.vconcat(top)
    return alt.vconcat(
        top, _bars(waits, f"ms for 99 of 100 answers, {slowest:,.0f} pairs a second", log=False)
    )


def _bars(values: dict[str, float], title: str, *, log: bool) -> alt.LayerChart:
    rows = [
        {"system": name, "value": value, "label": f"{value:,.0f}", "ours": name.startswith("liftstream")}
        for name, value in values.items()
    ]
    data: Any = {"values": rows}
    base = alt.Chart(data, title=title, width=460).encode(
        y=alt.Y("system:N", sort="-x" if log else "x", title=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X(
            "value:Q",
            title=None,
            scale=alt.Scale(type="log" if log else "linear", domainMin=10 if log else 0),
            axis=alt.Axis(values=[10**power for power in range(1, 7)] if log else alt.Undefined),
        ),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("ours:N", legend=None, scale=alt.Scale(domain=[True, False], range=[OURS, THEIRS]))
    )
    if log:
        bars = bars.encode(x2=alt.datum(10))
    chart: alt.LayerChart = bars + base.mark_text(align="left", dx=4).encode(text="label:N")
    return chart
