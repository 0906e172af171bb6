"""The web application: gate, API, documents, pages."""

from fastapi import FastAPI

from liftstream import __version__
from liftstream.platform.api import bandits, documents, experiments, keys, login, probes, problems
from liftstream.platform.pages import install_pages
from liftstream.platform.pages.refusals import for_people
from liftstream.platform.security.entrance import Entrance, entrance_of
from liftstream.platform.security.log_in import LogIn
from liftstream.platform.service import PlatformService
from liftstream.service.http.guard import HttpGuard

ABOUT = "Create, run, watch and judge experiments. With a password set, send an API key: `Authorization: Bearer KEY`."


def create_app(service: PlatformService) -> FastAPI:
    """The application on a service; whoever made the service closes it, and reads Kafka into it (or does not).

    `app.state.service`, `app.state.entrance` and `app.state.log_in` are there for the routes; `pages.install_pages` adds what people see
    and sets `app.state.render_report`.

    Raises:
        SettingsError: an address that others reach, without a password and a secret.
    """
    entrance: Entrance | None = entrance_of(service.settings.platform)
    app = FastAPI(
        title="liftstream platform", version=__version__, description=ABOUT, docs_url=None, redoc_url=None
    )
    log_in = LogIn(service.engine, entrance.logins, entrance.attempts, service.now_ms) if entrance else None
    app.state.service, app.state.entrance, app.state.log_in = service, entrance, log_in
    problems.install(app)
    for module in (experiments, bandits, keys, login, documents, probes):
        app.include_router(module.router)
    install_pages(app)
    app.add_middleware(
        HttpGuard, service="this platform without a password", ask_log_in=log_in, shown=for_people
    )
    return app
