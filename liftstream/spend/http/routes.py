"""The seven routes, under the paths of the original service, and the probes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from liftstream.forecast.models.registry import NAMES
from liftstream.spend.http.body import BodyRoom
from liftstream.spend.http.documents import DATA_OBJECT, TRUE_VALUES
from liftstream.spend.http.refusals import answers
from liftstream.spend.service import TESTS_SHOWN, SpendingService, check_period

NOTHING_PREDICTED: Final = "AB test was not initiated"
NOTHING_GIVEN: Final = "No data was found"
WORKERS: Final = 2
"""Most requests that are computed at a time: more would not be faster, and hold more memory."""
REFUSED: Final = answers(400, 401, 403, 413, 422, 503)

Period = Annotated[str | None, Query(description="The month, `YYYY-MM`.", examples=["2021-12"])]
Predictions = dict[str, float]


Work = Callable[[Request, Callable[[bytearray], Any]], Awaitable[Any]]
"""Reads a body, and calls a function with it in a thread."""


def make_router(service: SpendingService) -> APIRouter:
    """The routes on a service."""
    router = APIRouter(tags=["spending"])
    room, turns = BodyRoom(), asyncio.Semaphore(WORKERS)

    async def work(request: Request, do: Callable[[bytearray], Any]) -> Any:
        async with room.body_of(request) as body, turns:
            return await run_in_threadpool(do, body)

    _add_split_route(router, service, work)
    for name in NAMES:
        _add_model_route(router, name, service, work)
    _add_report_routes(router, service)
    _add_truth_routes(router, service, work)
    return router


def _add_split_route(router: APIRouter, service: SpendingService, work: Work) -> None:
    @router.post(
        "/predict",
        summary="Predict by the split",
        response_model=Predictions,
        responses=REFUSED,
        openapi_extra=DATA_OBJECT,
    )
    async def predict(
        request: Request,
        period: Period = None,
        idempotency_key: Annotated[str | None, Header(max_length=64)] = None,
    ) -> Response:
        """What each user will spend in the period (by default the month after the last session), by the model of their arm.

        All models predict and are logged, one is served. Sessions of periods that were predicted before settle them.
        With an `Idempotency-Key` a request that is sent again is answered as before and logged once.
        """
        month = check_period(period)
        return JSONResponse(await work(request, lambda body: service.predict(body, month, idempotency_key)))


def _add_model_route(router: APIRouter, name: str, service: SpendingService, work: Work) -> None:
    @router.post(
        f"/predict/{name}",
        name=f"predict_{name}",
        summary=f"Predict by model {name}",
        response_model=Predictions,
        responses=REFUSED,
        openapi_extra=DATA_OBJECT,
    )
    async def predict_by(request: Request, period: Period = None) -> Response:
        """What each user will spend in the period, all by this model; nothing is logged."""
        month = check_period(period)
        return JSONResponse(await work(request, lambda body: service.predict_by(name, body, month)))


def _add_report_routes(router: APIRouter, service: SpendingService) -> None:
    @router.get("/predict", summary="The report", responses=answers(401, 422, 503))
    async def report(
        tests: Annotated[
            int, Query(ge=1, le=10_000, description="Number of newest requests to show.")
        ] = TESTS_SHOWN,
    ) -> Response:
        """Errors of each test and of all, the log, which model is better and how sure that is."""
        found = await run_in_threadpool(service.report, tests)
        return _json(NOTHING_PREDICTED if found is None else found)

    @router.post("/predict/reset_log", summary="Forget earlier tests", responses=answers(401, 403, 503))
    async def reset_log() -> None:
        """Deletes predictions and true values, and draws users again."""
        await run_in_threadpool(service.reset)


def _add_truth_routes(router: APIRouter, service: SpendingService, work: Work) -> None:
    async def give(request: Request, period: Period = None) -> dict[str, Any]:
        """What users really spent in the period, by default the newest one that was predicted; a user's new value
        replaces the old one. A period without predictions is refused."""
        month = check_period(period)
        await work(request, lambda body: service.give_true_values(body, month))
        return {}

    async def given(period: Period = None) -> Response:
        """What was given of the period, by default of the newest one."""
        month = check_period(period)
        return _json(await run_in_threadpool(service.true_values, month) or NOTHING_GIVEN)

    for path in ("/predict/good_results", "/good_results"):
        router.post(path, summary="Give true values", responses=REFUSED, openapi_extra=TRUE_VALUES)(give)
        router.get(path, summary="The true values that were given", responses=answers(401, 422, 503))(given)


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
