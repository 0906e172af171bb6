"""From a document to HTML: the templates, what they may call, and the files that pages load."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from liftstream import __version__
from liftstream.platform.pages import formatting, situations
from liftstream.platform.pages.strips import WIDTH, difference_strips, strips

HERE: Final = Path(__file__).parents[1]
STATIC: Final = HERE / "static"
YEAR_S: Final = 365 * 24 * 3_600
FILTERS: Final = ("amount", "clock", "count", "duration", "interval", "percent", "plain", "score")


@cache
def environment() -> Environment:
    """The templates; everything is escaped, and a name that a page does not have is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({name: getattr(formatting, name) for name in FILTERS})
    made.globals.update(
        asset=asset,
        version=__version__,
        signs=situations,
        strips=strips,
        difference_strips=difference_strips,
        strip_width=WIDTH,
    )
    return made


def read_templates() -> None:
    """Compiles them all, so that the first visitor does not wait."""
    for name in environment().list_templates():
        environment().get_template(name)


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page; for htmx only the part of it that is alive."""
    live_only = "hx-request" in request.headers and "hx-boosted" not in request.headers
    text = environment().get_template(template).render(
        layout="live.html" if live_only else "base.html",
        path=request.url.path,
        asks_for_log_in=request.app.state.entrance is not None,
        **context,
    )  # fmt: skip
    return HTMLResponse(text, status, {"Vary": "HX-Request"})


@cache
def asset(name: str) -> str:
    """The address of a file under `static/`; another content has another address, so it may be kept for ever."""
    seal = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={seal}"


class Assets(StaticFiles):
    """The files of `static/`; what is asked for by its content's address is kept for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        found = await super().get_response(path, scope)
        if found.status_code == 200 and scope["query_string"].startswith(b"v="):
            found.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return found


def assets() -> GZipMiddleware:
    """What is mounted at `/static`; compressed, as Vega is large."""
    return GZipMiddleware(Assets(directory=STATIC), minimum_size=1_000, compresslevel=5)
