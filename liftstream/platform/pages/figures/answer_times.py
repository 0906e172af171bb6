"""The picture of how long answers took."""

from typing import Any

from liftstream.platform.documents.experiment_parts.arms import ArmDocument
from liftstream.platform.ingest.running.latency_buckets import GROWTH
from liftstream.service.pages.figure import CANDIDATE, Figure, document, values
from liftstream.service.pages.formatting import count, plain


def answer_times(arm: ArmDocument, patience_ms: float, name: str) -> Figure:
    """How long the candidate took to answer, against the page's patience."""
    title = "How long answers took, ms"
    if arm.latency is None:
        return Figure(name, title, "No answer yet.", None)
    took = arm.latency
    says = (
        f"Half of the {count(sum(bucket.count for bucket in took.histogram))} answers came within {plain(took.p50_ms)} ms, "
        f"99 % within {plain(took.p99_ms)} ms (known to 12 %); a page waits {count(patience_ms)} ms."
    )
    rows = [
        {"from": bucket.up_to_ms / GROWTH, "to": bucket.up_to_ms, "count": bucket.count}
        for bucket in took.histogram
    ]
    return Figure(
        name, title, says, _bars(rows, patience_ms),
        ("up to, ms", "answers"),
        [(plain(bucket.up_to_ms), count(bucket.count)) for bucket in took.histogram],
    )  # fmt: skip


def _bars(rows: list[dict[str, Any]], patience_ms: float) -> dict[str, Any]:
    least = min(row["from"] for row in rows)
    scale = {"type": "log", "domain": [min(1.0, least), max(2 * patience_ms, rows[-1]["to"])]}
    axis = {
        "title": "ms from the opening of the session",
        "values": [1, 10, 100, 1_000, 10_000, 100_000],
        "grid": False,
    }
    x = {"type": "quantitative", "scale": scale, "axis": axis}
    y = {
        "type": "quantitative",
        "scale": {"zero": True},
        "axis": {"title": None, "format": ",.0f", "tickCount": 3},
    }
    patience = values([{"at": patience_ms, "label": "patience"}])
    return document(
        [
            {
                "data": values(rows),
                "mark": {"type": "rect", "color": CANDIDATE},
                "encoding": {
                    "x": {**x, "field": "from"},
                    "x2": {"field": "to"},
                    "y": {**y, "field": "count"},
                    "y2": {"datum": 0},
                },
            },
            {
                "data": patience,
                "mark": {"type": "rule", "strokeDash": [5, 4]},
                "encoding": {"x": {**x, "field": "at"}},
            },
            {
                "data": patience,
                "mark": {"type": "text", "align": "right", "dx": -5, "baseline": "top"},
                "encoding": {"x": {**x, "field": "at"}, "y": {"value": 2}, "text": {"field": "label"}},
            },
        ],
        height=160,
    )
