"""Refusals: every 4xx answer is a list of `{field, problem}`; of a data object the field is the JSON path of
the value."""

from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from liftstream.forecast.request.data_object import NotJson
from liftstream.forecast.request.problem import InvalidRequest
from liftstream.service.http.problems import problem
from liftstream.service.http.refusals import described, install_refusals
from liftstream.spend.http.body import NoRoom
from liftstream.spend.service import WrongPeriod

SAID: Final = {
    400: "The body is no JSON.",
    401: "No key, or a wrong one.",
    403: "Sent by a page of another site.",
    413: "The body is too long.",
    422: "Values that cannot be used, each with its JSON path and the reason.",
    503: "Not now; the reason says what is missing.",
}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of refusals for the OpenAPI document: lists of problems."""
    return described(SAID, statuses)


def install(app: FastAPI) -> None:
    """Converts every liftstream error to its answer."""
    install_refusals(app)
    app.add_exception_handler(NotJson, _not_json)
    app.add_exception_handler(InvalidRequest, _invalid)
    app.add_exception_handler(WrongPeriod, _wrong_period)
    app.add_exception_handler(NoRoom, _no_room)


async def _not_json(_: Request, error: Exception) -> JSONResponse:
    return problem(400, "body", str(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidRequest)  # noqa: S101 - Starlette's handlers are typed for any exception
    return JSONResponse([{"field": found.path, "problem": found.reason} for found in error.problems], 422)


async def _wrong_period(_: Request, error: Exception) -> JSONResponse:
    return problem(422, "period", str(error))


async def _no_room(*_: object) -> JSONResponse:
    said = "others are sending as much as is read at once; ask again in a second"
    return problem(503, "body", said, {"Retry-After": "1"})
