"""The answer of every service to a request that it refuses: a list of `{field, problem}`."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from liftstream.service.http.problems import problem


class ProblemBody(BaseModel):
    """A value that was refused."""

    field: str
    problem: str


def described(
    said: Mapping[int, str], statuses: tuple[int, ...], body: type[BaseModel] = ProblemBody
) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: these statuses come with a list of problems."""
    return {status: {"model": list[body], "description": said[status]} for status in statuses}  # type: ignore[valid-type]


def install_refusals(app: FastAPI) -> None:
    """The errors that any service meets become their answers."""
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(NoConnection, _no_connection)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)


async def _database(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101 - Starlette's handlers are typed for any exception
    said = str(error.orig).strip().splitlines() or ["no answer"]
    return problem(503, "database", f"the database refuses: {said[0]}")


async def _no_connection(*_: object) -> JSONResponse:
    said = "all connections to the database are in use; ask again in a few seconds"
    return problem(503, "database", said, {"Retry-After": "5"})


async def _unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [
        {
            "field": ".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0]),
            "problem": each["msg"],
        }
        for each in error.errors()
    ]
    return JSONResponse(found, 422)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    return problem(error.status_code, "request", str(error.detail).lower(), error.headers)


async def _gone(*_: object) -> Response:
    return Response(status_code=400)  # nobody reads it
