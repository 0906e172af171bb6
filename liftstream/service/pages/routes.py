"""The page `/docs` of every service: its routes as the OpenAPI document has them, without a script or another site."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from liftstream.service.pages.operations import by_group, operations_of, records_of


def make_routes_page(app: FastAPI, environment: Environment, layout: str, **context: Any) -> APIRouter:
    """The page of what `app` describes.

    Args:
        environment: the service's templates.
        layout: the template with the service's navigation, `base.html` say.
        context: what that template needs besides `path`.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    def docs(request: Request) -> HTMLResponse:
        """The routes."""
        description = app.openapi()
        text = environment.get_template("routes.html").render(
            layout=layout,
            path=request.url.path,
            about=description["info"],
            groups=by_group(operations_of(description)),
            records=records_of(description),
            address=str(request.base_url).rstrip("/"),
            **context,
        )
        return HTMLResponse(text)

    return router
