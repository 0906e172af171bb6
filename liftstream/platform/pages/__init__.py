"""What people see: HTML rendered from the documents of `liftstream.platform.documents`, and from nothing else."""

from fastapi import FastAPI

from liftstream.platform.pages import bandits, experiments, keys, login, new_experiment, refusals
from liftstream.platform.pages.rendering import environment, read_templates
from liftstream.service.pages.assets import assets
from liftstream.service.pages.routes import make_routes_page


def install_pages(app: FastAPI) -> None:
    """Adds the pages and the files they need to the application, and both renderers of reports in `app.state`.

    To be called after everything else was installed: refusals become pages for people from here on.
    """
    read_templates()
    for module in (new_experiment, experiments, bandits, keys, login):
        app.include_router(module.router)
    asked = app.state.entrance is not None
    app.include_router(make_routes_page(app, environment(), "base.html", asks_for_log_in=asked))
    app.mount("/static", assets(), name="static")
    app.state.render_report = experiments.render_report
    app.state.render_bandit_report = bandits.render_report
    refusals.install(app)
