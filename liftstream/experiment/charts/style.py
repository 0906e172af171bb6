"""How every picture looks: colours, sizes, title, axes; Altair comes with the extra `demo`, and a PNG or SVG needs no
browser."""

from typing import Any, Final

from liftstream.contracts.errors import ExtraMissing

COLOURS: Final = ("#1f6f8b", "#c8553d", "#7a5c99")
"""Colours that colour-blind people can tell apart; the first is the candidate's."""
HARM: Final = COLOURS[1]
SERIES: Final = (*COLOURS, "#e0a526", "#56b4e9", "#4c9f70", "#9a6324", "#2b2d33", "#cc79a7", "#b4bf3a")
"""Colours of up to ten lines, as different for colour-blind people as ten can be."""
INK: Final = "#2b2d33"
MUTED: Final = "#6b6f76"
"""The original, levels and whatever is not the point."""
GRID: Final = "#e9eaec"
DASHES: Final = (4, 4)
WIDTH, HEIGHT = 640, 340
"""Size of a picture with one panel, in points."""
SCALE: Final = 1.5
"""Pixels of the PNG per point."""
TITLE_SIZE, PANEL_TITLE_SIZE = 16, 13
SHARE: Final = "format(100 * datum.value, '.3~r') + ' %'"
"""A tick of a share as sentences write it: `80 %`."""


def load_altair() -> Any:
    """The module.

    Raises:
        ExtraMissing: it is not installed, or what writes its pictures is not.
    """
    try:
        import altair
        import vl_convert  # noqa: F401 - writes PNG and SVG
    except ImportError:
        raise ExtraMissing("a picture", "demo") from None
    return altair


def chart_of(rows: list[dict[str, Any]]) -> Any:
    """A chart on rows that are written into it."""
    return load_altair().Chart({"values": rows})


def share_axis(**options: Any) -> Any:
    """An axis of shares."""
    return load_altair().Axis(labelExpr=SHARE, **options)


def title_of(text: str | list[str], subtitle: str | list[str] = "", size: int = TITLE_SIZE) -> Any:
    """What a picture or a panel says, above it at the left."""
    return load_altair().Title(
        text, subtitle=subtitle, anchor="start", fontSize=size, color=INK, subtitleColor=MUTED, offset=12
    )


def styled(chart: Any, title: str | list[str], subtitle: str | list[str]) -> Any:
    """The chart with what it says as its title; it can be drawn, and no more be put beside another one."""
    axis = {"gridColor": GRID, "domainColor": MUTED, "tickColor": MUTED, "labelColor": INK, "titleColor": INK, "titleFontWeight": "normal", "titlePadding": 8}  # fmt: skip
    legend = {"labelColor": INK, "titleColor": INK, "titleFontWeight": "normal", "labelFontSize": 12, "labelLimit": 400}  # fmt: skip
    return (
        chart.properties(title=title_of(title, subtitle))
        .configure(background="white", padding=16)
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_legend(**legend)
        .configure_header(labelFontSize=PANEL_TITLE_SIZE, labelFontWeight="bold", labelColor=INK)
    )


def as_png(chart: Any, title: str | list[str], subtitle: str | list[str] = "") -> bytes:
    """The picture, with what it says as its title."""
    import vl_convert

    png: bytes = vl_convert.vegalite_to_png(styled(chart, title, subtitle).to_dict(), scale=SCALE)
    return png


def as_svg(chart: Any, title: str | list[str], subtitle: str | list[str] = "") -> bytes:
    """The same, to be enlarged."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(styled(chart, title, subtitle).to_dict())
    return svg.encode()
