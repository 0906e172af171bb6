"""The page's pictures as a PNG: the same figures, in the colours of pictures."""

import json
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from liftstream.experiment.charts.style import COLOURS, GRID, HARM, MUTED, PANEL_TITLE_SIZE, as_png, title_of
from liftstream.service.pages.figure import Figure

WIDTH: Final = 430
INKS: Final = {
    "var(--muted)": MUTED,
    "var(--line)": GRID,
    "var(--candidate)": COLOURS[0],
    "var(--warn)": COLOURS[2],
    "var(--bad)": HARM,
}
"""The colours of pictures by their names in the style sheet."""
WORDS_A_LINE: Final = 22


def draw_figures(figures: Sequence[Figure], title: str, subtitle: str) -> bytes:
    """PNG: the figures beside each other, below a common title."""
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
    return {**spec, "width": WIDTH, "title": title_of(figure.title, size=PANEL_TITLE_SIZE).to_dict()}


def _wrapped(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[i : i + WORDS_A_LINE]) for i in range(0, len(words), WORDS_A_LINE)]
