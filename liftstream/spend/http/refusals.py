"""Refusals: every 4xx answer is a list of `{field, problem}`; of a data object the field is the JSON path of the value."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from liftstream.forecast.request.data_object import NotJson
from liftstream.forecast.request.problem import InvalidRequest
from liftstream.service.http.problems import problem
from liftstream.spend.http.body import NoRoom
from liftstream.spend.service import WrongPeriod


class ProblemBody(BaseModel):
    """A value that was refused."""

    field: str
    problem: str


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: these statuses come with a list of problems."""
    said = {
        400: "The body is no JSON.",
        401: "No key, or a wrong one.",
        403: "Sent by a page of another site.",
        413: "The body is too long.",
        422: "Values that cannot be used, each with its JSON path and the reason.",
        503: "Not now; the reason says what is missing.",
    }
    return {status: {"model": list[ProblemBody], "description": said[status]} for status in statuses}


def install(app: FastAPI) -> None:
    """Every error of ours becomes its answer."""
    app.add_exception_handler(NotJson, _not_json)
    app.add_exception_handler(InvalidRequest, _invalid)
    app.add_exception_handler(WrongPeriod, _wrong_period)
    app.add_exception_handler(NoRoom, _no_room)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(RequestValidationError, _query)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)


async def _not_json(_: Request, error: Exception) -> JSONResponse:
    return problem(400, "body", str(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidRequest)  # noqa: S101 - Starlette's handlers are typed for any exception
    return JSONResponse([{"field": found.path, "problem": found.reason} for found in error.problems], 422)


async def _wrong_period(_: Request, error: Exception) -> JSONResponse:
    return problem(422, "period", str(error))


async def _no_room(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    said = "others are sending as much as is read at once; ask again in a second"
    return problem(503, "body", said, {"Retry-After": "1"})


async def _database(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101
    said = str(error.orig).strip().splitlines() or ["no answer"]
    return problem(503, "database", f"the database refuses: {said[0]}")


async def _query(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [
        {"field": ".".join(map(str, each["loc"][1:])), "problem": each["msg"]} for each in error.errors()
    ]
    return JSONResponse(found, 422)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    return problem(error.status_code, "request", str(error.detail).lower(), error.headers)


async def _gone(_: Request, error: Exception) -> Response:  # noqa: ARG001
    return Response(status_code=400)  # nobody reads it
