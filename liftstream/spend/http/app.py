"""The web application: guard, routes, page."""

from fastapi import FastAPI

from liftstream import __version__
from liftstream.service.http.guard import HttpGuard
from liftstream.spend.http import refusals
from liftstream.spend.http.api_key import ask_key_of
from liftstream.spend.http.probes import make_probes
from liftstream.spend.http.routes import make_router
from liftstream.spend.pages import install_pages
from liftstream.spend.service import SpendingService

ABOUT = (
    "What users will spend next month, split between models, and which model is better. "
    "Bodies of at most {most:,} bytes are read. Where a key is set, send it: `Authorization: Bearer KEY`."
)


def create_app(service: SpendingService) -> FastAPI:
    """The application on a service; whoever made the service closes it.

    Raises:
        SettingsError: an address that others reach, without a key.
    """
    settings = service.settings
    ask_key = ask_key_of(settings)
    most_bytes = settings.body_most_mb * 1_000_000
    app = FastAPI(
        title="liftstream spending",
        version=__version__,
        description=ABOUT.format(most=most_bytes),
        docs_url=None,
        redoc_url=None,
    )
    refusals.install(app)
    app.include_router(make_router(service))
    app.include_router(make_probes(service))
    install_pages(app, service)
    app.add_middleware(
        HttpGuard, service="this service without a key", ask_log_in=ask_key, body_most_bytes=most_bytes
    )
    return app
