"""Renders a document as HTML: the platform's templates and their functions."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from liftstream.platform.pages import situations, units
from liftstream.platform.pages.figures.strips import WIDTH, difference_strips, strips
from liftstream.service.pages.templates import make_environment

TEMPLATES: Final = Path(__file__).parents[1] / "templates"


@cache
def environment() -> Environment:
    """The templates of the platform."""
    return make_environment(
        TEMPLATES,
        signs=situations,
        units=units,
        strips=strips,
        difference_strips=difference_strips,
        strip_width=WIDTH,
    )


def read_templates() -> None:
    """Compiles all templates, so that the first visitor does not wait."""
    for name in environment().list_templates():
        environment().get_template(name)


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page, or only its live part for htmx."""
    live_only = "hx-request" in request.headers and "hx-boosted" not in request.headers
    text = environment().get_template(template).render(
        layout="live.html" if live_only else "base.html",
        path=request.url.path,
        asks_for_log_in=request.app.state.entrance is not None,
        **context,
    )  # fmt: skip
    return HTMLResponse(text, status, {"Vary": "HX-Request"})
