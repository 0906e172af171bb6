"""What people see: the page at `/` and the description of the routes at `/docs`."""

from fastapi import FastAPI

from liftstream.service.pages.assets import assets
from liftstream.service.pages.routes import make_routes_page
from liftstream.spend.pages.page import environment, make_pages
from liftstream.spend.service import SpendingService


def install_pages(app: FastAPI, service: SpendingService) -> None:
    """Adds the pages and the files they need."""
    app.include_router(make_pages(service))
    app.include_router(make_routes_page(app, environment(), "layout.html"))
    app.mount("/static", assets(), name="static")
