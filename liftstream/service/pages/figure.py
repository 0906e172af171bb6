"""A picture as a Vega-Lite document, with a text that says what it shows and its numbers as a table.

Colours are names of the style sheet (`var(--candidate)`), so one document serves light, dark and paper.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
FONT: Final = "system-ui, sans-serif"
MUTED: Final = "var(--muted)"
LINE: Final = "var(--line)"
CANDIDATE: Final = "var(--candidate)"
HARM: Final = "var(--bad)"
LEGEND_COLUMNS: Final = {"expr": "width < 420 ? 1 : 3"}
"""Entries side by side where they have room, below each other on a phone."""

CONFIG: Final[Mapping[str, Any]] = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 12,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelOverlap": True,
        "labelSeparation": 8,
        "tickCount": 5,
    },
    "text": {"color": MUTED, "fontSize": 12, "font": FONT},
    "rule": {"color": MUTED},
}


@dataclass(frozen=True)
class Figure:
    """A picture.

    Attributes:
        name: unique on its page.
        says: what the picture shows, in a sentence or two, with its numbers.
        spec: Vega-Lite; None where there is nothing to draw yet, and `says` tells why.
        columns, rows: the same as a table.
    """

    name: str
    title: str
    says: str
    spec: Mapping[str, Any] | None
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()

    @property
    def json(self) -> str:
        """The document as it may stand in a script element: nothing in it ends the element."""
        text = json.dumps(self.spec, separators=(",", ":"), allow_nan=False)
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def document(layers: Sequence[Mapping[str, Any]], height: int = 220) -> dict[str, Any]:
    """A document of layers that is as wide as its place on the page."""
    return {
        "$schema": SCHEMA,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": CONFIG,
        "layer": list(layers),
    }


def percent_axis(title: str | None, ticks: Sequence[float] = ()) -> dict[str, Any]:
    """An axis of shares, written as in sentences: `80 %`."""
    axis: dict[str, Any] = {"title": title, "labelExpr": "format(100 * datum.value, '.3~r') + ' %'"}
    return axis | ({"values": list(ticks)} if ticks else {})


def values(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Inline data."""
    return {"values": list(rows)}


def level(y: float, label: str, *, dash: bool, below: bool = False) -> list[dict[str, Any]]:
    """A horizontal line with its name at the left, above or below it."""
    rule: dict[str, Any] = {"type": "rule", "strokeWidth": 1.25}
    if dash:
        rule["strokeDash"] = [5, 4]
    place = {"baseline": "top", "dy": 4} if below else {"baseline": "bottom", "dy": -2}
    text = {"type": "text", "align": "left", "dx": 4, **place}
    halo = {**text, "stroke": "var(--panel)", "strokeWidth": 3, "strokeOpacity": 0.8}
    data = values([{"y": y, "label": label}])
    return [
        {"data": data, "mark": rule, "encoding": {"y": {"field": "y", "type": "quantitative"}}},
        *(
            {
                "data": data,
                "mark": mark,
                "encoding": {
                    "x": {"value": 0},
                    "y": {"field": "y", "type": "quantitative"},
                    "text": {"field": "label"},
                },
            }
            for mark in (halo, text)
        ),
    ]
