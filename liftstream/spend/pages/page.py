"""The page of the comparison; it is complete without JavaScript."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from liftstream.forecast.comparison import best_and_next
from liftstream.service import clock
from liftstream.service.pages.templates import make_environment
from liftstream.spend.observed import Observed
from liftstream.spend.pages.figures import differences, error_by_period, predicted_against_spent
from liftstream.spend.pages.spenders import top_spenders
from liftstream.spend.service import Overview, SpendingService

TEMPLATES: Final = Path(__file__).parent / "templates"
Titles = Mapping[str, str]


@cache
def environment() -> Environment:
    """The templates of this service."""
    return make_environment(TEMPLATES)


def make_pages(service: SpendingService) -> APIRouter:
    """The page of a service."""
    router = APIRouter(include_in_schema=False)
    titles = {name: model.title for name, model in service.models.items()}

    @router.get("/", response_class=HTMLResponse)
    def comparison(request: Request) -> HTMLResponse:
        """Shows which model is better, and who will spend most."""
        found = service.overview()
        if found is None:
            address = str(request.base_url).rstrip("/")
            return _render(request, "empty.html", titles=titles, split=service.split, address=address)
        return _render(request, "comparison.html", **page_of(found, titles))

    return router


def page_of(found: Overview, titles: Titles) -> dict[str, Any]:
    """The values for the template of the comparison."""
    observed, pairs = found.observed, found.observed.compare()
    best = best_and_next(pairs)
    models = [
        {"letter": name, "title": titles.get(name, ""), "errors": observed.errors(name), "served": served}
        for name, served in _served(observed).items()
    ]
    return {
        "report": found.report,
        "best": best,
        "models": models,
        "pairs": pairs,
        "at": clock.as_text(clock.now_ms()),
        "spenders": top_spenders(observed),
        "figures": [
            error_by_period(observed, titles),
            differences(pairs),
            predicted_against_spent(observed, best.better if best else next(iter(observed.predicted))),
        ],
    }


def _served(observed: Observed) -> dict[str, int]:
    """How many users and periods each model served; 0 for models that only predict."""
    return {name: int(observed.served_by(name).sum()) for name in observed.predicted}


def _render(request: Request, template: str, **context: Any) -> HTMLResponse:
    text = environment().get_template(template).render(path=request.url.path, **context)
    return HTMLResponse(text)
