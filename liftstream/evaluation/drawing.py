"""How pictures look: ink, colours, margins; a chart becomes a PNG without a browser."""

from typing import Any, Final

COLOURS: Final = ("#1f6f8b", "#c8553d", "#7a5c99")
"""Told apart by colour-blind people."""
INK: Final = "#2b2d33"
MUTED: Final = "#6b6f76"
SCALE: Final = 1.5
"""Pixels of the PNG per point of the drawing."""


def chart_of(rows: list[dict[str, Any]]) -> Any:
    """A chart on rows that are written into it."""
    import altair as alt

    return alt.Chart({"values": rows})


def as_png(chart: Any, title: str, subtitle: str | list[str]) -> bytes:
    """The picture, with what it says as its title."""
    import altair as alt
    import vl_convert

    styled = (
        chart.properties(title=alt.Title(title, subtitle=subtitle, anchor="start", fontSize=16, subtitleColor=MUTED, offset=12, color=INK))
        .configure(background="white", padding=16)
        .configure_view(stroke=None)
        .configure_axis(gridColor="#e9eaec", domainColor=MUTED, tickColor=MUTED, labelColor=INK, titleColor=INK, titleFontWeight="normal", titlePadding=8)
    )  # fmt: skip
    png: bytes = vl_convert.vegalite_to_png(styled.to_dict(), scale=SCALE)
    return png
