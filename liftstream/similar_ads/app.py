"""The web application: ads in, the block of an ad out, contacts in."""

from pathlib import Path as Folder
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from msgspec import Meta
from starlette.concurrency import run_in_threadpool

from liftstream import __version__
from liftstream.contracts.messages import NOT_JSON, PRINTABLE, PRINTABLE_IN_QUERY
from liftstream.service.http.guard import HttpGuard
from liftstream.service.http.problems import problem
from liftstream.service.http.refusals import install_refusals
from liftstream.service.pages.assets import assets
from liftstream.service.pages.routes import make_routes_page
from liftstream.service.pages.templates import make_environment
from liftstream.similar_ads.ad import NUMBER_MOST, Ad, read_ads
from liftstream.similar_ads.service import SimilarAds

BODY_MOST_BYTES = 4_000_000
LATER = {"Retry-After": "5"}
PROBE = "ready"
"""The unit that `/ready` asks for: a bandit that the platform does not have is named before the first visitor comes."""
ABOUT = (
    "Ads that resemble an ad, ranked by the configuration that a bandit serves now; impressions and contacts go"
    " to Kafka."
)
EXAMPLE_AD = {
    "number": 1,
    "title": "Bicycle, 28 inches",
    "category": "bicycles",
    "metro": "centre",
    "location": "Old Town",
    "price": 120.0,
    "posted_ms": 1_700_000_000_000,
}


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    """The body of a route for the OpenAPI document; the routes parse it themselves."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    }


def _schema(kind: type) -> dict[str, Any]:
    return dict(msgspec.json.schema(kind)["$defs"][kind.__name__])


ADS = _body({"type": "array", "items": _schema(Ad)}, [EXAMPLE_AD])


class Contact(msgspec.Struct):
    """Somebody wrote to a seller after the block was shown."""

    decision: Annotated[str, Meta(max_length=200, pattern=PRINTABLE)]
    unit: Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)]
    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=PRINTABLE)] = "contact"
    event: Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)] | None = None
    """The sender's id of the contact: a repeated one counts once."""


CONTACT = _body(
    _schema(Contact),
    {"decision": "a decision id of a block", "unit": "404180", "name": "contact", "event": "c-1"},
)


def create_app(service: SimilarAds) -> FastAPI:
    """The application on a service; whoever made the service closes it."""
    app = FastAPI(
        title="liftstream similar ads", version=__version__, description=ABOUT, docs_url=None, redoc_url=None
    )
    app.include_router(_routes(service))
    app.include_router(make_routes_page(app, make_environment(Folder(__file__).parent), "page.html"))
    app.mount("/static", assets(), name="static")
    install_refusals(app)
    app.add_middleware(
        HttpGuard, service="this service", body_most_bytes=BODY_MOST_BYTES, get_only="/similar/"
    )
    return app


def _routes(service: SimilarAds) -> APIRouter:
    router = APIRouter()
    _add_ad_routes(router, service)
    _add_contact_route(router, service)
    _add_probes(router, service)
    return router


def _add_ad_routes(router: APIRouter, service: SimilarAds) -> None:
    @router.get("/", include_in_schema=False)
    async def start() -> RedirectResponse:
        """What a person finds at the address that the service says at its start."""
        return RedirectResponse("/docs")

    @router.get("/similar/{ad}", summary="What resembles an ad")
    def similar(
        ad: Annotated[int, Path(ge=0, le=NUMBER_MOST)],
        unit: Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE_IN_QUERY)],
    ) -> Response:
        """32 ads of the same category; writes an impression."""
        block = service.block(ad, unit)
        if block is None:
            return problem(404, "ad", f"there is no ad {ad} here; POST /ads brings some")
        return Response(msgspec.json.encode(block), media_type="application/json")

    @router.post("/ads", summary="Add or replace ads", openapi_extra=ADS)
    async def put(request: Request) -> JSONResponse:
        """A JSON list of `{number, title, category, metro, location, price, posted_ms}`."""
        try:
            ads = read_ads(await request.body())
        except ValueError as error:
            return problem(422, "body", str(error))
        await run_in_threadpool(service.index.put, ads)
        return JSONResponse({"taken": len(ads)}, 201)


def _add_contact_route(router: APIRouter, service: SimilarAds) -> None:
    @router.post("/contacts", summary="A contact", openapi_extra=CONTACT)
    async def contact(request: Request) -> JSONResponse:
        """`{decision, unit, name, event}`; written to Kafka."""
        try:
            found = msgspec.json.decode(await request.body(), type=Contact)
        except NOT_JSON as error:
            return problem(422, "body", str(error))
        wanted = (found.decision, found.unit, found.name, found.event)
        try:
            await run_in_threadpool(service.feedback.outcome, *wanted)  # waits for the disk
        except BufferError:
            return problem(503, "kafka", "Kafka is unavailable and the queue is full; send it again", LATER)
        except OSError as error:
            said = f"the disk does not take it: {error.strerror}; send it again"
            return problem(503, "journal", said, LATER)
        return JSONResponse({"taken": 1}, 202)


def _add_probes(router: APIRouter, service: SimilarAds) -> None:
    @router.get("/live", summary="Does the process answer?")
    async def live() -> dict[str, str]:
        """Always 200."""
        return {"status": "live"}

    @router.get("/ready", summary="Is a choice in force?")
    def ready() -> JSONResponse:
        """503 with the reason while the platform gives no choice; the last one is served on meanwhile."""
        service.choices.of(PROBE)
        said: dict[str, Any] = {"status": "ready", "reason": "", "impressions_lost": service.feedback.lost}
        if service.choices.problem:
            said |= {"status": "on the last choice", "reason": service.choices.problem}
        return JSONResponse(said, 503 if service.choices.problem else 200)
