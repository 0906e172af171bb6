"""The page's pictures as a PNG: the same figures, in the colours of the page on paper."""

import json
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from liftstream.evaluation.drawing import as_png
from liftstream.service.pages.figure import Figure

WIDTH: Final = 430
INKS: Final = {
    "var(--muted)": "#565f6c",
    "var(--line)": "#d9dde3",
    "var(--candidate)": "#0b5cad",
    "var(--warn)": "#8a5a00",
    "var(--bad)": "#b3261e",
}
"""The style sheet's colours by name."""
WORDS_A_LINE: Final = 22


def draw_figures(figures: Sequence[Figure], title: str, subtitle: str) -> bytes:
    """PNG: the figures beside each other, below what they say together."""
    charts = [_on_paper(figure) for figure in figures if figure.spec is not None]
    chart = alt.HConcatChart.from_dict({"$schema": alt.SCHEMA_URL, "hconcat": charts, "spacing": 40})
    return as_png(
        chart.resolve_scale(color="independent", shape="independent", strokeDash="independent"),
        title,
        _wrapped(subtitle),
    )


def _on_paper(figure: Figure) -> dict[str, Any]:
    text = json.dumps(figure.spec)
    for name, ink in INKS.items():
        text = text.replace(name, ink)
    spec: dict[str, Any] = json.loads(text)
    for key in ("$schema", "config", "autosize"):
        spec.pop(key, None)
    return {**spec, "width": WIDTH, "title": {"text": figure.title, "anchor": "start", "fontSize": 13}}


def _wrapped(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[i : i + WORDS_A_LINE]) for i in range(0, len(words), WORDS_A_LINE)]
