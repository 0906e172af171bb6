"""Altair where it is installed (extra `demo`), and the colours of every picture."""

from typing import Any

from liftstream.contracts.errors import ExtraMissing

GREY, ACCENT, HARM = "#767676", "#0b6fa4", "#b3261e"
"""Original, candidate, harm: told apart by colour-blind people, and the same everywhere."""
WIDTH, HEIGHT = 620, 300


def load_altair() -> Any:
    """The module.

    Raises:
        ExtraMissing: it is not installed.
    """
    try:
        import altair
    except ImportError:
        raise ExtraMissing("a picture", "demo") from None
    return altair


def rule(altair: Any, at: float, colour: str, *, vertical: bool = False) -> Any:
    """A dashed line at a value."""
    data = altair.Chart(altair.Data(values=[{"at": at}])).mark_rule(color=colour, strokeDash=[4, 4])
    return data.encode(x="at:Q") if vertical else data.encode(y="at:Q")
