"""The difference over time is coloured as far as the verdict counts, and grey after it."""

import json
from typing import Any

from liftstream.experiment.charts.difference import DifferenceOverTime
from liftstream.experiment.charts.style import COLOURS, MUTED, as_png, as_svg

POINTS = [{"clients": n, "mean": 1 + 100 / n, "low": 1 - 100 / n, "high": 1 + 300 / n} for n in range(100, 1100, 100)]  # fmt: skip


def drawn(decided: int) -> dict[str, Any]:
    verdict = {"clients": decided, "mean": 1.2, "low": 0.4, "high": 2.0}
    chart = DifferenceOverTime(POINTS, verdict, 1000, "$ more", "+1.20", (0.7, "planned effect 0.70"))
    document: dict[str, Any] = chart.draw(300, "clients").to_dict()
    return document


def rows_of(document: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    data = layer["data"]
    found: list[dict[str, Any]] = data["values"] if "values" in data else document["datasets"][data["name"]]
    return found


def clients_of(document: dict[str, Any], colour: str) -> list[int]:
    """Of the line of this colour."""
    layers = [x for x in document["layer"] if x["mark"]["type"] == "line" and x["mark"]["color"] == colour]
    return [row["clients"] for layer in layers for row in rows_of(document, layer)]


def test_what_came_after_the_decision_is_grey_and_begins_where_the_colour_ends() -> None:
    chart = drawn(decided=640)
    assert clients_of(chart, COLOURS[0]) == [100, 200, 300, 400, 500, 600]
    assert clients_of(chart, MUTED) == [600, 700, 800, 900, 1000]


def test_nothing_is_grey_where_every_client_counts() -> None:
    assert clients_of(drawn(decided=1000), MUTED) == []


def test_the_verdicts_interval_stands_at_the_decision() -> None:
    chart = drawn(640)
    (bar,) = (x for x in chart["layer"] if x["mark"] == {"type": "rule", "strokeWidth": 3, "color": COLOURS[0]})  # fmt: skip
    assert rows_of(chart, bar)[0] == {"clients": 640, "mean": 1.2, "low": 0.4, "high": 2.0, "label": "+1.20"}  # fmt: skip


def test_both_formats_carry_the_title() -> None:
    chart = DifferenceOverTime(POINTS, POINTS[-1], 1000, "$", "", None).draw(300, "clients")
    assert "What it says" in as_svg(chart, "What it says").decode()
    assert as_png(chart, "What it says").startswith(b"\x89PNG")
    assert json.dumps(chart.to_dict()).count("planned") == 0


def test_the_planned_effect_is_named_where_the_path_does_not_end() -> None:
    for planned, beside in ((0.7, 10), (1.5, -8)):  # the path ends at 1.1
        chart = DifferenceOverTime(POINTS, POINTS[-1], 1000, "$", "", (planned, "planned"))
        layers = chart.draw(300, "clients").to_dict()
        names = [
            x["mark"]["dy"]
            for x in layers["layer"]
            if "planned" in str(rows_of(layers, x)) and "dy" in x["mark"]
        ]
        assert set(names) == {beside}
