"""Refusals: every 4xx answer is a list of `{field, problem}`, with `fits` where a value would fit."""

import math
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from liftstream.platform.changes import TooManyListeners
from liftstream.platform.queue import Busy
from liftstream.platform.registry import NotAllowed, Unknown
from liftstream.platform.requests import Incoherent
from liftstream.service.http.problems import problem


class ProblemBody(BaseModel):
    """A field that was refused."""

    field: str
    problem: str
    fits: float | None = None


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: these statuses come with a list of problems."""
    said = {
        400: "The request cannot be read.",
        401: "No log-in and no API key.",
        403: "Sent by a page of another site.",
        404: "There is no such thing.",
        409: "Not in this state.",
        413: "The body is too long.",
        422: "The numbers do not fit together.",
        429: "Too many wrong attempts.",
        503: "Not now; the reason says what is missing.",
    }
    return {status: {"model": list[ProblemBody], "description": said[status]} for status in statuses}


def install(app: FastAPI) -> None:
    """Every error of ours becomes its answer."""
    app.add_exception_handler(Incoherent, _incoherent)
    app.add_exception_handler(Unknown, _unknown)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(TooManyListeners, _too_many)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)


def listed(problems: Sequence[Any]) -> list[dict[str, Any]]:
    """Problems as they are sent."""
    return [
        {"field": found.field, "problem": found.problem}
        | ({"fits": found.fits} if found.fits is not None and math.isfinite(found.fits) else {})
        for found in problems
    ]


async def _incoherent(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Incoherent)  # noqa: S101 - Starlette's handlers are typed for any exception
    return JSONResponse(listed(error.problems), 422)


async def _unknown(_: Request, error: Exception) -> JSONResponse:
    return problem(404, "id", f"there is no {str(error)[:80]!r} here; GET /api/experiments lists them")


async def _not_allowed(_: Request, error: Exception) -> JSONResponse:
    return problem(409, "state", str(error))


async def _too_many(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    return problem(503, "events", "too many open connections; ask again, or poll the experiment")


async def _busy(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    said = "others are planning experiments, and plans are computed one at a time; ask again in a few seconds"
    return problem(503, "planning", said, {"Retry-After": "5"})


async def _database(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101
    said = str(error.orig).strip().splitlines() or ["no answer"]
    return problem(503, "database", f"the database refuses: {said[0]}")


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
